import type pg from 'pg';

export interface StoredBook {
  id: string;
  title: string;
  owner: string;
  authority: string;
  length: number;
  grantsSeq: number;
  createdAt: Date;
  /** 32 secret bytes that every member has; null for a local copy. */
  slotKey: Buffer | null;
}

const COLUMNS = 'id, title, owner, authority, length, "grantsSeq", "createdAt", "slotKey"';

export async function bookById(pool: pg.Pool, id: string): Promise<StoredBook | null> {
  const { rows } = await pool.query<StoredBook>({
    name: 'book-by-id',
    text: `SELECT ${COLUMNS} FROM book WHERE id = $1`,
    values: [id],
  });
  return rows[0] ?? null;
}

/** The books that an organisation approves, of those that are here in full. */
export async function booksApprovedBy(pool: pg.Pool, organisation: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    'SELECT id FROM book WHERE authority = $1 AND "slotKey" IS NOT NULL ORDER BY id',
    [organisation],
  );
  return rows.map(({ id }) => id);
}

/** Opens a book; false when there is one with this id. */
export async function insertBook(
  pool: pg.Pool,
  book: Pick<StoredBook, 'id' | 'title' | 'owner' | 'authority' | 'createdAt'> & { slotKey: Buffer },
): Promise<boolean> {
  const { id, title, owner, authority, createdAt, slotKey } = book;
  const { rowCount } = await pool.query(
    `INSERT INTO book (id, title, owner, authority, "createdAt", "slotKey") VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (id) DO NOTHING`,
    [id, title, owner, authority, createdAt, slotKey],
  );
  return rowCount === 1;
}

/** The states of records, current and first, for working out changes of them. */
export async function currentStates(
  pool: pg.Pool,
  book: string,
  ids: readonly string[],
): Promise<{ id: string; kind: string; version: number; state: string | null; first: string | null }[]> {
  if (ids.length === 0) return [];
  const { rows } = await pool.query<{
    id: string;
    kind: string;
    version: number;
    state: string | null;
    first: string | null;
  }>({
    text: `SELECT r.id, r.kind, r.version, e.state, f.state AS first
             FROM record r
             JOIN entry e ON e.book = r.book AND e.seq = r.seq
             JOIN entry f ON f.book = r.book AND f.seq = r."firstSeq"
            WHERE r.book = $1 AND r.id = ANY($2)`,
    values: [book, ids],
  });
  return rows;
}

/** Every version of records that has a content. */
export async function readStates(
  source: Pick<pg.Pool, 'query'>,
  book: string,
  records: readonly string[],
): Promise<{ record: string; kind: string; seq: number; at: Date; state: string }[]> {
  const { rows } = await source.query<{ record: string; kind: string; seq: number; at: Date; state: string }>(
    `SELECT record, kind, seq, at, state FROM entry
      WHERE book = $1 AND record = ANY($2) AND state IS NOT NULL ORDER BY seq`,
    [book, records],
  );
  return rows;
}
