import type pg from 'pg';

/** A book as it is listed, with how its feed fares where it is a local copy. */
export interface ListedBook {
  id: string;
  title: string;
  owner: string;
  authority: string;
  length: number;
  /** Held in full; else a local copy. */
  full: boolean;
  createdAt: Date;
  feed: ListedFeed | null;
}

export interface ListedFeed {
  state: string;
  since: Date;
  lastItemAt: Date | null;
  lastError: string | null;
  quarantined: number;
}

type Row = Omit<ListedBook, 'feed'> & { [K in keyof ListedFeed]: ListedFeed[K] | null };

const SELECT = `
  SELECT b.id, b.title, b.owner, b.authority, b.length, b."slotKey" IS NOT NULL AS "full", b."createdAt",
         f.state, f.since, f."lastItemAt", f."lastError",
         (SELECT count(*) FROM quarantine q WHERE q.book = b.id AND f.book IS NOT NULL) AS quarantined
    FROM book b LEFT JOIN feed f ON f.book = b.id AND b."slotKey" IS NULL`;

/** All books of this node and the local copies, by id. */
export async function listBooks(db: Pick<pg.Pool, 'query'>): Promise<ListedBook[]> {
  const { rows } = await db.query<Row>(`${SELECT} ORDER BY b.id`);
  return rows.map(listed);
}

export async function findBook(db: Pick<pg.Pool, 'query'>, id: string): Promise<ListedBook | null> {
  const { rows } = await db.query<Row>(`${SELECT} WHERE b.id = $1`, [id]);
  return rows[0] ? listed(rows[0]) : null;
}

function listed({ state, since, lastItemAt, lastError, quarantined, ...book }: Row): ListedBook {
  const feed = state && since ? { state, since, lastItemAt, lastError, quarantined: quarantined ?? 0 } : null;
  return { ...book, feed };
}
