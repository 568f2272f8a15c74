import type pg from 'pg';
import { keyRecord } from '../identity/key-state.ts';
import type { EntryKind } from '../ledger/change.ts';
import { writeEntries, writeFinalRequests, type DecidedRequest, type NewEntry } from './commit.ts';
import { forgetNodes } from './log-nodes.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** What a node keeps of the authority of a book, see the model `Authority`. */
export interface StoredAuthority {
  book: string;
  mandate: number;
  term: number;
  member: string | null;
  register: string | null;
  frontier: Buffer | null;
}

export async function readAuthorities(db: Queryable): Promise<StoredAuthority[]> {
  const { rows } = await db.query<StoredAuthority>('SELECT * FROM authority ORDER BY book');
  return rows;
}

export async function readAuthority(db: Queryable, book: string): Promise<StoredAuthority | null> {
  const { rows } = await db.query<StoredAuthority>('SELECT * FROM authority WHERE book = $1', [book]);
  return rows[0] ?? null;
}

/** Somebody else has written since it was read: another process of the node took over, or an operator's restore. */
export class Superseded extends Error {}

/** Writes what changed. Where a part is given with what it was before, it must still be that. */
export async function writeAuthority(
  client: pg.PoolClient,
  {
    book,
    mandate,
    term,
    ...parts
  }: Omit<StoredAuthority, 'member' | 'register' | 'frontier'> & {
    member?: { before: string | null; after: string };
    register?: { before: string | null; after: string | null; frontier: Buffer | null };
  },
): Promise<void> {
  const { member, register } = parts;
  await client.query({
    name: 'make-authority',
    text: 'INSERT INTO authority (book, mandate, term) VALUES ($1, $2, $3) ON CONFLICT (book) DO NOTHING',
    values: [book, mandate, term],
  });
  const { rowCount } = await client.query({
    name: 'write-authority',
    text: `UPDATE authority
              SET mandate = greatest(mandate, $2), term = greatest(term, $3),
                  member = CASE WHEN $4 THEN $6 ELSE member END,
                  register = CASE WHEN $7 THEN $9 ELSE register END,
                  frontier = CASE WHEN $7 THEN $10 ELSE frontier END
            WHERE book = $1 AND (NOT $4 OR member IS NOT DISTINCT FROM $5)
              AND (NOT $7 OR register IS NOT DISTINCT FROM $8)`,
    values: [
      book,
      mandate,
      term,
      member !== undefined,
      member?.before ?? null,
      member?.after ?? null,
      register !== undefined,
      register?.before ?? null,
      register?.after ?? null,
      register?.frontier ?? null,
    ],
  });
  if (rowCount !== 1) throw new Superseded('the authority of a book was written by somebody else');
}

/** Whose right it is, as everybody who reads the book sees it. */
export async function setHolder(client: pg.PoolClient, book: string, holder: string): Promise<void> {
  await client.query({
    name: 'set-holder',
    text: 'UPDATE book SET authority = $2 WHERE id = $1 AND authority <> $2',
    values: [book, holder],
  });
}

/** From now on the book changes through this node's seat only. */
export async function setSeated(client: pg.PoolClient, book: string): Promise<void> {
  await client.query('UPDATE book SET seated = true WHERE id = $1', [book]);
}

/** The end of a frame. */
export interface FrameEnd {
  to: number;
  head: string;
  frontier: Buffer;
  term: number;
}

export interface StoredFrame extends FrameEnd {
  /** Null once its entries are final. */
  body: string | null;
}

/** Frames that are not final yet, in order. */
export async function readTail(db: Queryable, book: string): Promise<(FrameEnd & { body: string })[]> {
  const { rows } = await db.query<FrameEnd & { body: string }>(
    `SELECT "to", head, frontier, term, body FROM frame WHERE book = $1 AND body IS NOT NULL ORDER BY "to"`,
    [book],
  );
  return rows;
}

/** The frame that ends there; null if none does. */
export async function readFrameEnd(db: Queryable, book: string, to: number): Promise<FrameEnd | null> {
  const { rows } = await db.query<FrameEnd>({
    name: 'frame-end',
    text: 'SELECT "to", head, frontier, term FROM frame WHERE book = $1 AND "to" = $2',
    values: [book, to],
  });
  return rows[0] ?? null;
}

