import { DIGEST_PATTERN } from '../identity/base64url.ts';
import { sha256 } from '../identity/sha256.ts';
import { LotbookError } from '../errors.ts';

/**
 * The log of a book as a Merkle tree (RFC 9162 section 2.1.1, the same tree as in RFC 6962): its leaves are the entries
 * in the order of `seq`. The input of a leaf is the 32 bytes of the entry's `tokenHash`, so that whoever may not see an
 * entry can still compute the root. A leaf is SHA-256(0x00 || input), a node SHA-256(0x01 || left || right).
 *
 * To go on from a place, a writer needs the frontier alone: the roots of the perfect subtrees that the entries so far
 * make up, the largest (leftmost) first. There is one for each bit that is set in the length.
 */
export interface Frontier {
  /** Entries so far. */
  readonly length: number;
  /** Base64url digests, one for each set bit of `length`, left to right. */
  readonly nodes: readonly string[];
}

const DIGEST_BYTES = 32;
const NODE_PREFIX = 1;

export const EMPTY_FRONTIER: Frontier = { length: 0, nodes: [] };

// Filled anew for each digest. Their first byte keeps a leaf from being taken for a node.
const leafInput = Buffer.alloc(1 + DIGEST_BYTES);
const nodeInput = Buffer.alloc(1 + 2 * DIGEST_BYTES, NODE_PREFIX);

/**
 * The frontier after these entries too; the one given stays as it is. About two digests for each entry, in whatever
 * pieces the entries come.
 *
 * @param tokenHashes `tokenHash` of each entry that follows, in order
 * @throws LotbookError INTERNAL when one is no digest
 */
export function extendFrontier(frontier: Frontier, tokenHashes: readonly string[]): Frontier {
  return appendLeaves(frontier, tokenHashes.map(leafOf));
}

/** As `extendFrontier`, with leaves that are hashed already. */
export function appendLeaves(frontier: Frontier, leaves: readonly string[]): Frontier {
  const nodes = [...frontier.nodes];
  let { length } = frontier;
  for (const leaf of leaves) {
    let node = leaf;
    // Each trailing 1 of the length is a perfect subtree of the size that `node` has by now: the two become one.
    for (let rest = length; rest % 2 === 1; rest = (rest - 1) / 2) node = nodeOf(nodes.pop() ?? '', node);
    nodes.push(node);
    length += 1;
  }
  return { length, nodes };
}

/**
 * As `appendLeaves`, with the root of a perfect subtree of 2^level entries; the length is a multiple of their number.
 *
 * @throws LotbookError UNVERIFIED when it is no digest
 */
export function appendNode({ length, nodes: before }: Frontier, level: number, root: string): Frontier {
  if (!DIGEST_PATTERN.test(root)) throw new LotbookError('UNVERIFIED', 'a node of the log is no digest');
  const nodes = [...before];
  const size = 2 ** level;
  let node = root;
  for (let rest = length / size; rest % 2 === 1; rest = (rest - 1) / 2)
    node = nodeOf(nodes.pop() ?? '', node);
  nodes.push(node);
  return { length: length + size, nodes };
}

/** The Merkle tree hash of the entries so far, base64url; SHA-256 of nothing where there are none. */
export function rootOf({ nodes }: Frontier): string {
  return nodes.length === 0 ? sha256('') : nodes.reduceRight((right, left) => nodeOf(left, right));
}

/** The nodes as bytes, one after the other: 32 for each. The length is kept beside them. */
export function encodeFrontier({ nodes }: Frontier): Buffer {
  return Buffer.concat(nodes.map((node) => Buffer.from(node, 'base64url')));
}

/** What `encodeFrontier` wrote. @throws LotbookError INTERNAL when the bytes are not those of a log of this length */
export function decodeFrontier(length: number, bytes: Uint8Array): Frontier {
  const isLength = Number.isSafeInteger(length) && length >= 0;
  if (!isLength || bytes.length !== countOfOnes(length) * DIGEST_BYTES) {
    throw new LotbookError('INTERNAL', `${bytes.length} bytes are no frontier of ${length} entries`);
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const nodes: string[] = [];
  for (let at = 0; at < text.length; at += DIGEST_BYTES) {
    nodes.push(text.toString('base64url', at, at + DIGEST_BYTES));
  }
  return { length, nodes };
}

/** The leaf of an entry. @throws LotbookError INTERNAL when `tokenHash` is no digest */
export function leafOf(tokenHash: string): string {
  if (!DIGEST_PATTERN.test(tokenHash))
    throw new LotbookError('INTERNAL', 'an entry of the log has no digest');
  leafInput.write(tokenHash, 1, 'base64url');
  return sha256(leafInput);
}

/** The node over two others. */
export function nodeOf(left: string, right: string): string {
  nodeInput.write(left, 1, 'base64url');
  nodeInput.write(right, 1 + DIGEST_BYTES, 'base64url');
  return sha256(nodeInput);
}

/** Whether there is a digest for each perfect subtree of a log of this length. */
export function isFrontier({ length, nodes }: Frontier): boolean {
  return nodes.length === countOfOnes(length) && nodes.every((node) => DIGEST_PATTERN.test(node));
}

/** Of numbers beyond 32 bits too. */
function countOfOnes(number: number): number {
  let ones = 0;
  for (let rest = number; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
