import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  appendLeaves,
  decodeFrontier,
  EMPTY_FRONTIER,
  encodeFrontier,
  extendFrontier,
  rootOf,
} from '../../api/ledger/tree.ts';
import { sha256 } from '../../api/identity/sha256.ts';
import vectors from '../vectors/merkle-tree.json' with { type: 'json' };

const digestOf = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const leafOf = (input: Uint8Array) => digestOf(Uint8Array.of(0), input);

/** MTH as RFC 9162 section 2.1.1 writes it. */
function treeHash(inputs: readonly Uint8Array[]): Buffer {
  if (inputs.length === 0) return digestOf();
  if (inputs.length === 1) return leafOf(inputs[0] as Uint8Array);
  let k = 1;
  while (k * 2 < inputs.length) k *= 2;
  return digestOf(Uint8Array.of(1), treeHash(inputs.slice(0, k)), treeHash(inputs.slice(k)));
}

const hashes = (count: number) => Array.from({ length: count }, (_, i) => sha256(`entry ${i}`));
const bytesOf = (tokenHashes: readonly string[]) => tokenHashes.map((text) => Buffer.from(text, 'base64url'));
const frontierOf = (count: number) => extendFrontier(EMPTY_FRONTIER, hashes(count));

describe('the reference trees of RFC 6962', () => {
  const inputs = vectors.inputs.map((hex) => Buffer.from(hex, 'hex'));

  test.each(vectors.roots.map((root, length) => ({ length, root })))(
    'with $length leaves',
    ({ length, root }) => {
      const first = inputs.slice(0, length);
      const leaves = first.map((input) => leafOf(input).toString('base64url'));
      const ours = rootOf(appendLeaves(EMPTY_FRONTIER, leaves));
      expect(Buffer.from(ours, 'base64url').toString('hex')).toBe(root);
      expect(treeHash(first).toString('hex')).toBe(root);
    },
  );
});

describe('a log', () => {
  test('has the root of the definition, in whatever pieces it was extended', () => {
    const pieces = fc.array(fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 40 }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(pieces, (parts) => {
        let frontier = EMPTY_FRONTIER;
        for (const part of parts) {
          const before = { length: frontier.length, nodes: [...frontier.nodes] };
          const after = extendFrontier(
            frontier,
            part.map((bytes) => Buffer.from(bytes).toString('base64url')),
          );
          expect(frontier).toEqual(before);
          frontier = after;
        }
        const inputs = parts.flat();
        expect(frontier.length).toBe(inputs.length);
        expect(rootOf(frontier)).toBe(treeHash(inputs).toString('base64url'));
      }),
    );
  });

  test('goes on from the bytes of its frontier, at every length', () => {
    const all = hashes(140);
    const root = treeHash(bytesOf(all)).toString('base64url');
    for (let length = 0; length <= all.length; length += 1) {
      const stored = encodeFrontier(extendFrontier(EMPTY_FRONTIER, all.slice(0, length)));
      const restored = decodeFrontier(length, stored);
      expect(encodeFrontier(restored)).toEqual(stored);
      expect(rootOf(extendFrontier(restored, all.slice(length)))).toBe(root);
    }
  });

  test('has another root after any other entry, and after the same entries in another order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 70 }), fc.nat(), (count, chosen) => {
        const original = hashes(count);
        const place = chosen % (count - 1);
        const altered = original.with(place, sha256('another entry'));
        const swapped = original.with(place, original[place + 1] as string);
        swapped[place + 1] = original[place] as string;
        const roots = [original, altered, swapped, original.slice(0, -1)].map((entries) =>
          rootOf(extendFrontier(EMPTY_FRONTIER, entries)),
        );
        expect(new Set(roots).size).toBe(4);
      }),
    );
  });

  test('of more than 2^32 entries is extended as any other', () => {
    const node = Buffer.from(sha256('a perfect subtree'), 'base64url');
    const [entry] = bytesOf(hashes(1)) as [Buffer];
    const one = extendFrontier(decodeFrontier(2 ** 40, node), hashes(1));
    expect(one.length).toBe(2 ** 40 + 1);
    expect(rootOf(one)).toBe(digestOf(Uint8Array.of(1), node, leafOf(entry)).toString('base64url'));
    expect(extendFrontier(one, hashes(1)).nodes).toHaveLength(2);

    const full = decodeFrontier(2 ** 40 - 1, Buffer.alloc(40 * 32, node));
    expect(extendFrontier(full, hashes(1)).nodes).toHaveLength(1);
  });

  test.each([
    '',
    'A',
    sha256('entry').slice(1),
    `${sha256('entry')}A`,
    `${'A'.repeat(42)}B`,
    `+${'A'.repeat(42)}`,
  ])('takes no entry with the hash "%s"', (tokenHash) => {
    expect(() => extendFrontier(EMPTY_FRONTIER, [...hashes(3), tokenHash])).toThrow(/no digest/);
  });
});

describe('a stored frontier', () => {
  test.each([
    [0, 32],
    [1, 0],
    [1, 31],
    [1, 64],
    [2, 64],
    [3, 32],
    [3, 65],
    [2 ** 40 + 1, 32],
    [-1, 32],
    [1.5, 32],
    [Number.NaN, 0],
    [2 ** 53, 32],
  ])('of length %d is not %d bytes', (length, size) => {
    expect(() => decodeFrontier(length, new Uint8Array(size))).toThrow(/no frontier/);
  });

  test('is read from the middle of a larger buffer', () => {
    const stored = encodeFrontier(frontierOf(11));
    const larger = Buffer.concat([Buffer.alloc(5, 7), stored, Buffer.alloc(3, 7)]);
    expect(decodeFrontier(11, larger.subarray(5, 5 + stored.length))).toEqual(frontierOf(11));
  });
});
