import type { Graph } from './graph-of.ts';

/** The middle of a node, in px at scale 1. */
export interface Point {
  x: number;
  y: number;
}

export const COLUMN = 252;
export const ROW = 46;

/**
 * Places nodes in columns from left to right, so that what is made stands right of what it is made of (layered drawing, Sugiyama
 * and others 1981): ranks by the longest way, order by the mean of the neighbours, then each as near to them as the distance
 * to the next allows. Some ten milliseconds for thousands of lots.
 */
export function layoutOf({ nodes, edges }: Graph): ReadonlyMap<string, Point> {
  const before = neighbours(nodes, edges, 'to', 'from');
  const after = neighbours(nodes, edges, 'from', 'to');
  const ranks = ranksOf(nodes, before, after);
  const columns: string[][] = [];
  for (const { id } of nodes) (columns[ranks.get(id) ?? 0] ??= []).push(id);
  for (let at = 0; at < columns.length; at += 1) columns[at] ??= [];
  const height = new Map<string, number>();
  for (const column of columns) {
    const middle = (column.length - 1) / 2;
    for (const [at, id] of column.entries()) height.set(id, at - middle);
  }
  for (let sweep = 0; sweep < 12; sweep += 1) {
    const isForward = sweep % 2 === 0;
    for (const column of isForward ? columns : columns.toReversed()) {
      const wish = (id: string) =>
        mean(isForward ? before.get(id) : after.get(id), height) ?? height.get(id) ?? 0;
      place(column, new Map(column.map((id) => [id, wish(id)])), height);
    }
  }
  const points = new Map<string, Point>();
  for (const [rank, column] of columns.entries())
    for (const id of column) points.set(id, { x: rank * COLUMN, y: (height.get(id) ?? 0) * ROW });
  return points;
}

type Neighbours = ReadonlyMap<string, readonly string[]>;

function neighbours(
  nodes: Graph['nodes'],
  edges: Graph['edges'],
  of: 'from' | 'to',
  to: 'from' | 'to',
): Neighbours {
  const found = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const edge of edges) found.get(edge[of])?.push(edge[to]);
  return found;
}

/** By the longest way from the left. Where nodes go round in a circle the first of them is taken for its beginning. */
function ranksOf(nodes: Graph['nodes'], before: Neighbours, after: Neighbours): Map<string, number> {
  const ranks = new Map<string, number>();
  const missing = new Map(nodes.map(({ id }) => [id, before.get(id)?.length ?? 0]));
  const order: string[] = [];
  const ready = nodes.filter(({ id }) => missing.get(id) === 0).map(({ id }) => id);
  const rest = nodes.map(({ id }) => id);
  const take = (id: string): void => {
    missing.delete(id);
    order.push(id);
    ranks.set(id, Math.max(-1, ...(before.get(id) ?? []).map((each) => ranks.get(each) ?? -1)) + 1);
    for (const next of after.get(id) ?? []) {
      const left = missing.get(next);
      if (left === undefined) continue;
      missing.set(next, left - 1);
      if (left === 1) ready.push(next);
    }
  };
  for (let at = 0; order.length < nodes.length;) {
    const id = ready.pop() ?? rest[at++];
    if (id !== undefined && missing.has(id)) take(id);
  }
  // What nothing leads to stands beside what it leads to, not far left of it.
  for (const id of order.toReversed()) {
    const nexts = (after.get(id) ?? [])
      .map((each) => ranks.get(each) ?? 0)
      .filter((rank) => rank > (ranks.get(id) ?? 0));
    if (nexts.length > 0 && before.get(id)?.length === 0) ranks.set(id, Math.min(...nexts) - 1);
  }
  return ranks;
}

function mean(ids: readonly string[] | undefined, height: ReadonlyMap<string, number>): number | null {
  if (!ids || ids.length === 0) return null;
  return ids.reduce((sum, id) => sum + (height.get(id) ?? 0), 0) / ids.length;
}

/** In the order of the wishes, each as near to its own as a distance of 1 allows: least squares, by pooling neighbours. */
function place(column: string[], wishes: ReadonlyMap<string, number>, height: Map<string, number>): void {
  column.sort(
    (a, b) => (wishes.get(a) ?? 0) - (wishes.get(b) ?? 0) || (height.get(a) ?? 0) - (height.get(b) ?? 0),
  );
  const pools: { sum: number; size: number }[] = [];
  for (const [at, id] of column.entries()) {
    let pool = { sum: (wishes.get(id) ?? 0) - at, size: 1 };
    for (let last = pools.at(-1); last && last.sum / last.size >= pool.sum / pool.size; last = pools.at(-1)) {
      pool = { sum: pool.sum + last.sum, size: pool.size + last.size };
      pools.pop();
    }
    pools.push(pool);
  }
  let at = 0;
  for (const { sum, size } of pools)
    for (const end = at + size; at < end; at += 1) height.set(column[at] as string, sum / size + at);
}
