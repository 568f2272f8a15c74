import { sha256, sha256Bytes } from '../../identity/sha256.ts';

/**
 * The map of heads: which token is the current one of each record, as a sparse Merkle tree over 256 bits. The key of a
 * record is SHA-256 of its id. A subtree without a record is EMPTY; one with a single record is that record's leaf,
 * wherever it is; every other one is a node over its two halves. So the tree is about as high as the logarithm of the
 * number of records, and its root depends on nothing but what is in it.
 *
 * leaf = SHA-256(0x02 || key || head), node = SHA-256(0x03 || left || right), EMPTY = 32 zero bytes.
 *
 * It is stored in pages: four levels each, sixteen places. The path of a page is the beginning of the keys below it, in
 * hexadecimal; that of the first page is empty.
 */
export interface HeadLeaf {
  /** 64 hexadecimal digits. */
  readonly key: string;
  /** `tokenHash` of the current token of the record. */
  readonly head: string;
}

/** Nothing; one record; or a page below, by its node. */
export type Place = HeadLeaf | { readonly node: string } | null;

/** Sixteen places. */
export type Page = readonly Place[];

export const EMPTY = Buffer.alloc(32).toString('base64url');
export const EMPTY_PAGE: Page = Array.from({ length: 16 }, () => null);

const DIGEST_BYTES = 32;
const leafInput = Buffer.alloc(1 + 2 * DIGEST_BYTES, 2);
const nodeInput = Buffer.alloc(1 + 2 * DIGEST_BYTES, 3);

export function keyOf(record: string): string {
  return sha256Bytes(record).toString('hex');
}

export function isLeaf(place: Place): place is HeadLeaf {
  return place !== null && 'key' in place;
}

/** What a run of places comes to: nothing, one record, or a node over its halves. */
export function summary(page: Page, from = 0, count = page.length): Place {
  if (count === 1) return page[from] ?? null;
  const left = summary(page, from, count / 2);
  const right = summary(page, from + count / 2, count / 2);
  if (left === null && (right === null || isLeaf(right))) return right;
  if (right === null && isLeaf(left)) return left;
  return { node: nodeOver(digestOf(left), digestOf(right)) };
}

export function digestOf(place: Place): string {
  if (place === null) return EMPTY;
  return isLeaf(place) ? leafDigest(place) : place.node;
}

export function leafDigest({ key, head }: HeadLeaf): string {
  leafInput.write(key, 1, 'hex');
  leafInput.write(head, 1 + DIGEST_BYTES, 'base64url');
  return sha256(leafInput);
}

export function nodeOver(left: string, right: string): string {
  nodeInput.write(left, 1, 'base64url');
  nodeInput.write(right, 1 + DIGEST_BYTES, 'base64url');
  return sha256(nodeInput);
}

/** For each place one byte that says what it is, and its digests: at most 1,040 bytes. */
export function encodePage(page: Page): Buffer {
  const parts = page.map((place) => {
    if (place === null) return Buffer.of(0);
    return isLeaf(place)
      ? Buffer.concat([Buffer.of(1), Buffer.from(place.key, 'hex'), Buffer.from(place.head, 'base64url')])
      : Buffer.concat([Buffer.of(2), Buffer.from(place.node, 'base64url')]);
  });
  return Buffer.concat(parts);
}

/** What `encodePage` wrote. */
export function decodePage(bytes: Buffer): Page {
  const page: Place[] = [];
  for (let at = 0; at < bytes.length;) {
    const kind = bytes[at++];
    const take = (encoding: 'hex' | 'base64url') => bytes.toString(encoding, at, (at += DIGEST_BYTES));
    if (kind === 1) page.push({ key: take('hex'), head: take('base64url') });
    else page.push(kind === 2 ? { node: take('base64url') } : null);
  }
  return page;
}
