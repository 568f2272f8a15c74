import { DIGEST_PATTERN } from '../identity/base64url.ts';
import { appendNode, EMPTY_FRONTIER, leafOf, nodeOf, rootOf } from './tree.ts';
import { rangePlaces, type NodePlace, type ReadNodes } from './range.ts';

/** Entries `from` to `to`, both counted. */
type Range = readonly [from: number, to: number];

/**
 * That the entry at `seq` is in the log of `size` entries: the Merkle inclusion proof of RFC 9162 section 2.1.3.1, base64url
 * nodes from the leaf up. `seq` counts from 1.
 */
export function inclusionProof(seq: number, size: number, readNodes: ReadNodes): Promise<string[]> {
  return rootsOf(path(seq, [1, size]), readNodes);
}

/**
 * That the log of `to` entries continues that of `from`: the Merkle consistency proof of RFC 9162 section 2.1.4.1. Empty where
 * both are one, or the first has no entry.
 */
export function consistencyProof(from: number, to: number, readNodes: ReadNodes): Promise<string[]> {
  return rootsOf(from === 0 || from === to ? [] : subproof(from, [1, to], true), readNodes);
}

/**
 * Check an inclusion proof (RFC 9162 section 2.1.3.2).
 *
 * @param tokenHash of the entry
 * @param root of the log of `size` entries
 */
export function verifyInclusion(
  given: { tokenHash: string; seq: number; size: number; root: string },
  proof: readonly string[],
): boolean {
  const { tokenHash, seq, size, root } = given;
  if (!isPlace(seq) || !isPlace(size) || seq > size || !proof.every(isDigest)) return false;
  let at = seq - 1;
  let last = size - 1;
  let node = leafOf(tokenHash);
  for (const other of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      node = nodeOf(other, node);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, half(last)];
    } else {
      node = nodeOf(node, other);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && node === root;
}

/** Check a consistency proof (RFC 9162 section 2.1.4.2) between the roots of two lengths, `from` at most `to`. */
export function verifyConsistency(
  given: { from: number; to: number; rootFrom: string; rootTo: string },
  proof: readonly string[],
): boolean {
  const { from, to, rootFrom, rootTo } = given;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to < from) return false;
  if (![rootFrom, rootTo, ...proof].every(isDigest)) return false;
  if (from === 0) return proof.length === 0 && rootFrom === rootOf(EMPTY_FRONTIER);
  if (from === to) return proof.length === 0 && rootFrom === rootTo;
  // A perfect subtree is its own first node.
  const [first, ...others] = isPowerOfTwo(from) ? [rootFrom, ...proof] : proof;
  if (first === undefined) return false;
  let at = from - 1;
  let last = to - 1;
  while (at % 2 === 1) [at, last] = [half(at), half(last)];
  let older = first;
  let newer = first;
  for (const other of others) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      older = nodeOf(other, older);
      newer = nodeOf(other, newer);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, half(last)];
    } else {
      newer = nodeOf(newer, other);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && older === rootFrom && newer === rootTo;
}

/** PATH of the RFC: the trees beside the way from the root down to the entry, the lowest first. */
function path(seq: number, [from, to]: Range): Range[] {
  if (from === to) return [];
  const end = leftEnd(from, to);
  return seq <= end ? [...path(seq, [from, end]), [end + 1, to]] : [...path(seq, [end + 1, to]), [from, end]];
}

/** SUBPROOF of the RFC. `isKnown`: the tree is the older log itself, whose root the reader has. */
function subproof(older: number, [from, to]: Range, isKnown: boolean): Range[] {
  if (older === to) return isKnown ? [] : [[from, to]];
  const end = leftEnd(from, to);
  return older <= end
    ? [...subproof(older, [from, end], isKnown), [end + 1, to]]
    : [...subproof(older, [end + 1, to], false), [from, end]];
}

/** The last entry of the left subtree: it holds the largest power of two that is smaller than the whole. */
function leftEnd(from: number, to: number): number {
  let size = 1;
  while (size * 2 < to - from + 1) size *= 2;
  return from + size - 1;
}

/** The roots of subtrees. One at the right edge is no perfect one, and is put together from those that it is made of. */
async function rootsOf(ranges: readonly Range[], readNodes: ReadNodes): Promise<string[]> {
  const places = ranges.map(([from, to]) => rangePlaces(from, to));
  const nodes = await readNodes(places.flat());
  let at = 0;
  return places.map((those) => rootOver(those, nodes.slice(at, (at += those.length))));
}

function rootOver(places: readonly NodePlace[], nodes: readonly string[]): string {
  // Every such subtree begins at a multiple of its own size: for its root it may as well be the beginning of a log.
  return rootOf(
    places.reduce((tree, { level }, nr) => appendNode(tree, level, nodes[nr] ?? ''), EMPTY_FRONTIER),
  );
}

function half(number: number): number {
  return Math.floor(number / 2);
}

function isPowerOfTwo(number: number): boolean {
  return Number.isInteger(Math.log2(number));
}

function isDigest(text: string): boolean {
  return DIGEST_PATTERN.test(text);
}

function isPlace(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 1;
}
