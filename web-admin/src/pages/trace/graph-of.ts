import { groupBy } from '../../app/group-by.ts';
import { type Chain, type End, flowsOf, isOpen, type Lot, siteOf } from './chain.ts';
import type { Question } from './question.ts';

/** What the graph shows: a lot, a group of lots, or the mixing of lots. */
export interface GraphNode {
  id: string;
  kind: 'LOT' | 'CARRIER' | 'GROUP' | 'MIXING';
  /** The lots that it stands for. */
  lots: readonly string[];
  isStart: boolean;
  /** Where the story is open, to the left and to the right. */
  back: readonly End[];
  forward: readonly End[];
  /** How many lots are mixed in it. */
  mixed: number;
}

export interface GraphEdge {
  from: string;
  to: string;
  kind: 'MADE' | 'IN' | 'WENT';
}

export interface Graph {
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
}

/** The chain as it is asked for: grouped, and without what is hidden. */
export function graphOf(chain: Chain, question: Pick<Question, 'grouping' | 'carriers' | 'hidden'>): Graph {
  const hidden = new Set(question.hidden);
  const shown = [...chain.lots.values()].filter(
    ({ id, as }) => !hidden.has(id) && (question.carriers || as !== 'CARRIER'),
  );
  return question.grouping === 'none'
    ? ungrouped(chain, shown, hidden)
    : grouped(chain, shown, question.grouping, hidden);
}

function ungrouped({ links, mixings }: Chain, lots: readonly Lot[], hidden: ReadonlySet<string>): Graph {
  const ids = new Set(lots.map(({ id }) => id));
  const nodes = lots.map((lot) => nodeOf(lot.id, lot.as === 'CARRIER' ? 'CARRIER' : 'LOT', [lot]));
  const edges: GraphEdge[] = links.filter(({ from, to }) => ids.has(from) && ids.has(to));
  for (const { id, inputs, outputs } of mixings) {
    if (hidden.has(id)) continue;
    const [before, after] = [inputs.filter((each) => ids.has(each)), outputs.filter((each) => ids.has(each))];
    if (before.length === 0 || after.length === 0) continue;
    nodes.push({ ...nodeOf(id, 'MIXING', []), lots: [...before, ...after], mixed: inputs.length });
    edges.push(...before.map((from): GraphEdge => ({ from, to: id, kind: 'MADE' })));
    edges.push(...after.map((to): GraphEdge => ({ from: id, to, kind: 'MADE' })));
  }
  return { nodes, edges };
}

function grouped(
  chain: Chain,
  lots: readonly Lot[],
  grouping: Exclude<Question['grouping'], 'none'>,
  hidden: ReadonlySet<string>,
): Graph {
  const groups = groupBy(lots, (lot) => groupOf(lot, grouping));
  const groupOfLot = new Map(lots.map((lot) => [lot.id, groupOf(lot, grouping)]));
  const mixed = new Map<string, number>();
  const edges = new Map<string, GraphEdge>();
  const join = (from: string | undefined, to: string | undefined, kind: GraphEdge['kind']): void => {
    if (from === undefined || to === undefined || from === to) return;
    if (!hidden.has(from) && !hidden.has(to)) edges.set(`${from} ${to}`, { from, to, kind });
  };
  for (const { from, to, kind } of chain.links) join(groupOfLot.get(from), groupOfLot.get(to), kind);
  for (const { inputs, outputs } of chain.mixings)
    for (const to of outputs) {
      const group = groupOfLot.get(to);
      if (group) mixed.set(group, Math.max(mixed.get(group) ?? 0, inputs.length));
      for (const from of inputs) join(groupOfLot.get(from), group, 'MADE');
    }
  const shown = new Set(lots.map(({ id }) => id));
  const flows = grouping === 'place' ? flowsOf(chain) : [];
  for (const { from, to, lots: ids } of flows)
    if (ids.size === 0 || [...ids].some((id) => shown.has(id) || chain.lots.get(id)?.as === 'CARRIER'))
      join(from, to, 'WENT');
  const passedBy = [...edges.values()]
    .flatMap(({ from, to }) => [from, to])
    .filter((place) => !groups.has(place));
  const nodes = [...groups].map(([id, of]) => ({ ...nodeOf(id, 'GROUP', of), mixed: mixed.get(id) ?? 0 }));
  nodes.push(...[...new Set(passedBy)].map((id) => nodeOf(id, 'GROUP', [])));
  return { nodes: nodes.filter(({ id }) => !hidden.has(id)), edges: [...edges.values()] };
}

/** Lots of which it is not known are together, under the empty name. */
export function groupOf(lot: Lot, grouping: Exclude<Question['grouping'], 'none'>): string {
  if (grouping === 'product') return lot.product ?? lot.kind;
  if (grouping === 'organisation') return lot.organisation ?? '';
  return lot.place === null ? '' : siteOf(lot.place);
}

function nodeOf(id: string, kind: GraphNode['kind'], lots: readonly Lot[]): GraphNode {
  const open = lots.flatMap(({ ends }) => ends).filter(isOpen);
  return {
    id,
    kind,
    lots: lots.map((lot) => lot.id),
    isStart: lots.some(({ as }) => as === 'START'),
    back: open.filter(({ direction }) => direction === 'BACK'),
    forward: open.filter(({ direction }) => direction === 'FORWARD'),
    mixed: 0,
  };
}
