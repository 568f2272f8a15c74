import type pg from 'pg';
import type { JsonValue } from '../events/value.ts';
import { RECORD_KINDS, type EntryKind, type RecordKind } from '../ledger/change.ts';

/** One entry of a log as this node keeps it: an approved change, or an entry that changes no record. */
export interface StoredEntry {
  book: string;
  /** Place in the book's log, from 1. */
  seq: number;
  kind: EntryKind;
  record: string;
  version: number;
  at: Date;
  /** The compact JWS, byte for byte as it was signed. */
  token: string;
  /** The set fields; in a local copy the disclosed ones; null after erasure, and where no record changes. */
  state: Record<string, JsonValue> | null;
  /** In a local copy: what was received. Null in a book of this node, which can open every field itself. */
  disclosures: string[] | null;
  request: string;
}

/** An entry with what opens it: the record's key, null in a local copy and after erasure. */
export interface KeyedEntry {
  entry: StoredEntry;
  key: Uint8Array | null;
}

/** One approved change. */
export interface StoredChange extends StoredEntry {
  kind: RecordKind;
}

export interface KeyedChange extends KeyedEntry {
  entry: StoredChange;
}

const RECORDS: ReadonlySet<EntryKind> = new Set(RECORD_KINDS);

export function isChange(keyed: KeyedEntry): keyed is KeyedChange {
  return RECORDS.has(keyed.entry.kind);
}

type Queryable = Pick<pg.Pool, 'query'>;

interface EntryRow {
  book: string;
  seq: number;
  kind: string;
  record: string;
  version: number;
  at: Date;
  token: string;
  state: string | null;
  disclosures: string | null;
  request: string;
  key: Buffer | null;
}

const COLUMNS =
  'e.book, e.seq, e.kind, e.record, e.version, e.at, e.token, e.state, e.disclosures, e.request, r.key';
const FROM = 'FROM entry e LEFT JOIN record r ON r.book = e.book AND r.id = e.record';

/** Entries of a book with `after < seq < before`, in their order, at most `limit`. */
export async function readEntries(
  db: Queryable,
  range: { book: string; after: number; before?: number | undefined; limit: number },
): Promise<KeyedEntry[]> {
  const { rows } = await db.query<EntryRow>({
    name: 'entries-of-book',
    text: `SELECT ${COLUMNS} ${FROM} WHERE e.book = $1 AND e.seq > $2 AND e.seq < $3 ORDER BY e.seq LIMIT $4`,
    values: [range.book, range.after, range.before ?? MAX_SEQ, range.limit],
  });
  return rows.map(logEntryOfRow);
}

/** Every version of one record that is held, with `after < seq`, oldest first, at most `limit`. */
export async function readEntriesOfRecord(
  db: Queryable,
  range: { book: string; record: string; after?: number | undefined; limit: number },
): Promise<KeyedEntry[]> {
  const { rows } = await db.query<EntryRow>({
    name: 'entries-of-record',
    text: `SELECT ${COLUMNS} ${FROM} WHERE e.book = $1 AND e.record = $2 AND e.seq > $3 ORDER BY e.version LIMIT $4`,
    values: [range.book, range.record, range.after ?? 0, range.limit],
  });
  return rows.map(logEntryOfRow);
}

/** One version of a record; null where it is not held. */
export async function readVersion(
  db: Queryable,
  wanted: { book: string; record: string; version: number },
): Promise<KeyedChange | null> {
  const { rows } = await db.query<EntryRow>({
    name: 'version-of-record',
    text: `SELECT ${COLUMNS} ${FROM} WHERE e.book = $1 AND e.record = $2 AND e.version = $3`,
    values: [wanted.book, wanted.record, wanted.version],
  });
  return rows[0] ? entryOfRow(rows[0]) : null;
}

/** The current entries of records, by record id; a record that does not exist is not in it. */
export async function readCurrentEntries(
  db: Queryable,
  book: string,
  records: readonly string[],
): Promise<Map<string, KeyedChange>> {
  const { rows } = await db.query<EntryRow>({
    name: 'current-entries',
    text: `SELECT ${COLUMNS} FROM record r JOIN entry e ON e.book = r.book AND e.seq = r.seq
           WHERE r.book = $1 AND r.id = ANY($2)`,
    values: [book, records],
  });
  return new Map(rows.map((row) => [row.record, entryOfRow(row)]));
}

/** The highest `int4`: the type of `seq` and `version` in the database. */
export const MAX_SEQ = 2_147_483_647;

/** Of a row that was found by its record. */
export function entryOfRow(row: EntryRow): KeyedChange {
  return logEntryOfRow(row) as KeyedChange;
}

function logEntryOfRow({ key, ...row }: EntryRow): KeyedEntry {
  const entry: StoredEntry = {
    ...row,
    kind: row.kind as EntryKind,
    state: row.state === null ? null : (JSON.parse(row.state) as Record<string, JsonValue>),
    disclosures: row.disclosures === null ? null : (JSON.parse(row.disclosures) as string[]),
  };
  return { entry, key };
}

export interface BookHead {
  id: string;
  authority: string;
  owner: string;
  /** Highest seq. */
  length: number;
  /** Whether every entry is held, with its keys: else it is a local copy, or none. */
  full: boolean;
  /** Seq of the last change of a grant. */
  grantsSeq: number;
}

/** Where a book stands; null when this node does not hold it. */
export async function readBookHead(db: Queryable, book: string): Promise<BookHead | null> {
  const { rows } = await db.query<BookHead>({
    name: 'book-head',
    text: `SELECT id, authority, owner, length, "grantsSeq", "slotKey" IS NOT NULL AS "full" FROM book WHERE id = $1`,
    values: [book],
  });
  return rows[0] ?? null;
}

/** Notes that a subscriber keeps everything up to `seq` safely. It never goes back. */
export async function acknowledge(
  db: Queryable,
  ack: { book: string; subscriber: string; seq: number; at: Date },
): Promise<void> {
  await db.query({
    name: 'acknowledge',
    text: `INSERT INTO acknowledgement (book, subscriber, seq, at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (book, subscriber) DO UPDATE SET seq = excluded.seq, at = excluded.at
           WHERE acknowledgement.seq <= excluded.seq`,
    values: [ack.book, ack.subscriber, ack.seq, ack.at],
  });
}

export interface StoredAcknowledgement {
  subscriber: string;
  seq: number;
  at: Date;
}

/** What the subscribers of a book have acknowledged, by their names. */
export async function readAcknowledgements(db: Queryable, book: string): Promise<StoredAcknowledgement[]> {
  const { rows } = await db.query<StoredAcknowledgement>(
    'SELECT subscriber, seq, at FROM acknowledgement WHERE book = $1 ORDER BY subscriber',
    [book],
  );
  return rows;
}
