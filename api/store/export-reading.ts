import type pg from 'pg';
import type { Pool } from './database.ts';
import type { StoredCheckpoint } from './checkpoints.ts';

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

/** Checkpoints with `after < size <= to`, in their order. */
export async function checkpointsBetween(
  db: Queryable,
  book: string,
  after: number,
  to: number,
): Promise<Pick<StoredCheckpoint, 'size' | 'note' | 'heads'>[]> {
  const { rows } = await db.query<StoredCheckpoint>({
    name: 'checkpoints-between',
    text: 'SELECT size, note, heads FROM checkpoint WHERE book = $1 AND size > $2 AND size <= $3 ORDER BY size',
    values: [book, after, to],
  });
  return rows;
}

/** The last checkpoint with `size <= to`; null where there is none. */
export async function lastCheckpointWithin(
  db: Queryable,
  book: string,
  to: number,
): Promise<Pick<StoredCheckpoint, 'size' | 'heads'> | null> {
  const { rows } = await db.query<StoredCheckpoint>({
    name: 'last-checkpoint-within',
    text: 'SELECT size, heads FROM checkpoint WHERE book = $1 AND size <= $2 ORDER BY size DESC LIMIT 1',
    values: [book, to],
  });
  return rows[0] ?? null;
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
