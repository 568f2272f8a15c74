import type pg from 'pg';

type Queryable = Pick<pg.Pool, 'query'>;

/** The lease of an entry lock, as the node with the right to approve keeps it. */
export interface LockLease {
  book: string;
  /** Record id of the lock. */
  lock: string;
  /** Fencing token of the lock. */
  token: number;
  term: number;
  until: Date;
}

/** A lock whose current version says that it is held, with the lease that is kept of it, if any. */
export interface HeldLock {
  book: string;
  lock: string;
  /** JSON text. */
  state: string;
  lease: Pick<LockLease, 'token' | 'term' | 'until'> | null;
}

/** The held locks of the books that an organisation approves, of those that are here in full. */
export async function heldLocks(db: Queryable, authority: string): Promise<HeldLock[]> {
  const { rows } = await db.query<HeldLock & LockLease>(
    `SELECT r.book, r.id AS lock, e.state, l.token, l.term, l.until
       FROM book b
       JOIN record r ON r.book = b.id AND r.kind = 'LOCK'
       JOIN entry e ON e.book = r.book AND e.seq = r.seq
       LEFT JOIN lock_lease l ON l.book = r.book AND l.lock = r.id
      WHERE b.authority = $1 AND b."slotKey" IS NOT NULL AND e.state LIKE '%"state":"HELD"%'`,
    [authority],
  );
  return rows.map(({ book, lock, state, token, term, until }) => ({
    book,
    lock,
    state,
    lease: token === null ? null : { token, term, until },
  }));
}

export async function leaseOf(
  db: Queryable,
  { book, lock, token }: Pick<LockLease, 'book' | 'lock' | 'token'>,
): Promise<Date | null> {
  const { rows } = await db.query<{ until: Date }>(
    'SELECT until FROM lock_lease WHERE book = $1 AND lock = $2 AND token = $3',
    [book, lock, token],
  );
  return rows[0]?.until ?? null;
}

/** In place of what was kept of the lock. */
export async function putLease(db: Queryable, lease: LockLease): Promise<void> {
  const { book, lock, token, term, until } = lease;
  await db.query(
    `INSERT INTO lock_lease (book, lock, token, term, until) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (book, lock) DO UPDATE SET token = excluded.token, term = excluded.term, until = excluded.until`,
    [book, lock, token, term, until],
  );
}

export async function dropLease(db: Queryable, book: string, lock: string): Promise<void> {
  await db.query('DELETE FROM lock_lease WHERE book = $1 AND lock = $2', [book, lock]);
}
