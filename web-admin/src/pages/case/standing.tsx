import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import '@mantine/core/styles/Progress.css';
import { Link } from 'react-router';
import { Facts } from '../../components/listing.tsx';
import { useNames } from '../../components/names.ts';
import { useNow } from '../../components/now.ts';
import { durationText, When } from '../../components/when.tsx';
import type { CaseFileQuery } from '../../operations/generated/documents.ts';
import { CLASSES, clockText, shareText } from '../cases/words.ts';
import { convergeLink, type Entry, legsOf, startsOf, traceLink } from './work.ts';

export type CaseFile = NonNullable<CaseFileQuery['case']>;

const TICK_MS = 1_000;
const DAY_MS = 86_400_000;

/** How a case stands: its clock, how fast it went, and where one goes on from here. */
export function Standing({ file }: { file: CaseFile }) {
  const now = useNow(TICK_MS);
  const nameOf = useNames();
  const { owner, drill, state, hazard, clockStart, openedBy, closedAt, summary, score } = file;
  const took = (seconds: number | null): string | null =>
    seconds === null ? null : `${durationText(seconds * 1_000)} after the start`;
  const gone = Math.min(1, (now - Date.parse(clockStart)) / DAY_MS);
  return (
    <Stack gap="xs">
      <Text fw={700} size="lg">
        {clockText(file, now)}
      </Text>
      {state === 'OPEN' && (
        <Progress
          value={gone * 100}
          color={gone === 1 ? 'red.8' : undefined}
          aria-label="How much of the 24 hours is over"
        />
      )}
      <Facts
        label="How the case stands"
        facts={{
          Begun: <When at={clockStart} />,
          'Opened by': nameOf(openedBy),
          'Kept by': nameOf(owner),
          Hazard: [hazard, file.class && CLASSES[file.class]].filter(Boolean).join(', '),
          Drill: drill ? 'yes: nothing happened' : null,
          'First trace': took(score.toTrace),
          'First notice sent': took(score.toIssue),
          'All acknowledged': took(score.toAcknowledged),
          'All answered': took(score.toAnswered),
          'Found of what was consigned': shareText(score.reconciled),
          'Effective, of what was checked': shareText(score.effective),
          Closed: closedAt ? <When at={closedAt} /> : null,
          Summary: summary,
        }}
      />
    </Stack>
  );
}

/** From the entries of the case to the pictures. */
export function Ways({ entries, nameOf }: { entries: readonly Entry[]; nameOf: (id: string) => string }) {
  const starts = startsOf(entries);
  const legs = legsOf(entries, nameOf);
  if (starts.length + legs.length === 0) return null;
  return (
    <Group gap="xs">
      {starts.length > 0 && (
        <Button component={Link} to={traceLink(starts)} variant="default">
          Trace {starts.length === 1 ? 'its lot' : `its ${starts.length} lots`}
        </Button>
      )}
      {legs.length > 0 && (
        <Button component={Link} to={convergeLink(legs)} variant="default">
          What explains the cases?
        </Button>
      )}
    </Group>
  );
}
