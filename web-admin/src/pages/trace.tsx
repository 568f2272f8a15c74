import '@mantine/core/styles/Checkbox.css';
import './trace/trace.css';
import { Alert, Anchor, Button, Group, Loader, Text } from '@mantine/core';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { Empty } from '../components/empty.tsx';
import { Extract } from '../components/extract.tsx';
import { useMasterData, useNames } from '../components/names.ts';
import { Page } from '../components/page.tsx';
import { Failure } from '../components/shown.tsx';
import { type Chain, chainOf, isOpen, siteOf } from './trace/chain.ts';
import { QuestionForm } from './trace/form.tsx';
import { Pictures } from './trace/pictures.tsx';
import { inputOf, type Question } from './trace/question.ts';
import { useQuestion } from './trace/use-question.ts';
import { useTrace } from './trace/use-trace.ts';
import { reasonText } from './trace/words.ts';

/** Where lots came from and where they went: one question, one selection, four pictures of it. */
export function Component() {
  const { question, change, undo, redo, canUndo, canRedo } = useQuestion();
  const input = question.starts.length > 0 ? inputOf(question) : null;
  const tracing = useTrace(input);
  const lots = question.starts.flatMap(({ kind, id }) => (kind === 'thing' ? [id] : []));
  const chain = useMemo(() => chainOf(tracing.found), [tracing.found]);
  const names = useMasterData(useMemo(() => masterDataOf(chain, question), [chain, question]));
  const organisation = useNames();
  const naming = useMemo(() => ({ names, organisation }), [names, organisation]);
  const { summary, isRunning, failure } = tracing;
  return (
    <Page
      title="Trace"
      aside={
        <Group gap="xs">
          <Button variant="default" size="compact-md" disabled={!canUndo} onClick={undo}>
            Undo
          </Button>
          <Button variant="default" size="compact-md" disabled={!canRedo} onClick={redo}>
            Redo
          </Button>
          <Button
            variant="default"
            size="compact-md"
            disabled={question.hidden.length === 0}
            onClick={() => change({ hidden: [] })}
          >
            {question.hidden.length === 0 ? 'Nothing is hidden' : `Show ${question.hidden.length} hidden`}
          </Button>
        </Group>
      }
    >
      <QuestionForm question={question} change={change} names={names} />
      {failure && <Failure message={failure} />}
      <Text size="sm" role="status" mih={22}>
        {isRunning && <Loader size="xs" mr={8} aria-hidden />}
        {isRunning && `Tracing: ${chain.lots.size} lots and pallets so far.`}
        {summary &&
          `${summary.events} events of ${chain.lots.size} lots and pallets; ${openEnds(chain)} open ends.`}
      </Text>
      {question.starts.length === 0 && (
        <Empty what="Start from what you have in hand.">
          Type or scan a lot above: from a label, an invoice, a complaint. Or choose a lot of the{' '}
          <Anchor component={Link} to="/records">
            records
          </Anchor>
          . The address of this page holds all that you see: send it to whoever should see the same.
        </Empty>
      )}
      {chain.lots.size > 0 && <Pictures chain={chain} question={question} change={change} naming={naming} />}
      {summary && lots.length > 0 && (
        <Extract of={{ lots, trace: question.direction, from: input?.from, until: input?.until }} />
      )}
      {chain.looseEnds.map((end) => (
        <Alert
          key={`${end.direction} ${end.reason} ${end.event}`}
          variant="default"
          className="attention"
          title={reasonText(end, organisation)}
        />
      ))}
    </Page>
  );
}

function openEnds({ lots }: Chain): number {
  return [...lots.values()].flatMap(({ ends }) => ends.filter(isOpen)).length;
}

/** Identifiers of what has a name in master data. */
function masterDataOf({ lots, events }: Chain, { starts }: Question): string[] {
  const products = [...lots.values()].flatMap(({ product }) => product ?? []);
  const places = events.flatMap((event) =>
    [...event.places, ...event.sources, ...event.destinations].map(siteOf),
  );
  const asked = [...lots.values()].flatMap(({ ends }) => ends.flatMap(({ ask }) => ask));
  return [...new Set([...products, ...places, ...asked, ...starts.map(({ id }) => id)])];
}
