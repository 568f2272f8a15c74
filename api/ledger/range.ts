import { LotbookError } from '../errors.ts';
import { appendNode, type Frontier } from './tree.ts';

/**
 * Runs of a log, as the perfect subtrees that they are made of (the "compact range" of transparency logs). A log holds
 * one node for each perfect subtree of RFC 9162 section 2.1.1: at level 0 the leaves, at level l the roots over 2^l of them.
 * Of the entries from seq `from` to `to` those roots are enough to go on to the root of a longer log, so that who may not
 * see them can still compute it: at most two for each level, in the order of the entries.
 */
export interface NodePlace {
  readonly level: number;
  /** Place on its level, from 0: it covers the entries `index * 2^level + 1` to `(index + 1) * 2^level`. */
  readonly index: number;
}

/** The nodes at these places, base64url, in the order asked for. */
export type ReadNodes = (places: readonly NodePlace[]) => Promise<readonly string[]>;

/** The perfect subtrees that the entries with `from <= seq <= to` make up, left to right. */
export function rangePlaces(from: number, to: number): NodePlace[] {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 1 || to < from) {
    throw new LotbookError('INTERNAL', `no range of a log: ${from} to ${to}`);
  }
  const places: NodePlace[] = [];
  for (let start = from - 1; start < to;) {
    // The largest that begins here, and does not go beyond the end. No shifts: a log may have more than 2^31 entries.
    let level = 0;
    for (let size = 2; start % size === 0 && start + size <= to; size *= 2) level += 1;
    const size = 2 ** level;
    places.push({ level, index: start / size });
    start += size;
  }
  return places;
}

/** The nodes of the entries with `from <= seq <= to`, of a log that reaches at least as far: what `appendRange` takes. */
export async function rangeNodes(from: number, to: number, readNodes: ReadNodes): Promise<readonly string[]> {
  return readNodes(rangePlaces(from, to));
}

/**
 * The frontier after the entries `from` to `to` too, of which only the nodes are known; the one given stays as it is.
 *
 * @param frontier of the entries before: its length is `from - 1`
 * @param nodes base64url, as `rangeNodes` gave them
 * @throws LotbookError UNVERIFIED when they do not continue this frontier, or are not as many as the range has
 */
export function appendRange(
  frontier: Frontier,
  from: number,
  to: number,
  nodes: readonly string[],
): Frontier {
  if (frontier.length !== from - 1) {
    throw new LotbookError('UNVERIFIED', `entries from ${from} do not follow ${frontier.length} entries`);
  }
  const places = rangePlaces(from, to);
  if (places.length !== nodes.length) {
    throw new LotbookError(
      'UNVERIFIED',
      `entries ${from} to ${to} are ${places.length} nodes, not ${nodes.length}`,
    );
  }
  return places.reduce((longer, { level }, nr) => appendNode(longer, level, nodes[nr] ?? ''), frontier);
}