/** Ends of frames with `after < to <= upTo`, in order, at most `limit`. */
export async function readFrameEnds(
  db: Queryable,
  book: string,
  { after, upTo, limit }: { after: number; upTo: number; limit: number },
): Promise<FrameEnd[]> {
  const { rows } = await db.query<FrameEnd>({
    name: 'frame-ends',
    text: `SELECT "to", head, frontier, term FROM frame WHERE book = $1 AND "to" > $2 AND "to" <= $3 ORDER BY "to" LIMIT $4`,
    values: [book, after, upTo, limit],
  });
  return rows;
}

export async function writeFrames(
  client: pg.PoolClient,
  book: string,
  frames: readonly StoredFrame[],
): Promise<void> {
  for (const { to, head, frontier, term, body } of frames) {
    await client.query({
      name: 'write-frame',
      text: 'INSERT INTO frame (book, "to", head, frontier, term, body) VALUES ($1, $2, $3, $4, $5, $6)',
      values: [book, to, head, frontier, term, body],
    });
  }
}

/** Forgets proposals. */
export async function dropFrames(client: pg.PoolClient, book: string, tos: readonly number[]): Promise<void> {
  await client.query('DELETE FROM frame WHERE book = $1 AND "to" = ANY($2) AND body IS NOT NULL', [
    book,
    tos,
  ]);
}

/** Forgets all proposals. */
export async function dropTail(client: pg.PoolClient, book: string): Promise<void> {
  await client.query('DELETE FROM frame WHERE book = $1 AND body IS NOT NULL', [book]);
}

/** Makes proposals final: from now on they are entries, records and decided requests. */
export async function finaliseFrames(
  client: pg.PoolClient,
  book: string,
  frames: readonly {
    to: number;
    at: Date;
    entries: readonly NewEntry[];
    requests: readonly DecidedRequest[];
  }[],
  certificate: { to: number; approval: string; receipt: string | null } | null,
): Promise<void> {
  for (const { at, entries, requests } of frames) {
    await writeEntries(client, book, at, entries);
    await writeFinalRequests(client, book, requests);
  }
  await client.query({
    name: 'finalise-frames',
    text: 'UPDATE frame SET body = NULL WHERE book = $1 AND "to" = ANY($2) AND body IS NOT NULL',
    values: [book, frames.map(({ to }) => to)],
  });
  if (certificate === null) return;
  await client.query({
    name: 'certify-frame',
    text: 'UPDATE frame SET approval = $3, receipt = $4 WHERE book = $1 AND "to" = $2',
    values: [book, certificate.to, certificate.approval, certificate.receipt],
  });
}

export interface LoggedEntry {
  seq: number;
  kind: EntryKind;
  record: string;
  version: number;
  firstSeq: number | null;
  token: string;
  state: string | null;
  request: string;
  key: Buffer | null;
  at: Date;
}

/** Final entries as the other member needs them, with `after < seq <= upTo`. */
export async function readLogged(
  db: Queryable,
  book: string,
  after: number,
  upTo: number,
): Promise<LoggedEntry[]> {
  const { rows } = await db.query<LoggedEntry>({
    name: 'logged-entries',
    text: `SELECT e.seq, e.kind, e.record, e.version, r."firstSeq", e.token, e.state, e.request, r.key, e.at
             FROM entry e LEFT JOIN record r ON r.book = e.book AND r.id = e.record
            WHERE e.book = $1 AND e.seq > $2 AND e.seq <= $3 ORDER BY e.seq`,
    values: [book, after, upTo],
  });
  return rows;
}

export async function readTokens(
  db: Queryable,
  book: string,
  after: number,
  upTo: number,
): Promise<string[]> {
  const { rows } = await db.query<{ token: string }>({
    name: 'logged-tokens',
    text: 'SELECT token FROM entry WHERE book = $1 AND seq > $2 AND seq <= $3 ORDER BY seq',
    values: [book, after, upTo],
  });
  return rows.map(({ token }) => token);
}

