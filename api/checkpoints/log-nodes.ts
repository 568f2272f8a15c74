import { LotbookError } from '../errors.ts';
import type { HeadLeaf } from '../ledger/heads/page.ts';
import { updateHeads } from '../ledger/heads/update.ts';
import { appendRange, rangeNodes, type ReadNodes } from '../ledger/range.ts';
import { growing, growTiles, nodeIn, tileOf } from '../ledger/tiles.ts';
import { EMPTY_FRONTIER, leafOf, rootOf } from '../ledger/tree.ts';
import type { Pool } from '../store/database.ts';
import {
  forgetBetween,
  lockLogState,
  pageReader,
  readHeadsBetween,
  readLogState,
  readTiles,
  readTokenHashes,
  resetHeads,
  writePages,
  writeTiles,
} from '../store/log-nodes.ts';
import { inTransaction } from '../store/transaction.ts';

/** Entries that one transaction takes in. */
const STEP = 1_024;

/** Lets others have their turn after a step that took so long. */
export type Pause = (tookMs: number) => Promise<void>;

const nextTurn: Pause = () => new Promise(setImmediate);

/**
 * Keeps the nodes of a book's log: in tiles, as far as the log is final here. It is done behind the commits of the entries,
 * and goes on where it ended, so that nothing is worked out again at a start. Resolves to the entries that are in.
 */
export async function growLog(pool: Pool, book: string, pause = nextTurn): Promise<number> {
  for (;;) {
    const begun = performance.now();
    const { size, isDone } = await growStep(pool, book);
    if (isDone) return size;
    await pause(performance.now() - begun);
  }
}

async function growStep(pool: Pool, book: string): Promise<{ size: number; isDone: boolean }> {
  return inTransaction(
    pool,
    async (client) => {
      const { size } = await lockLogState(client, book);
      const hashes = await readTokenHashes(client, book, size, STEP);
      if (hashes.length > 0) {
        const begun = await readTiles(client, book, growing(size));
        const tiles = growTiles(size, begun, hashes.map(leafOf));
        await writeTiles(client, book, size + hashes.length, tiles);
      }
      return { size: size + hashes.length, isDone: hashes.length < STEP };
    },
    { isDurable: false },
  );
}

/** The stored nodes of a log. Rejects with NOT_FOUND beyond what is stored. */
export function nodeReader(pool: Pool, book: string): ReadNodes {
  return async (places) => {
    const tiles = await readTiles(pool, book, places.map(tileOf));
    const byPlace = new Map(tiles.map(({ level, nr, hashes }) => [`${level}/${nr}`, hashes]));
    return places.map((place) => {
      const { level, nr } = tileOf(place);
      const node = nodeIn(byPlace.get(`${level}/${nr}`) ?? Buffer.alloc(0), place);
      if (node === undefined) throw new LotbookError('NOT_FOUND', 'The log is not as long as that here.');
      return node;
    });
  };
}

/** The root of the log at a length, from the stored nodes. */
export async function rootAt(pool: Pool, book: string, size: number): Promise<string> {
  if (size === 0) return rootOf(EMPTY_FRONTIER);
  return rootOf(appendRange(EMPTY_FRONTIER, 1, size, await rangeNodes(1, size, nodeReader(pool, book))));
}

/**
 * Takes the map of heads to exactly `size` entries, which are final here, and resolves to its root. Where it is further
 * already, it is built again from the beginning: another member stated it for fewer.
 */
export async function advanceHeads(
  pool: Pool,
  book: string,
  size: number,
  pause = nextTurn,
): Promise<string> {
  const { headsSize: known } = await readLogState(pool, book);
  const base = known > size ? 0 : known;
  for (;;) {
    const begun = performance.now();
    const { headsSize, headsRoot } = await advanceStep(pool, book, base, size);
    if (headsSize === size) return headsRoot;
    await pause(performance.now() - begun);
  }
}

/**
 * The root of the map of heads over the first `size` entries, of which only `final` are stored: of those behind them the heads
 * are given, in their order. What is not final is worked out and not kept.
 */
export async function headsRootAt(
  pool: Pool,
  book: string,
  { size, final, heads }: { size: number; final: number; heads: readonly HeadLeaf[] },
): Promise<string> {
  if (size <= final) return advanceHeads(pool, book, size);
  await advanceHeads(pool, book, final);
  return (await updateHeads(heads, pageReader(pool, book, final))).root;
}

async function advanceStep(
  pool: Pool,
  book: string,
  base: number,
  size: number,
): Promise<{ headsSize: number; headsRoot: string }> {
  return inTransaction(
    pool,
    async (client) => {
      const state = await lockLogState(client, book);
      if (state.headsSize === size) return state;
      if (state.headsSize > size) await resetHeads(client, book);
      const from = state.headsSize > size ? 0 : state.headsSize;
      const to = Math.min(size, from + STEP);
      const leaves = await readHeadsBetween(client, book, from, to);
      const { root, pages } = await updateHeads(leaves, pageReader(client, book, from));
      await writePages(client, book, { size: to, root, pages });
      // Nobody asks for the map as it was on the way.
      await forgetBetween(client, book, base, to);
      return { headsSize: to, headsRoot: root };
    },
    { isDurable: false },
  );
}
