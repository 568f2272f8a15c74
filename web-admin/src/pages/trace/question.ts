import type { TraceDirection, TraceInput } from '../../operations/generated/documents.ts';

export type Grouping = 'none' | 'product' | 'place' | 'organisation';
export type StartKind = 'thing' | 'place' | 'event';

/** Everything that decides what the workbench shows: it stands in the address, so that a link leads to just that. */
export interface Question {
  starts: readonly { kind: StartKind; id: string }[];
  direction: TraceDirection;
  /** Transformations away. */
  depth: number;
  /** Days, `2026-10-05`, in UTC; the last one counts too. Empty for no bound. */
  from: string;
  until: string;
  grouping: Grouping;
  /** Pallets and other carriers are shown, not only what is traced. */
  carriers: boolean;
  /** Identifiers of what is left out of all pictures. */
  hidden: readonly string[];
  /** Identifiers of lots and places, and records of events. */
  selected: readonly string[];
}

const STARTS: readonly StartKind[] = ['thing', 'place', 'event'];
const GROUPINGS: readonly Grouping[] = ['none', 'product', 'place', 'organisation'];
const DIRECTIONS: readonly TraceDirection[] = ['BACK', 'FORWARD', 'BOTH'];
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const FARTHEST = 100;

export function questionOf(params: URLSearchParams): Question {
  const day = (name: string): string => (DAY.test(params.get(name) ?? '') ? (params.get(name) ?? '') : '');
  const depth = Number(params.get('depth') ?? FARTHEST);
  return {
    starts: STARTS.flatMap((kind) => params.getAll(kind).map((id) => ({ kind, id }))),
    direction: DIRECTIONS.find((each) => each === params.get('direction')) ?? 'BOTH',
    depth: Number.isInteger(depth) && depth >= 0 && depth <= FARTHEST ? depth : FARTHEST,
    from: day('from'),
    until: day('until'),
    grouping: GROUPINGS.find((each) => each === params.get('group')) ?? 'none',
    carriers: params.get('carriers') === 'yes',
    hidden: params.getAll('hide'),
    selected: params.getAll('select'),
  };
}

export function paramsOf(question: Question): URLSearchParams {
  const params = new URLSearchParams();
  for (const { kind, id } of question.starts) params.append(kind, id);
  if (question.direction !== 'BOTH') params.set('direction', question.direction);
  if (question.depth !== FARTHEST) params.set('depth', String(question.depth));
  if (question.from) params.set('from', question.from);
  if (question.until) params.set('until', question.until);
  if (question.grouping !== 'none') params.set('group', question.grouping);
  if (question.carriers) params.set('carriers', 'yes');
  for (const id of question.hidden) params.append('hide', id);
  for (const id of question.selected) params.append('select', id);
  return params;
}

/** What is asked of the node; the rest is a matter of how it is shown. */
export function inputOf({ starts, direction, depth, from, until }: Question): TraceInput {
  return {
    starts: starts.map(({ kind, id }) => ({ [kind]: id })),
    direction,
    depth,
    from: from ? `${from}T00:00:00.000Z` : null,
    until: until ? dayAfter(until) : null,
  };
}

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00.000Z`) + 86_400_000).toISOString();
}
