import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../api/identity/sha256.ts';
import { appendRange, rangeNodes, type NodePlace } from '../../api/ledger/range.ts';
import { growing, growTiles, nodeIn, tileOf, type Tile } from '../../api/ledger/tiles.ts';
import { appendLeaves, EMPTY_FRONTIER, leafOf } from '../../api/ledger/tree.ts';

const leavesOf = (count: number) => Array.from({ length: count }, (_, i) => leafOf(sha256(`entry ${i}`)));

class Log {
  readonly tiles = new Map<string, Buffer>();
  written = 0;
  size = 0;

  append(leaves: readonly string[]): void {
    const begun = growing(this.size).map((place): Tile => ({
      ...place,
      hashes: this.tiles.get(`${place.level}/${place.nr}`) as Buffer,
    }));
    const grown = growTiles(this.size, begun, leaves);
    for (const { level, nr, hashes } of grown) this.tiles.set(`${level}/${nr}`, hashes);
    this.written = grown.length;
    this.size += leaves.length;
  }

  read = (places: readonly NodePlace[]) =>
    Promise.resolve(
      places.map((place) => {
        const { level, nr } = tileOf(place);
        return nodeIn(this.tiles.get(`${level}/${nr}`) as Buffer, place) as string;
      }),
    );
}

describe('the tiles of a log', () => {
  test('hold the nodes of every run, in whatever pieces the log grew', async () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.nat(), async (counts, chosen) => {
        const log = new Log();
        const leaves = leavesOf(counts.reduce((sum, count) => sum + count));
        for (const count of counts) log.append(leaves.slice(log.size, log.size + count));
        const from = (chosen % leaves.length) + 1;
        const before = appendLeaves(EMPTY_FRONTIER, leaves.slice(0, from - 1));
        const nodes = await rangeNodes(from, leaves.length, log.read);
        expect(appendRange(before, from, leaves.length, nodes)).toEqual(appendLeaves(EMPTY_FRONTIER, leaves));
      }),
      { numRuns: 25 },
    );
  });

  test('are written once for an entry, twice where one is full, and never more for a longer log', () => {
    const log = new Log();
    log.append(leavesOf(70_000));
    const [leaf] = leavesOf(1) as [string];
    const counts = Array.from({ length: 256 }, () => {
      log.append([leaf]);
      return log.written;
    });
    expect(Math.max(...counts)).toBe(2);
    expect(counts.filter((count) => count === 2)).toHaveLength(1);
  });

  test('know no node beyond the end of the log', () => {
    const log = new Log();
    log.append(leavesOf(3));
    expect(nodeIn(log.tiles.get('0/0') as Buffer, { level: 1, index: 1 })).toBeUndefined();
    expect(nodeIn(log.tiles.get('0/0') as Buffer, { level: 0, index: 2 })).toBe(leavesOf(3)[2]);
  });
});
