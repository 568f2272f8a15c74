import type pg from 'pg';
import { LOG_KINDS } from '../ledger/change.ts';
import type { HeadLeaf } from '../ledger/heads/page.ts';
import { EMPTY, decodePage, encodePage, type Page } from '../ledger/heads/page.ts';
import type { ReadPages } from '../ledger/heads/update.ts';
import type { Tile, TilePlace } from '../ledger/tiles.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** How far the nodes of a book's log are kept, see the model `LogState`. */
export interface LogState {
  size: number;
  headsSize: number;
  headsRoot: string;
}

const NOTHING: LogState = { size: 0, headsSize: 0, headsRoot: EMPTY };

export async function readLogState(db: Queryable, book: string): Promise<LogState> {
  const { rows } = await db.query<LogState>({
    name: 'log-state',
    text: 'SELECT size, "headsSize", "headsRoot" FROM log_state WHERE book = $1',
    values: [book],
  });
  return rows[0] ?? NOTHING;
}

/** The same for the rest of the transaction: nobody else writes nodes of the book meanwhile. */
export async function lockLogState(client: pg.PoolClient, book: string): Promise<LogState> {
  await client.query({
    name: 'make-log-state',
    text: 'INSERT INTO log_state (book, "headsRoot") VALUES ($1, $2) ON CONFLICT DO NOTHING',
    values: [book, EMPTY],
  });
  const { rows } = await client.query<LogState>({
    name: 'lock-log-state',
    text: 'SELECT size, "headsSize", "headsRoot" FROM log_state WHERE book = $1 FOR UPDATE',
    values: [book],
  });
  return rows[0] ?? NOTHING;
}

/** Books held in full whose tiles are behind their logs. */
export async function booksBehind(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'books-behind',
    text: `SELECT b.id FROM book b LEFT JOIN log_state s ON s.book = b.id
            WHERE b."slotKey" IS NOT NULL AND b.length > coalesce(s.size, 0) ORDER BY b.id`,
  });
  return rows.map(({ id }) => id);
}

