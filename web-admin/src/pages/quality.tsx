import { Group, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { Empty } from '../components/empty.tsx';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { DataQualityDocument } from '../operations/generated/documents.ts';
import { OfPartner } from './quality/of-partner.tsx';

const MOST = 5_000;

/** What is missing in the records or cannot be, by who recorded it: what one talks about with a partner before it matters. */
export function Component() {
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState('');
  const instant = (day: string): string | null => (day === '' ? null : `${day}T00:00:00.000Z`);
  const input = { from: instant(from), until: instant(until), most: MOST };
  const [found] = useQuery({ query: DataQualityDocument, variables: { input } });
  return (
    <Page
      title="Data quality"
      aside={
        <Group gap="xs">
          <TextInput
            type="date"
            label="From (UTC)"
            value={from}
            onChange={(event) => setFrom(event.currentTarget.value)}
          />
          <TextInput
            type="date"
            label="Before (UTC)"
            value={until}
            onChange={(event) => setUntil(event.currentTarget.value)}
          />
        </Group>
      }
    >
      <Shown of={found}>
        {({ dataQuality: { events, isCut, partners } }) =>
          partners.length === 0 ? (
            <Empty what="There is no event in this time.">
              Import some, or become the partner of somebody who shares theirs.
            </Empty>
          ) : (
            <Stack>
              <Text role="status">
                {isCut ? `The latest ${events.toLocaleString()} events` : `${events.toLocaleString()} events`}{' '}
                were judged, by what you may see of them. What is withheld from you counts as set.
              </Text>
              {partners.toSorted(byFlaws).map((each) => (
                <OfPartner key={each.organisation} quality={each} />
              ))}
            </Stack>
          )
        }
      </Shown>
    </Page>
  );
}

type Flawed = { flaws: readonly { count: number }[] };

function byFlaws(a: Flawed, b: Flawed): number {
  const sum = ({ flaws }: Flawed): number => flaws.reduce((all, { count }) => all + count, 0);
  return sum(b) - sum(a);
}