/** Decided requests by their ids. */
export async function readDecided(db: Queryable, ids: readonly string[]): Promise<DecidedRequest[]> {
  const { rows } = await db.query<DecidedRequest>({
    name: 'decided-requests',
    text: `SELECT id, requester, key, "contentHash", state, changes, outcome, code, message, place, "currentVersion", reason,
                  "createdAt", "decidedAt", "decidedBy", token
             FROM request WHERE id = ANY($1::uuid[]) AND state IN ('APPROVED', 'REFUSED', 'REJECTED')`,
    values: [ids],
  });
  return rows;
}

/** The highest mandate and term that the log itself holds. */
export async function readLoggedNumbers(
  db: Queryable,
  book: string,
  /** Those whose key statements the log may hold. */
  organisations: readonly string[],
): Promise<{ m: number; n: number; keys: Map<string, number> }> {
  const { rows } = await db.query<{ record: string; version: number }>(
    `SELECT record, max(version) AS version FROM entry
      WHERE book = $1 AND record = ANY($2) GROUP BY record`,
    [book, ['urn:lotbook:mandate', 'urn:lotbook:term', ...organisations.map(keyRecord)]],
  );
  const of = (record: string) => rows.find((row) => row.record === record)?.version ?? 0;
  const keys = organisations.map((each) => [each, of(keyRecord(each))] as const).filter(([, nr]) => nr > 0);
  return { m: of('urn:lotbook:mandate'), n: of('urn:lotbook:term'), keys: new Map(keys) };
}

/** The last certified place at or before `to`. */
export async function lastCertificate(
  db: Queryable,
  book: string,
): Promise<{ to: number; head: string; approval: string; receipt: string | null } | null> {
  const { rows } = await db.query<{ to: number; head: string; approval: string; receipt: string | null }>(
    `SELECT "to", head, approval, receipt FROM frame WHERE book = $1 AND approval IS NOT NULL ORDER BY "to" DESC LIMIT 1`,
    [book],
  );
  return rows[0] ?? null;
}

/** Makes room for a whole book in place of a local copy of it. */
export async function openReplica(
  client: pg.PoolClient,
  book: { id: string; title: string; owner: string; authority: string; createdAt: Date; slotKey: Buffer },
): Promise<void> {
  for (const table of ['link', 'record', 'entry', 'feed', 'frame']) {
    await client.query(`DELETE FROM ${table} WHERE book = $1`, [book.id]);
  }
  await client.query(
    `INSERT INTO book (id, title, owner, authority, "createdAt", "slotKey", seated) VALUES ($1, $2, $3, $4, $5, $6, true)
     ON CONFLICT (id) DO UPDATE SET title = excluded.title, owner = excluded.owner, authority = excluded.authority,
       length = 0, "grantsSeq" = 0, "slotKey" = excluded."slotKey", seated = true`,
    [book.id, book.title, book.owner, book.authority, book.createdAt, book.slotKey],
  );
}

/** Gives up a book that this node is no member of any more: what it may see of it comes again with the owner's feed. */
export async function closeReplica(client: pg.PoolClient, book: string): Promise<void> {
  await forgetNodes(client, book);
  for (const table of ['link', 'record', 'entry', 'frame']) {
    await client.query(`DELETE FROM ${table} WHERE book = $1`, [book]);
  }
  await client.query(
    `UPDATE book SET length = 0, "grantsSeq" = 0, "slotKey" = NULL, seated = false WHERE id = $1`,
    [book],
  );
  await client.query('UPDATE authority SET member = NULL WHERE book = $1', [book]);
}

export interface WholeBook {
  id: string;
  title: string;
  owner: string;
  authority: string;
  length: number;
  grantsSeq: number;
  slotKey: Buffer | null;
  createdAt: Date;
}

export async function readWholeBook(db: Queryable, id: string): Promise<WholeBook | null> {
  const { rows } = await db.query<WholeBook>(
    'SELECT id, title, owner, authority, length, "grantsSeq", "slotKey", "createdAt" FROM book WHERE id = $1',
    [id],
  );
  return rows[0] ?? null;
}
