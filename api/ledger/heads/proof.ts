import { DIGEST_PATTERN } from '../../identity/base64url.ts';
import {
  digestOf,
  EMPTY,
  EMPTY_PAGE,
  isLeaf,
  keyOf,
  leafDigest,
  nodeOver,
  summary,
  type HeadLeaf,
  type Page,
} from './page.ts';
import { placeOf, type ReadPages } from './update.ts';

/** The way from the root of the map to where a record is, or would be. */
export interface HeadProof {
  /** Digests beside the way, from the root down, base64url. */
  readonly siblings: readonly string[];
  /** What is at its end: the record's own leaf; another record's, or nothing, where this one is not in the map. */
  readonly leaf: HeadLeaf | null;
}

const KEY_PATTERN = /^[0-9a-f]{64}$/;
const KEY_BITS = 256;

/** Proofs for records, in their order. Reads each level of pages at once for all of them. */
export async function proveHeads(records: readonly string[], readPages: ReadPages): Promise<HeadProof[]> {
  const ways = records.map((record) => ({ key: keyOf(record), siblings: [] as string[] }));
  const ends = new Map<object, HeadLeaf | null>();
  let depth = 0;
  for (let open = ways; open.length > 0; depth += 1) {
    const pages = await readPages([...new Set(open.map(({ key }) => key.slice(0, depth)))]);
    const further = [];
    for (const way of open) {
      const end = descend(pages.get(way.key.slice(0, depth)) ?? EMPTY_PAGE, way, depth);
      if (end === 'BELOW') further.push(way);
      else ends.set(way, end);
    }
    open = further;
  }
  return ways.map((way) => ({ siblings: way.siblings, leaf: ends.get(way) ?? null }));
}

/** Goes down through one page; notes what is beside the way. */
function descend(
  page: Page,
  { key, siblings }: { key: string; siblings: string[] },
  depth: number,
): HeadLeaf | null | 'BELOW' {
  const nr = placeOf(key, depth);
  let from = 0;
  for (let count = page.length; ;) {
    const here = summary(page, from, count);
    if (here === null || isLeaf(here)) return here;
    if (count === 1) return 'BELOW';
    count /= 2;
    const isRight = nr >= from + count;
    siblings.push(digestOf(summary(page, isRight ? from : from + count, count)));
    if (isRight) from += count;
  }
}

/**
 * What a map with this root says of a record: the hash of its current token; null: it has no such record. Undefined where the
 * proof does not lead to the root: nothing is shown by it.
 */
export function verifyHead(
  root: string,
  record: string,
  { siblings, leaf }: HeadProof,
): string | null | undefined {
  const key = keyOf(record);
  const isSound =
    siblings.length <= KEY_BITS &&
    siblings.every((digest) => DIGEST_PATTERN.test(digest)) &&
    (leaf === null || (KEY_PATTERN.test(leaf.key) && DIGEST_PATTERN.test(leaf.head)));
  if (!isSound || (leaf !== null && !sharesBits(leaf.key, key, siblings.length))) return undefined;
  let digest = leaf === null ? EMPTY : leafDigest(leaf);
  for (let bit = siblings.length - 1; bit >= 0; bit -= 1) {
    const sibling = siblings[bit] as string;
    digest = bitOf(key, bit) ? nodeOver(sibling, digest) : nodeOver(digest, sibling);
  }
  if (digest !== root) return undefined;
  return leaf?.key === key ? leaf.head : null;
}

function sharesBits(a: string, b: string, count: number): boolean {
  for (let bit = 0; bit < count; bit += 1) if (bitOf(a, bit) !== bitOf(b, bit)) return false;
  return true;
}

function bitOf(key: string, bit: number): boolean {
  return ((placeOf(key, bit >> 2) >> (3 - (bit & 3))) & 1) === 1;
}
