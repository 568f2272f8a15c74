import type pg from 'pg';
import { MAX_SEQ } from './entries.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** A checkpoint that this node made, or received and verified; see the model `Checkpoint`. */
export interface StoredCheckpoint {
  size: number;
  /** Root of the log. */
  root: string;
  /** Token of the last entry. */
  heads: string;
  /** So many entries, from the first on, are covered by the map of heads which that one states. */
  covered: number;
  /** With the cosignatures so far. */
  note: string;
  at: Date;
}

const COLUMNS = 'size, root, heads, covered, note, at';

/** The last one of a book, or of its first `within` entries; null where there is none yet. */
export async function lastCheckpoint(
  db: Queryable,
  book: string,
  within = MAX_SEQ,
): Promise<StoredCheckpoint | null> {
  const { rows } = await db.query<StoredCheckpoint>({
    name: 'last-checkpoint',
    text: `SELECT ${COLUMNS} FROM checkpoint WHERE book = $1 AND size <= $2 ORDER BY size DESC LIMIT 1`,
    values: [book, within],
  });
  return rows[0] ?? null;
}

/** Those with `after < size <= to`, in their order. */
export async function checkpointsBetween(
  db: Queryable,
  book: string,
  after: number,
  to: number,
): Promise<StoredCheckpoint[]> {
  const { rows } = await db.query<StoredCheckpoint>({
    name: 'checkpoints-between',
    text: `SELECT ${COLUMNS} FROM checkpoint WHERE book = $1 AND size > $2 AND size <= $3 ORDER BY size`,
    values: [book, after, to],
  });
  return rows;
}

export async function checkpointAt(
  db: Queryable,
  book: string,
  size: number,
): Promise<StoredCheckpoint | null> {
  const { rows } = await db.query<StoredCheckpoint>({
    name: 'checkpoint-at',
    text: `SELECT ${COLUMNS} FROM checkpoint WHERE book = $1 AND size = $2`,
    values: [book, size],
  });
  return rows[0] ?? null;
}

/** The same for the rest of the transaction: nobody else adds to its note meanwhile. */
export async function lockCheckpoint(
  client: pg.PoolClient,
  book: string,
  size: number,
): Promise<StoredCheckpoint | null> {
  const { rows } = await client.query<StoredCheckpoint>({
    name: 'lock-checkpoint',
    text: `SELECT ${COLUMNS} FROM checkpoint WHERE book = $1 AND size = $2 FOR UPDATE`,
    values: [book, size],
  });
  return rows[0] ?? null;
}

/** The `count` last ones, the newest first. */
export async function lastCheckpoints(
  db: Queryable,
  book: string,
  count: number,
): Promise<StoredCheckpoint[]> {
  const { rows } = await db.query<StoredCheckpoint>({
    name: 'last-checkpoints',
    text: `SELECT ${COLUMNS} FROM checkpoint WHERE book = $1 ORDER BY size DESC LIMIT $2`,
    values: [book, count],
  });
  return rows;
}

/** Keeps a checkpoint; of one that is there already the note, which may have got more signatures. */
export async function keepCheckpoint(
  db: Queryable,
  book: string,
  { size, root, heads, covered, note, at }: StoredCheckpoint,
): Promise<void> {
  await db.query({
    name: 'keep-checkpoint',
    text: `INSERT INTO checkpoint (book, size, root, heads, covered, note, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (book, size) DO UPDATE SET note = excluded.note WHERE checkpoint.root = excluded.root`,
    values: [book, size, root, heads, covered, note, at],
  });
}

/**
 * Books that this organisation alone approves, or may hold the right for, with entries that no checkpoint covers yet: those behind
 * the last one, and those that came in while it was made, which the map of heads in it does not know.
 */
export async function booksGrown(
  db: Queryable,
  holder: string,
): Promise<{ book: string; length: number; size: number }[]> {
  const { rows } = await db.query<{ book: string; length: number; size: number }>({
    name: 'books-grown',
    text: `SELECT b.id AS book, b.length, coalesce(c.size, 0) AS size FROM book b
             LEFT JOIN LATERAL (SELECT size, covered FROM checkpoint WHERE book = b.id ORDER BY size DESC LIMIT 1) c ON true
            WHERE b."slotKey" IS NOT NULL AND b.authority = $1
              AND (b.length > coalesce(c.size, 0) OR c.covered + 1 < c.size) ORDER BY b.id`,
    values: [holder],
  });
  return rows;
}

/** Local copies with entries that no checkpoint which was verified here covers; of feeds that have not ended. */
export async function copiesUncovered(
  db: Queryable,
): Promise<{ book: string; length: number; size: number }[]> {
  const { rows } = await db.query<{ book: string; length: number; size: number }>({
    name: 'copies-uncovered',
    text: `SELECT b.id AS book, b.length, coalesce(c.covered, 0) AS size FROM feed f JOIN book b ON b.id = f.book
             LEFT JOIN LATERAL (SELECT covered FROM checkpoint WHERE book = b.id ORDER BY size DESC LIMIT 1) c ON true
            WHERE b."slotKey" IS NULL AND f.state <> 'ENDED' AND b.length > coalesce(c.covered, 0) ORDER BY b.id`,
  });
  return rows;
}

/** What a witness has cosigned last of a log. */
export interface Cosigned {
  size: number;
  root: string;
  note: string;
}

/** Locked for the rest of the transaction; null where it never did. */
export async function lockCosigned(client: pg.PoolClient, origin: string): Promise<Cosigned | null> {
  // Two first ones at once are one after the other too.
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 1))', [origin]);
  return readCosigned(client, origin);
}

export async function readCosigned(db: Queryable, origin: string): Promise<Cosigned | null> {
  const { rows } = await db.query<Cosigned>({
    name: 'cosigned',
    text: 'SELECT size, root, note FROM cosigned WHERE origin = $1',
    values: [origin],
  });
  return rows[0] ?? null;
}

export async function writeCosigned(
  client: pg.PoolClient,
  origin: string,
  { size, root, note }: Cosigned,
): Promise<void> {
  await client.query({
    name: 'write-cosigned',
    text: `INSERT INTO cosigned (origin, size, root, note) VALUES ($1, $2, $3, $4)
           ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note`,
    values: [origin, size, root, note],
  });
}

/** A log that begins anew behind an entry is cosigned anew: what a witness has cosigned beyond it is no history any more. */
export async function forgetCosigned(client: pg.PoolClient, origin: string, after: number): Promise<void> {
  await client.query('DELETE FROM cosigned WHERE origin = $1 AND size > $2', [origin, after]);
}
