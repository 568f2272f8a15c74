import type pg from 'pg';
import type { Link } from '../events/links.ts';
import type { EntryKind, RecordKind } from '../ledger/change.ts';
import { isErased } from '../ledger/erasure.ts';
import { LotbookError } from '../errors.ts';
import { eraseEarlier } from './erasure.ts';
import { KEY_RECORD_PREFIX } from '../identity/key-state.ts';
import { writeLinks } from './links.ts';
import type { StoredRequest } from './requests.ts';

const LOCK_NOT_AVAILABLE = '55P03';

/** The head of a book, read under its operation lock. */
export interface BookHead {
  length: number;
  grantsSeq: number;
  slotKey: Buffer;
  /** Number of the last statement of the authority's key log that the log holds; 0: none. */
  keyNr: number;
  /** It changes through this node's seat in its authority, not by this node alone. */
  seated: boolean;
}

/** The current version of a record, as far as sealing the next one needs it. */
export interface RecordHead {
  id: string;
  kind: RecordKind;
  version: number;
  seq: number;
  firstSeq: number;
  hash: string;
  key: Buffer | null;
}

/** One sealed change with everything that its readers need, derived before the commit. */
export interface NewEntry {
  seq: number;
  kind: EntryKind;
  record: string;
  version: number;
  firstSeq: number;
  token: string;
  hash: string;
  /** The set fields as JSON text; null where no record changes. */
  state: string | null;
  request: string;
  /** Null where no record changes: such an entry is in the log only. */
  recordKey: Buffer | null;
  eventTime: Date | null;
  links: readonly Link[];
  /** When it was approved; absent for the time of its group. */
  at?: Date;
}

/** A request as a decision leaves it. */
export type DecidedRequest = Omit<StoredRequest, 'book' | 'attempts' | 'nextAttempt' | 'lastError'>;

/**
 * Takes the operation lock of a book for the rest of the transaction. Whoever holds it is the one sequencer of the book;
 * PostgreSQL gives it to the next process at once when a holder dies.
 */
export async function lockBook(client: pg.PoolClient, book: string): Promise<BookHead | null> {
  try {
    const { rows } = await client.query<BookHead>({
      name: 'lock-book',
      text: `SELECT ${HEAD} FOR UPDATE OF b`,
      values: [book],
    });
    return rows[0] ?? null;
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
    throw new LotbookError('IN_USE', 'Another operation holds the book.', { retryAfterMs: 1_000 });
  }
}

const HEAD = `b.length, b."grantsSeq", b."slotKey", b.seated, coalesce((
    SELECT e.version FROM entry e WHERE e.book = b.id AND e.record = '${KEY_RECORD_PREFIX}' || b.authority
     ORDER BY e.version DESC LIMIT 1), 0) AS "keyNr"
  FROM book b WHERE b.id = $1`;

/** The head of a book without its lock. */
export async function readHead(source: pg.Pool | pg.PoolClient, book: string): Promise<BookHead | null> {
  const { rows } = await source.query<BookHead>({
    name: 'read-head',
    text: `SELECT ${HEAD}`,
    values: [book],
  });
  return rows[0] ?? null;
}