/** Hashes of the entries' tokens with `after < seq`, in order, at most `limit`. Hashed where they are, for tokens are long. */
export async function readTokenHashes(
  db: Queryable,
  book: string,
  after: number,
  limit: number,
): Promise<string[]> {
  const { rows } = await db.query<{ hash: Buffer }>({
    name: 'token-hashes',
    text: `SELECT sha256(convert_to(token, 'UTF8')) AS hash FROM entry WHERE book = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
    values: [book, after, limit],
  });
  return rows.map(({ hash }) => hash.toString('base64url'));
}

/** Of each record that was changed with `after < seq <= upTo`, its last token there. */
export async function readHeadsBetween(
  db: Queryable,
  book: string,
  after: number,
  upTo: number,
): Promise<HeadLeaf[]> {
  const { rows } = await db.query<{ key: Buffer; head: Buffer }>({
    name: 'heads-between',
    text: `SELECT DISTINCT ON (record) sha256(convert_to(record, 'UTF8')) AS key, sha256(convert_to(token, 'UTF8')) AS head
             FROM entry WHERE book = $1 AND seq > $2 AND seq <= $3 AND kind <> ALL($4) ORDER BY record, seq DESC`,
    values: [book, after, upTo, LOG_KINDS],
  });
  return rows.map(({ key, head }) => ({ key: key.toString('hex'), head: head.toString('base64url') }));
}

export async function readTiles(db: Queryable, book: string, places: readonly TilePlace[]): Promise<Tile[]> {
  const { rows } = await db.query<Tile>({
    name: 'tiles',
    text: `SELECT level, nr, hashes FROM log_tile
            WHERE book = $1 AND (level, nr) IN (SELECT * FROM unnest($2::int[], $3::int[]))`,
    values: [book, places.map(({ level }) => level), places.map(({ nr }) => nr)],
  });
  return rows;
}

/** Writes what grew, and how far the log is in the tiles by now. */
export async function writeTiles(
  client: pg.PoolClient,
  book: string,
  size: number,
  tiles: readonly Tile[],
): Promise<void> {
  await client.query({
    name: 'write-tiles',
    text: `INSERT INTO log_tile (book, level, nr, hashes)
           SELECT $1, * FROM unnest($2::int[], $3::int[], $4::bytea[])
           ON CONFLICT (book, level, nr) DO UPDATE SET hashes = excluded.hashes`,
    values: [
      book,
      tiles.map(({ level }) => level),
      tiles.map(({ nr }) => nr),
      tiles.map(({ hashes }) => hashes),
    ],
  });
  await client.query({
    name: 'lengthen-log-state',
    text: 'UPDATE log_state SET size = $2 WHERE book = $1',
    values: [book, size],
  });
}

/** Pages of the map of heads as they were when it covered `size` entries. */
export function pageReader(db: Queryable, book: string, size: number): ReadPages {
  return async (paths) => {
    const { rows } = await db.query<{ path: string; page: Buffer }>({
      name: 'heads-pages',
      text: `SELECT path, page FROM heads_page
              WHERE book = $1 AND path = ANY($2) AND since <= $3 AND (until IS NULL OR until > $3)`,
      values: [book, paths, size],
    });
    return new Map(rows.map(({ path, page }) => [path, decodePage(page)]));
  };
}

/** Writes what changed in the map of heads. The pages as they were before stay for older proofs, see `forgetPages`. */
export async function writePages(
  client: pg.PoolClient,
  book: string,
  given: { size: number; root: string; pages: ReadonlyMap<string, Page> },
): Promise<void> {
  const { size, root, pages } = given;
  const paths = [...pages.keys()];
  await client.query({
    name: 'end-heads-pages',
    text: 'UPDATE heads_page SET until = $3 WHERE book = $1 AND path = ANY($2) AND until IS NULL',
    values: [book, paths, size],
  });
  await client.query({
    name: 'write-heads-pages',
    text: `INSERT INTO heads_page (book, path, since, page)
           SELECT $1, path, $2, page FROM unnest($3::text[], $4::bytea[]) AS t(path, page)`,
    values: [book, size, paths, [...pages.values()].map(encodePage)],
  });
  await client.query({
    name: 'move-heads-state',
    text: 'UPDATE log_state SET "headsSize" = $2, "headsRoot" = $3 WHERE book = $1',
    values: [book, size, root],
  });
}

/** Forgets pages that no proof for a map of `size` entries or more needs. */
export async function forgetPages(db: Queryable, book: string, size: number): Promise<void> {
  await db.query({
    name: 'forget-heads-pages',
    text: 'DELETE FROM heads_page WHERE book = $1 AND until <= $2',
    values: [book, size],
  });
}

/** Forgets pages that came after a map of `base` entries and are not in that of `size`. */
export async function forgetBetween(
  client: pg.PoolClient,
  book: string,
  base: number,
  size: number,
): Promise<void> {
  await client.query({
    name: 'forget-heads-between',
    text: 'DELETE FROM heads_page WHERE book = $1 AND until = $3 AND since > $2',
    values: [book, base, size],
  });
}

/** Forgets the map of heads, to be built again. */
export async function resetHeads(client: pg.PoolClient, book: string): Promise<void> {
  await client.query('DELETE FROM heads_page WHERE book = $1', [book]);
  await client.query('UPDATE log_state SET "headsSize" = 0, "headsRoot" = $2 WHERE book = $1', [book, EMPTY]);
}

/** Forgets all nodes of a book that this node no longer holds, or of a log that begins anew. */
export async function forgetNodes(client: pg.PoolClient, book: string): Promise<void> {
  for (const table of ['log_tile', 'heads_page', 'log_state']) {
    await client.query(`DELETE FROM ${table} WHERE book = $1`, [book]);
  }
}
