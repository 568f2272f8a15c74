import { Anchor, Button, Card, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { useQuery } from 'urql';
import { useCaller } from '../components/caller.ts';
import { useDeed, type Wrong } from '../components/deed.ts';
import { Empty } from '../components/empty.tsx';
import { type Column, Listing } from '../components/listing.tsx';
import { useNow } from '../components/now.ts';
import { Page } from '../components/page.tsx';
import { Failure, Shown } from '../components/shown.tsx';
import { durationText, When } from '../components/when.tsx';
import {
  CasesDocument,
  type CasePartsFragment,
  OpenCaseDocument,
} from '../operations/generated/documents.ts';
import { caseLink, shareText } from './cases/words.ts';
import { Trend } from './drills/trend.tsx';

const TICK_MS = 1_000;

/** Drills: the same path as in earnest, with a stopwatch, and how the last ones went. */
export function Component() {
  const [cases] = useQuery({ query: CasesDocument });
  const { node, has } = useCaller();
  return (
    <Page title="Drills">
      <Shown of={cases}>
        {({ cases: all }) => {
          const drills = all.filter(({ drill, owner }) => drill && owner === node?.organisation);
          const running = drills.filter(({ state }) => state === 'OPEN');
          return (
            <Stack gap="lg">
              {running.map((each) => (
                <Stopwatch key={each.book} drill={each} />
              ))}
              {has('INVESTIGATOR') && <Start />}
              {drills.length === 0 ? (
                <Empty what="There was no drill yet.">
                  A drill is a case that says so, and so do its notices. Choose a lot that you sold some weeks
                  ago, and find out how long it takes to know who has it.
                </Empty>
              ) : (
                <>
                  <Trend drills={drills} />
                  <Listing label="Drills" columns={COLUMNS} rows={drills} keyOf={({ book }) => book} />
                </>
              )}
            </Stack>
          );
        }}
      </Shown>
    </Page>
  );
}

const took = (seconds: number | null): string => (seconds === null ? '' : durationText(seconds * 1_000));

const COLUMNS: readonly Column<CasePartsFragment>[] = [
  {
    head: 'Drill',
    cell: ({ book, title, state }) => (
      <>
        <Anchor component={Link} inherit underline="always" fw={600} to={caseLink(book)}>
          {title}
        </Anchor>
        {state === 'OPEN' ? ', running' : ''}
      </>
    ),
  },
  { head: 'Begun', cell: ({ clockStart }) => <When at={clockStart} /> },
  { head: 'To the trace', cell: ({ score }) => took(score.toTrace), isNumber: true },
  { head: 'To the notice', cell: ({ score }) => took(score.toIssue), isNumber: true },
  { head: 'Until all answered', cell: ({ score }) => took(score.toAnswered), isNumber: true },
  { head: 'Found', cell: ({ score }) => shareText(score.reconciled) ?? 'not known', isNumber: true },
];

function Stopwatch({ drill: { book, title, clockStart, score } }: { drill: CasePartsFragment }) {
  const now = useNow(TICK_MS);
  const steps = [
    ['who got the lots is known', score.toTrace],
    ['the notice is sent', score.toIssue],
    ['all have acknowledged', score.toAcknowledged],
    ['all have answered', score.toAnswered],
  ] as const;
  return (
    <Card withBorder component="section" aria-label={`Running: ${title}`} className="attention">
      <Group justify="space-between">
        <Anchor component={Link} fw={600} to={caseLink(book)}>
          {title}
        </Anchor>
        <Text fw={700} size="xl" role="timer">
          {durationText(now - Date.parse(clockStart))}
        </Text>
      </Group>
      <ol>
        {steps.map(([step, seconds]) => (
          <li key={step}>
            {step}: {seconds === null ? 'not yet' : `after ${took(seconds)}`}
          </li>
        ))}
      </ol>
      <Text size="sm">
        Found of what was consigned: {shareText(score.reconciled) ?? 'not known yet'}. Good drills trace
        within 4 hours and account for all of it.
      </Text>
    </Card>
  );
}

function Start() {
  const [open, isRunning] = useDeed(OpenCaseDocument);
  const navigate = useNavigate();
  const [title, setTitle] = useState('');
  const [wrong, setWrong] = useState<Wrong>();
  const start = async (): Promise<void> => {
    const outcome = await open({ input: { title, drill: true, hazard: 'none: a drill' } });
    setWrong(outcome.wrong);
    const book = outcome.payload?.case?.book;
    if (book) await navigate(caseLink(book));
  };
  return (
    <Card withBorder component="section" aria-labelledby="start-drill">
      <Stack
        gap="sm"
        component="form"
        onSubmit={(event: React.FormEvent) => {
          event.preventDefault();
          void start();
        }}
      >
        <Title order={3} size="h4" id="start-drill">
          Start a drill
        </Title>
        <Group align="end">
          <TextInput
            label="What is played"
            description="a product and a month, for instance"
            required
            w={360}
            maw="100%"
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
          />
          <Button type="submit" loading={isRunning}>
            Start the stopwatch
          </Button>
        </Group>
        {wrong && <Failure message={wrong.message} duty={wrong.duty} />}
      </Stack>
    </Card>
  );
}