// Reads by many keys are planned each time: a plan kept from when a table was small would scan it for ever.
export async function readHeads(
  source: pg.Pool | pg.PoolClient,
  book: string,
  ids: readonly string[],
): Promise<Map<string, RecordHead>> {
  const { rows } = await source.query<RecordHead>({
    text: `SELECT id, kind, version, seq, "firstSeq", hash, key FROM record WHERE book = $1 AND id = ANY($2)`,
    values: [book, ids],
  });
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * Entries, records, links and the book's new length become visible together. A group that is decided here has a record once;
 * a part of the log that comes from another member may have many versions of it, of which the last is the current one.
 */
export async function writeEntries(
  client: pg.PoolClient,
  book: string,
  at: Date,
  entries: readonly NewEntry[],
): Promise<void> {
  const first = entries[0];
  const last = entries[entries.length - 1];
  if (!first || !last) return;
  const column = <T>(of: (entry: NewEntry) => T): T[] => entries.map(of);
  await client.query({
    name: 'write-entries',
    text: WRITE_ENTRIES,
    values: [
      book,
      column((entry) => entry.at ?? at),
      column(({ seq }) => seq),
      column(({ kind }) => kind),
      column(({ record }) => record),
      column(({ version }) => version),
      column(({ token }) => token),
      column(({ state }) => state),
      column(({ request }) => request),
      column(({ firstSeq }) => firstSeq),
      column(({ hash }) => hash),
      column(({ recordKey }) => recordKey),
      column(({ eventTime }) => eventTime),
      last.seq,
      entries.findLast(({ kind }) => kind === 'GRANT')?.seq ?? null,
    ],
  });
  const ofRecords = entries.filter(({ recordKey }) => recordKey !== null);
  const current = new Map(ofRecords.map((entry) => [entry.record, entry]));
  await writeLinks(
    client,
    book,
    [...current.values()].map(({ record, version, links }) => ({ record, isNew: version === 1, links })),
  );
  await eraseEarlier(
    client,
    book,
    ofRecords.filter(({ state }) => isErased(state)),
    at,
  );
}

const WRITE_ENTRIES = `
  WITH input AS (
    SELECT * FROM unnest($2::timestamptz[], $3::int[], $4::text[], $5::text[], $6::int[], $7::text[], $8::text[],
                         $9::uuid[], $10::int[], $11::text[], $12::bytea[], $13::timestamptz[])
      AS t(at, seq, kind, record, version, token, state, request, first_seq, hash, record_key, event_time)
  ), entries AS (
    INSERT INTO entry (book, seq, kind, record, version, at, token, state, request)
    SELECT $1, seq, kind, record, version, at, token, state, request FROM input
  ), records AS (
    INSERT INTO record (book, id, kind, version, seq, "firstSeq", hash, key, "eventTime")
    SELECT DISTINCT ON (record) $1, record, kind, version, seq, first_seq, hash, record_key, event_time FROM input
     WHERE record_key IS NOT NULL ORDER BY record, version DESC
    ON CONFLICT (book, id) DO UPDATE
      SET version = excluded.version, seq = excluded.seq, hash = excluded.hash, key = excluded.key,
          "eventTime" = excluded."eventTime"
  )
  UPDATE book SET length = $14, "grantsSeq" = coalesce($15::int, "grantsSeq") WHERE id = $1`;

/**
 * Writes decisions; a request that waited for a person gets its end. Answers how many were written: one that does not wait
 * any more is left alone.
 */
export async function writeRequests(
  client: pg.PoolClient,
  book: string,
  requests: readonly DecidedRequest[],
): Promise<number> {
  if (requests.length === 0) return 0;
  const { rowCount } = await client.query({
    name: 'write-requests',
    text: WRITE_REQUESTS,
    values: [book, ...columnsOf(requests)],
  });
  return rowCount ?? 0;
}

function columnsOf(requests: readonly DecidedRequest[]): unknown[][] {
  const column = <T>(of: (request: DecidedRequest) => T): T[] => requests.map(of);
  return [
    column(({ id }) => id),
    column(({ requester }) => requester),
    column(({ key }) => key),
    column(({ contentHash }) => contentHash),
    column(({ state }) => state),
    column(({ changes }) => changes),
    column(({ outcome }) => outcome),
    column(({ code }) => code),
    column(({ message }) => message),
    column(({ place }) => place),
    column(({ currentVersion }) => currentVersion),
    column(({ reason }) => reason),
    column(({ createdAt }) => createdAt),
    column(({ decidedAt }) => decidedAt),
    column(({ decidedBy }) => decidedBy),
    column(({ token }) => token),
  ];
}

const INSERT_REQUESTS = `
  INSERT INTO request (book, id, requester, key, "contentHash", state, changes, outcome, code, message, place,
                       "currentVersion", reason, "createdAt", "decidedAt", "decidedBy", token)
  SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                           $9::text[], $10::text[], $11::text[], $12::int[], $13::text[], $14::timestamptz[],
                           $15::timestamptz[], $16::text[], $17::text[])`;

const WRITE_REQUESTS = `${INSERT_REQUESTS}
  ON CONFLICT (id) DO UPDATE
    SET state = excluded.state, changes = excluded.changes, outcome = excluded.outcome, code = excluded.code,
        message = excluded.message, place = excluded.place, "currentVersion" = excluded."currentVersion",
        reason = excluded.reason, "decidedAt" = excluded."decidedAt", "decidedBy" = excluded."decidedBy"
    WHERE request.state IN ('QUEUED', 'PROVISIONAL', 'PENDING')`;

const WRITE_FINAL_REQUESTS = `${INSERT_REQUESTS}
  ON CONFLICT (book, requester, key) DO UPDATE
    SET id = excluded.id, "contentHash" = excluded."contentHash", state = excluded.state, changes = excluded.changes,
        outcome = excluded.outcome, code = excluded.code, message = excluded.message, place = excluded.place,
        "currentVersion" = excluded."currentVersion", reason = excluded.reason, "decidedAt" = excluded."decidedAt",
        "decidedBy" = excluded."decidedBy", token = excluded.token, "nextAttempt" = NULL
    WHERE request.state IN ('QUEUED', 'PROVISIONAL', 'PENDING')`;

/**
 * Writes decisions that are final in the log, at whichever member they were made: what waits here under the same key, for a
 * person or provisionally, gets its end. What is decided already stays.
 */
export async function writeFinalRequests(
  client: pg.PoolClient,
  book: string,
  requests: readonly DecidedRequest[],
): Promise<void> {
  if (requests.length === 0) return;
  await client.query({
    name: 'write-final-requests',
    text: WRITE_FINAL_REQUESTS,
    values: [book, ...columnsOf(requests)],
  });
}
