import type { ReactNode } from 'react';
import type { Column } from '../../components/listing.tsx';
import { When } from '../../components/when.tsx';
import { amountText } from '../trace/words.ts';
import { LINES, RESULTS, SUBJECTS, SUSPICIONS, TASKS } from './entry-kinds.ts';
import { type Entry, textOf } from './work.ts';

/** One of the tables of a file. */
export interface Part {
  title: string;
  kind: Entry['kind'];
  add: string;
  given: Record<string, unknown>;
  isIn: (entry: Entry) => boolean;
  columns: readonly Column<Entry>[];
  /** What is said where there is none. */
  none: string;
}

type Show = (id: string | null) => ReactNode;
type Name = (id: string) => string;

/** The tables of a file, in the order in which an investigation goes. */
export function partsOf(thing: Show, who: Name): Part[] {
  return [linesPart(thing), samplesPart(thing), suspectsPart(thing), tasksPart(who), decisionsPart(who)];
}

function linesPart(thing: Show): Part {
  return {
    title: 'Cases: illnesses, complaints, exposures',
    kind: 'CASE_LINE',
    add: 'Add a case line',
    given: {},
    isIn: (entry) => !isSample(entry),
    none: 'None yet. Begin with what was reported: who fell ill, when, after eating what from where.',
    columns: [
      { head: 'What', cell: word('type', LINES) },
      { head: 'When', cell: moment('at') },
      { head: 'Where', cell: (entry) => thing(textOf(entry, 'place')) },
      { head: 'Of', cell: whatIn(thing) },
      { head: 'How many', cell: text('count'), isNumber: true },
      {
        head: 'More',
        cell: (entry) => [textOf(entry, 'text'), textOf(entry, 'reporter')].filter(Boolean).join(' - '),
      },
    ],
  };
}

function samplesPart(thing: Show): Part {
  return {
    title: 'Samples',
    kind: 'CASE_LINE',
    add: 'Add a sample',
    given: { type: 'SAMPLE', result: 'PENDING' },
    isIn: isSample,
    none: 'None yet.',
    columns: [
      { head: 'Taken', cell: moment('at') },
      { head: 'Of', cell: whatIn(thing) },
      { head: 'Where', cell: (entry) => thing(textOf(entry, 'place')) },
      {
        head: 'Looked for',
        cell: (entry) => [textOf(entry, 'analyte'), textOf(entry, 'method')].filter(Boolean).join(', by '),
      },
      { head: 'Result', cell: (entry) => <b>{word('result', RESULTS)(entry)}</b> },
      { head: 'Amount', cell: amountIn, isNumber: true },
    ],
  };
}

function suspectsPart(thing: Show): Part {
  return {
    title: 'Suspects',
    kind: 'SUSPECT',
    add: 'Add a suspect',
    given: {},
    isIn: () => true,
    none: 'None yet. Convergence ranks what explains the cases.',
    columns: [
      { head: 'What', cell: word('type', SUBJECTS) },
      { head: 'Which', cell: (entry) => thing(textOf(entry, 'subject')) },
      { head: 'How it stands', cell: (entry) => <b>{word('state', SUSPICIONS)(entry)}</b> },
      { head: 'Why', cell: text('why') },
    ],
  };
}

function tasksPart(who: Name): Part {
  return {
    title: 'Tasks',
    kind: 'TASK',
    add: 'Add a task',
    given: {},
    isIn: () => true,
    none: 'None yet.',
    columns: [
      {
        head: 'What',
        cell: (entry) => [textOf(entry, 'title'), textOf(entry, 'text')].filter(Boolean).join(': '),
      },
      { head: 'Who', cell: (entry) => who(textOf(entry, 'assignee') ?? '') },
      { head: 'Until', cell: moment('due') },
      { head: 'How it stands', cell: word('state', TASKS) },
    ],
  };
}

function decisionsPart(who: Name): Part {
  return {
    title: 'Decisions',
    kind: 'CASE_DECISION',
    add: 'Add a decision',
    given: {},
    isIn: () => true,
    none: 'None yet. What is decided, and why, is read years later.',
    columns: [
      { head: 'What was decided', cell: text('decision') },
      { head: 'Why', cell: text('why') },
      { head: 'By', cell: (entry) => who(textOf(entry, 'by') ?? '') },
      { head: 'When', cell: moment('at') },
    ],
  };
}

const text = (name: string) => (entry: Entry) => textOf(entry, name);
const word = (name: string, words: Readonly<Record<string, string>>) => (entry: Entry) =>
  words[textOf(entry, name) ?? ''] ?? textOf(entry, name);
const moment = (name: string) => (entry: Entry) => <Moment at={textOf(entry, name)} />;
const whatIn = (thing: Show) => (entry: Entry) => thing(textOf(entry, 'lot') ?? textOf(entry, 'product'));
const isSample = ({ content }: Entry): boolean => content['type'] === 'SAMPLE';

function amountIn({ content }: Entry): string {
  const { quantity, uom } = (content['amount'] ?? {}) as { quantity?: string; uom?: string };
  return amountText(quantity, uom);
}

function Moment({ at }: { at: string | null }) {
  return at === null ? '' : <When at={at} />;
}
