import type pg from 'pg';
import type { Pool } from './database.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/**
 * Lends a connection to `work` on which the database stays as it is now, for reading alone: what is pruned meanwhile is there
 * to the end.
 */
export async function inSnapshot<T>(pool: Pool, work: (snapshot: Queryable) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    return await work(client);
  } finally {
    // Nothing was written: the connection is closed with its transaction.
    client.release(true);
  }
}

/** Of the versions of records with `after < seq <= to` that are not the first ones: the places of those before them. */
export async function readPlacesBefore(
  db: Queryable,
  book: string,
  after: number,
  to: number,
): Promise<Map<number, number>> {
  const { rows } = await db.query<{ seq: number; before: number }>({
    name: 'places-before',
    text: `SELECT e.seq, p.seq AS before FROM entry e
             JOIN entry p ON p.book = e.book AND p.record = e.record AND p.version = e.version - 1
            WHERE e.book = $1 AND e.seq > $2 AND e.seq <= $3 AND e.version > 1`,
    values: [book, after, to],
  });
  return new Map(rows.map(({ seq, before }) => [seq, before]));
}

/** The records of the entries at these places, in the order of the places. */
export async function readRecordsAt(db: Queryable, book: string, seqs: readonly number[]): Promise<string[]> {
  const { rows } = await db.query<{ record: string }>({
    name: 'records-at',
    text: `SELECT e.record FROM unnest($2::int[]) WITH ORDINALITY AS s(seq, nr)
             JOIN entry e ON e.book = $1 AND e.seq = s.seq ORDER BY s.nr`,
    values: [book, seqs],
  });
  return rows.map(({ record }) => record);
}
