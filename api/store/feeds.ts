import type pg from 'pg';
import { readIntroducedGroups } from './introductions.ts';

type Queryable = Pick<pg.Pool, 'query'>;

export type FeedState = 'CONNECTING' | 'LIVE' | 'FAILED' | 'ENDED';

/** Partners whose nodes can be asked for books. */
export async function readFeedPartners(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM organisation WHERE status = 'ACTIVE' AND url IS NOT NULL ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}

/** Whether those who listen may go on. */
export interface Standings {
  /** By organisation: its groups now, null where it may have nothing now. */
  groups: ReadonlyMap<string, readonly string[] | null>;
  /** By `standingName`: its groups in the books of other owners; who has no standing there is not in it. */
  introduced: ReadonlyMap<string, readonly string[]>;
  /** Clients whose keys were taken out of use. */
  revoked: ReadonlySet<string>;
}

export async function readStandings(
  db: Queryable,
  { organisations, clients }: { organisations: readonly string[]; clients: readonly string[] },
): Promise<Standings> {
  const [known, revoked, introduced] = await Promise.all([
    db.query<{ id: string; groups: string[]; isActive: boolean }>({
      name: 'standings',
      text: `SELECT id, coalesce(groups, '{}') AS groups, status IN ('ACTIVE', 'SELF', 'INTRODUCED') AS "isActive" FROM organisation WHERE id = ANY($1)`,
      values: [organisations],
    }),
    db.query<{ clientId: string }>({
      name: 'revoked-clients',
      text: `SELECT "clientId" FROM client WHERE "clientId" = ANY($1) AND "revokedAt" IS NOT NULL`,
      values: [clients],
    }),
    readIntroducedGroups(db, organisations),
  ]);
  return {
    groups: new Map(known.rows.map(({ id, groups, isActive }) => [id, isActive ? groups : null])),
    introduced,
    revoked: new Set(revoked.rows.map(({ clientId }) => clientId)),
  };
}

/** A local copy that is kept, or was. */
export interface KeptCopy {
  book: string;
  owner: string;
  /** Who approves now, as far as is known here. */
  authority: string;
  /** Whether its owner has appointed others to hold its authority too, as far as is known here. */
  hasMandate: boolean;
  ended: boolean;
}

export async function readCopies(db: Queryable): Promise<KeptCopy[]> {
  const { rows } = await db.query<KeptCopy>({
    name: 'copies',
    text: `SELECT f.book, b.owner, b.authority, f.state = 'ENDED' AS ended,
                  EXISTS (SELECT 1 FROM statement s WHERE s.book = f.book AND s.kind = 'MANDATE') AS "hasMandate"
             FROM feed f JOIN book b ON b.id = f.book WHERE b."slotKey" IS NULL`,
  });
  return rows;
}

export interface OfferedBook {
  id: string;
  title: string;
  owner: string;
  createdAt: Date;
}

/**
 * Makes room for the local copy of a book. FULL: this node holds the whole book itself; TAKEN: the name is that of a book of
 * another owner.
 */
export async function keepCopy(
  db: Queryable,
  offered: OfferedBook,
  now: Date,
): Promise<'KEPT' | 'FULL' | 'TAKEN'> {
  const { id, title, owner, createdAt } = offered;
  await db.query({
    name: 'keep-copy',
    text: `INSERT INTO book (id, title, owner, authority, "createdAt") VALUES ($1, $2, $3, $3, $4)
           ON CONFLICT (id) DO UPDATE SET title = excluded.title
             WHERE book."slotKey" IS NULL AND book.owner = excluded.owner AND book.title <> excluded.title`,
    values: [id, title, owner, createdAt],
  });
  const { rows } = await db.query<{ isFull: boolean; isOwners: boolean; authority: string }>({
    name: 'is-copy',
    text: `SELECT owner = $2 AS "isOwners", "slotKey" IS NOT NULL AS "isFull", authority FROM book WHERE id = $1`,
    values: [id, owner],
  });
  const [held] = rows;
  if (!held?.isOwners) return 'TAKEN';
  if (held.isFull) return 'FULL';
  await db.query({
    name: 'keep-feed',
    text: `INSERT INTO feed (book, authority, state, since) VALUES ($1, $2, 'CONNECTING', $3) ON CONFLICT DO NOTHING`,
    values: [id, held.authority, now],
  });
  return 'KEPT';
}

/** Where a feed goes on; null from the beginning. */
export async function readCursor(db: Queryable, book: string): Promise<string | null> {
  const { rows } = await db.query<{ cursor: string | null }>('SELECT cursor FROM feed WHERE book = $1', [
    book,
  ]);
  return rows[0]?.cursor ?? null;
}

export async function forgetCursor(db: Queryable, book: string): Promise<void> {
  await db.query('UPDATE feed SET cursor = NULL WHERE book = $1', [book]);
}

/** Notes how a feed fares. `since` moves only when the state changes; an error stays until the feed is live again. */
export async function setFeedState(
  db: Queryable,
  book: string,
  { state, error, now }: { state: FeedState; error: string | null; now: Date },
): Promise<void> {
  await db.query({
    name: 'feed-state',
    text: `UPDATE feed SET since = CASE WHEN state = $2 THEN since ELSE $4 END, state = $2,
             "lastError" = CASE WHEN $2 = 'LIVE' THEN NULL ELSE coalesce($3, "lastError") END
           WHERE book = $1`,
    values: [book, state, error, now],
  });
}
