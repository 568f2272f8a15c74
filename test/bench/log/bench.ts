import pg from 'pg';
import { advanceHeads, growLog } from '../../../api/checkpoints/log-nodes.ts';
import { proveHeads } from '../../../api/ledger/heads/proof.ts';
import { updateHeads } from '../../../api/ledger/heads/update.ts';
import { keyOf } from '../../../api/ledger/heads/page.ts';
import { inclusionProof } from '../../../api/ledger/proofs.ts';
import { growing, growTiles } from '../../../api/ledger/tiles.ts';
import { connection } from '../../../api/store/database.ts';
import { pageReader, readTiles } from '../../../api/store/log-nodes.ts';
import { nodeReader } from '../../../api/checkpoints/log-nodes.ts';
import { sha256 } from '../../../api/identity/sha256.ts';
import type { BenchServer } from '../support/database.ts';
import { beside, figure, median, type Figure } from '../support/figures.ts';

const BOOK = 'owner.example/book';
const SHORT = 1_000;
const APPENDS = 256;

/**
 * (g) What a log costs as it grows: the nodes and the time that one entry more takes, of a short log and of a long one, and the
 * proof of an entry. The entries are rows as a node writes them, with short tokens.
 */
export async function benchLog(server: BenchServer, _rounds: number, quick: boolean): Promise<Figure[]> {
  const long = quick ? 100_000 : 1_000_000;
  const records = quick ? 10_000 : 100_000;
  const pool = new pg.Pool({ ...connection(await server.freshDatabase()), max: 4 });
  try {
    await pool.query(
      `INSERT INTO book (id, title, owner, authority, "slotKey") VALUES ($1, '', '', '', '\\x00')`,
      [BOOK],
    );
    const short = await measure(pool, SHORT, SHORT);
    const large = await measure(pool, long, records);
    const name = (what: string, size: number) => `${what}, at ${size.toLocaleString('en')}`;
    const pair = (what: string, unit: string, size: number, of: (measured: Measured) => number[]) =>
      beside(figure('g', name(what, size), unit, of(large)), name('the same', SHORT), of(short));
    return [
      pair('tiles written for an entry', '', long, ({ tiles }) => tiles),
      pair('time for an entry', 'ms', long, ({ appendMs }) => appendMs),
      pair('pages written for a record', '', records, ({ pages }) => pages),
      pair('proof of an entry', 'ms', long, ({ proofMs }) => proofMs),
      pair('proof of a head', 'ms', records, ({ headMs }) => headMs),
    ];
  } finally {
    await pool.end();
  }
}

interface Measured {
  tiles: number[];
  appendMs: number[];
  pages: number[];
  proofMs: number[];
  headMs: number[];
}

/** Fills the log up to a size, the map of heads up to so many records; then goes on one by one. */
async function measure(pool: pg.Pool, size: number, records: number): Promise<Measured> {
  const { rows } = await pool.query<{ length: number }>(
    'SELECT coalesce(max(seq), 0)::int AS length FROM entry',
  );
  await insert(pool, rows[0]?.length ?? 0, size);
  await growLog(pool, BOOK);
  await advanceHeads(pool, BOOK, records);
  const measured: Measured = { tiles: [], appendMs: [], pages: [], proofMs: [], headMs: [] };
  for (let length = size; length < size + APPENDS; length += 1) {
    const begun = await readTiles(pool, BOOK, growing(length));
    measured.tiles.push(growTiles(length, begun, [sha256(String(length))]).length);
    await insert(pool, length, length + 1);
    measured.appendMs.push(await timed(() => growLog(pool, BOOK)));
    const leaf = { key: keyOf(`urn:record:${length}`), head: sha256('head') };
    measured.pages.push((await updateHeads([leaf], pageReader(pool, BOOK, records))).pages.size);
    const seq = 1 + ((length * 7_919) % size);
    measured.proofMs.push(await timed(() => inclusionProof(seq, size, nodeReader(pool, BOOK))));
    const record = `urn:record:${1 + (seq % records)}`;
    measured.headMs.push(await timed(() => proveHeads([record], pageReader(pool, BOOK, records))));
  }
  const mean = (values: readonly number[]) => [values.reduce((sum, value) => sum + value, 0) / values.length];
  return {
    tiles: mean(measured.tiles),
    appendMs: [median(measured.appendMs)],
    pages: mean(measured.pages),
    proofMs: [median(measured.proofMs)],
    headMs: [median(measured.headMs)],
  };
}

async function insert(pool: pg.Pool, after: number, upTo: number): Promise<void> {
  await pool.query(
    `INSERT INTO entry (book, seq, kind, record, version, at, token, request)
     SELECT $1, seq, 'NOTE', 'urn:record:' || seq, 1, now(), 'token ' || seq, gen_random_uuid()
       FROM generate_series($2::int, $3::int) AS seq`,
    [BOOK, after + 1, upTo],
  );
  await pool.query('UPDATE book SET length = $2 WHERE id = $1', [BOOK, upTo]);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
