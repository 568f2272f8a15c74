import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../api/identity/sha256.ts';
import { appendRange, rangeNodes, rangePlaces, type NodePlace } from '../../api/ledger/range.ts';
import { EMPTY_FRONTIER, extendFrontier, rootOf, type Frontier } from '../../api/ledger/tree.ts';

const hashes = (count: number) => Array.from({ length: count }, (_, i) => sha256(`entry ${i}`));

/** Nodes by definition: the root over the leaves below each place. */
const nodesOf = (entries: readonly string[]) => (places: readonly NodePlace[]) =>
  Promise.resolve(
    places.map(({ level, index }) => {
      const below = entries.slice(index * 2 ** level, (index + 1) * 2 ** level);
      expect(below).toHaveLength(2 ** level);
      return rootOf(extendFrontier(EMPTY_FRONTIER, below));
    }),
  );

describe('a run of a log', () => {
  test('continues a frontier by its nodes as by its entries, wherever runs are cut', async () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), async (ends, hidden) => {
        const sorted = ends.toSorted((a, b) => a - b);
        const entries = hashes(sorted.at(-1) as number);
        let frontier: Frontier = EMPTY_FRONTIER;
        for (const [nr, to] of sorted.entries()) {
          const from = frontier.length + 1;
          frontier = hidden[nr]
            ? appendRange(frontier, from, to, await rangeNodes(from, to, nodesOf(entries)))
            : extendFrontier(frontier, entries.slice(from - 1, to));
        }
        expect(frontier).toEqual(extendFrontier(EMPTY_FRONTIER, entries));
      }),
      { numRuns: 60 },
    );
  });

  test('is the fewest perfect subtrees, left to right', () => {
    expect(rangePlaces(4, 13)).toEqual([
      { level: 0, index: 3 },
      { level: 2, index: 1 },
      { level: 2, index: 2 },
      { level: 0, index: 12 },
    ]);
    expect(rangePlaces(1, 2 ** 40)).toEqual([{ level: 40, index: 0 }]);
    expect(rangePlaces(2, 1_000_000).length).toBeLessThan(40);
  });

  test.each([
    [0, 3],
    [3, 2],
    [1.5, 2],
    [1, Number.NaN],
  ])('does not go from %d to %d', (from, to) => {
    expect(() => rangePlaces(from, to)).toThrow(/no range/);
  });

  test('is refused where it leaves entries out, or has other nodes than its length asks for', async () => {
    const entries = hashes(20);
    const three = extendFrontier(EMPTY_FRONTIER, entries.slice(0, 3));
    const nodes = await rangeNodes(4, 13, nodesOf(entries));
    expect(() => appendRange(three, 5, 14, nodes)).toThrow(/do not follow/);
    expect(() => appendRange(three, 4, 13, nodes.slice(1))).toThrow(/nodes/);
    expect(() => appendRange(three, 4, 13, [...nodes, nodes[0] as string])).toThrow(/nodes/);
    expect(() => appendRange(three, 4, 13, nodes.with(1, 'no digest'))).toThrow(/no digest/);
  });
});
