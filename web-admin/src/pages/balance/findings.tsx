import { Alert, Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { shortOf } from '../../components/names.ts';
import { amountText } from '../trace/words.ts';
import { type Finding, FINDINGS } from './words.ts';

type NameOf = (id: string) => string;

/** What in the records of lots cannot be, or is missing. */
export function FindingList({ findings, nameOf }: { findings: readonly Finding[]; nameOf: NameOf }) {
  if (findings.length === 0) return <Text>Nothing in these records contradicts itself.</Text>;
  return (
    <Alert
      variant="default"
      className="attention"
      title={`${findings.length} ${findings.length === 1 ? 'thing needs' : 'things need'} a look`}
    >
      <ul>
        {findings.map(({ kind, lot, site, quantity, unit, events }) => (
          <li key={`${kind} ${lot} ${site} ${events.join(' ')}`}>
            <Anchor
              underline="always"
              component={Link}
              to={`/lot?${new URLSearchParams({ id: lot }).toString()}`}
            >
              {shortOf(lot)}
            </Anchor>
            : {FINDINGS[kind]}
            {quantity ? `, ${amountText(quantity, unit)}` : ''}
            {site ? `, at ${nameOf(site)}` : ''}.
          </li>
        ))}
      </ul>
    </Alert>
  );
}
