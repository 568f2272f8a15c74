import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256, sha256Bytes } from '../../api/identity/sha256.ts';
import {
  consistencyProof,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from '../../api/ledger/proofs.ts';
import type { NodePlace } from '../../api/ledger/range.ts';
import { appendLeaves, EMPTY_FRONTIER, extendFrontier, rootOf } from '../../api/ledger/tree.ts';
import vectors from '../vectors/merkle-tree.json' with { type: 'json' };

const hashes = (count: number) => Array.from({ length: count }, (_, i) => sha256(`entry ${i}`));
const rootAt = (entries: readonly string[], size: number) =>
  rootOf(extendFrontier(EMPTY_FRONTIER, entries.slice(0, size)));
const nodesOf = (entries: readonly string[]) => (places: readonly NodePlace[]) =>
  Promise.resolve(
    places.map(({ level, index }) =>
      rootOf(extendFrontier(EMPTY_FRONTIER, entries.slice(index * 2 ** level, (index + 1) * 2 ** level))),
    ),
  );

describe('the reference proofs of RFC 6962', () => {
  const leaves = vectors.inputs.map((hex) =>
    sha256Bytes(Buffer.concat([Buffer.of(0), Buffer.from(hex, 'hex')])).toString('base64url'),
  );
  const readNodes = (places: readonly NodePlace[]) =>
    Promise.resolve(
      places.map(({ level, index }) =>
        rootOf(appendLeaves(EMPTY_FRONTIER, leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))),
      ),
    );
  const hexOf = (nodes: readonly string[]) =>
    nodes.map((node) => Buffer.from(node, 'base64url').toString('hex'));

  test.each(vectors.inclusion)('inclusion of leaf $leaf in $size', async ({ leaf, size, proof }) => {
    expect(hexOf(await inclusionProof(leaf, size, readNodes))).toEqual(proof);
  });

  test.each(vectors.consistency)('consistency of $from and $to', async ({ from, to, proof }) => {
    const nodes = await consistencyProof(from, to, readNodes);
    expect(hexOf(nodes)).toEqual(proof);
    const root = (size: number) => Buffer.from(vectors.roots[size] as string, 'hex').toString('base64url');
    expect(verifyConsistency({ from, to, rootFrom: root(from), rootTo: root(to) }, nodes)).toBe(true);
  });
});

describe('a proof', () => {
  const sizes = fc
    .tuple(fc.integer({ min: 1, max: 140 }), fc.nat())
    .map(([to, from]) => ({ to, from: (from % to) + 1 }));

  test('shows for each entry of each log that it is there, and of no other that it is', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ to: size, from: seq }) => {
        const entries = hashes(size);
        const proof = await inclusionProof(seq, size, nodesOf(entries));
        const given = { tokenHash: entries[seq - 1] as string, seq, size, root: rootAt(entries, size) };
        expect(verifyInclusion(given, proof)).toBe(true);
        expect(verifyInclusion({ ...given, tokenHash: sha256('another') }, proof)).toBe(false);
        expect(verifyInclusion({ ...given, root: sha256('another') }, proof)).toBe(false);
        expect(verifyInclusion({ ...given, seq: (seq % size) + 1 }, proof)).toBe(size === 1);
        expect(verifyInclusion(given, [...proof, sha256('more')])).toBe(false);
        expect(verifyInclusion(given, proof.slice(1))).toBe(proof.length === 0);
      }),
      { numRuns: 80 },
    );
  });

  test('shows that a log continues its beginning, and none that was rewritten does', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async ({ from, to }, chosen) => {
        const entries = hashes(to);
        const rewritten = entries.with(chosen % from, sha256('another entry'));
        const proof = await consistencyProof(from, to, nodesOf(entries));
        const given = { from, to, rootFrom: rootAt(entries, from), rootTo: rootAt(entries, to) };
        expect(verifyConsistency(given, proof)).toBe(true);
        const lie = { ...given, rootTo: rootAt(rewritten, to) };
        expect(verifyConsistency(lie, proof)).toBe(false);
        expect(verifyConsistency(lie, await consistencyProof(from, to, nodesOf(rewritten)))).toBe(false);
        expect(verifyConsistency(given, proof.slice(1))).toBe(proof.length === 0);
        expect(verifyConsistency(given, [...proof, sha256('more')])).toBe(false);
      }),
      { numRuns: 80 },
    );
  });

  test('of what cannot be is refused: places outside the log, nodes that are no digests', () => {
    const root = rootAt(hashes(1), 1);
    const one = { tokenHash: hashes(1)[0] as string, seq: 1, size: 1, root };
    expect(verifyInclusion(one, [])).toBe(true);
    expect(verifyInclusion({ ...one, seq: 0 }, [])).toBe(false);
    expect(verifyInclusion({ ...one, seq: 2 }, [])).toBe(false);
    expect(verifyInclusion({ ...one, size: 2 }, ['no digest'])).toBe(false);
    const empty = rootOf(EMPTY_FRONTIER);
    expect(verifyConsistency({ from: 0, to: 1, rootFrom: empty, rootTo: root }, [])).toBe(true);
    expect(verifyConsistency({ from: 0, to: 1, rootFrom: root, rootTo: root }, [])).toBe(false);
    expect(verifyConsistency({ from: 2, to: 1, rootFrom: root, rootTo: root }, [])).toBe(false);
    expect(verifyConsistency({ from: 1, to: 2, rootFrom: root, rootTo: root }, ['no digest'])).toBe(false);
  });
});
