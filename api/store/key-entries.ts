import type pg from 'pg';
import type { KeyEntry } from '../identity/book-keys.ts';
import { KEY_RECORD_PREFIX, keyRecord } from '../identity/key-state.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** The KEY entries of a book that are of these organisations, in the order of the log. */
export async function readKeyEntries(
  db: Queryable,
  book: string,
  organisations: readonly string[],
): Promise<KeyEntry[]> {
  const { rows } = await db.query<{ record: string; nr: number; seq: number; token: string }>({
    name: 'key-entries',
    text: `SELECT record, version AS nr, seq, token FROM entry WHERE book = $1 AND record = ANY($2) ORDER BY seq`,
    values: [book, organisations.map(keyRecord)],
  });
  return rows.map(({ record, ...entry }) => ({
    ...entry,
    organisation: record.slice(KEY_RECORD_PREFIX.length),
  }));
}

/** Keeps verified KEY entries of a local copy. What is there already stays. */
export async function writeKeyEntries(
  client: pg.PoolClient,
  book: string,
  entries: readonly KeyEntry[],
  now: Date,
): Promise<void> {
  for (const { organisation, nr, seq, token } of entries) {
    await client.query({
      name: 'write-key-entry',
      text: `INSERT INTO entry (book, seq, kind, record, version, at, token, request)
             VALUES ($1, $2, 'KEY', $3, $4, $5, $6, gen_random_uuid()) ON CONFLICT DO NOTHING`,
      values: [book, seq, keyRecord(organisation), nr, now, token],
    });
    await client.query({
      name: 'lengthen-by-key',
      text: 'UPDATE book SET length = greatest(length, $2) WHERE id = $1',
      values: [book, seq],
    });
  }
}

/** The tokens that are held from a place on, except for key statements: those of a copy, at most so many as anybody looks at. */
export async function readTokensFrom(
  db: Queryable,
  book: string,
  seq: number,
): Promise<{ seq: number; token: string }[]> {
  const { rows } = await db.query<{ seq: number; token: string }>(
    `SELECT seq, token FROM entry WHERE book = $1 AND seq >= $2 AND kind <> 'KEY' ORDER BY seq LIMIT 10000`,
    [book, seq],
  );
  return rows;
}
