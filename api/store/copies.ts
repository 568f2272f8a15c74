import type pg from 'pg';
import type { Link } from '../events/links.ts';
import type { JsonValue } from '../events/value.ts';
import type { RecordKind } from '../ledger/change.ts';
import { eraseEarlier } from './erasure.ts';
import { writeLinks } from './links.ts';

/** An entry of a local copy: what was received of one version of a record. */
export interface CopiedEntry {
  seq: number;
  kind: RecordKind;
  record: string;
  version: number;
  atMs: number;
  token: string;
  fields: Record<string, JsonValue>;
  disclosures: readonly string[];
  request: string;
}

/** The current version of a record in a local copy: the highest one that was received. */
export interface CopiedRecord {
  id: string;
  kind: RecordKind;
  version: number;
  seq: number;
  /** The lowest seq that was received of it. */
  firstSeq: number;
  hash: string;
  eventTime: Date | null;
  links: readonly Link[];
  /** Whether its current version says that it is erased. */
  erased: boolean;
}

export interface QuarantinedItem {
  seq: number | null;
  code: string;
  detail: string;
  item: string;
}

type Queryable = Pick<pg.Pool, 'query'>;

const COPIED = 'e.seq, e.kind, e.record, e.version, e.at, e.token, e.state, e.disclosures, e.request';

/** What is held of the given places and versions, the ones named by either. */
export async function readCopiedEntries(
  db: Queryable,
  book: string,
  asked: { seqs: readonly number[]; versions: readonly { record: string; version: number }[] },
): Promise<CopiedEntry[]> {
  const { rows } = await db.query<
    Omit<CopiedEntry, 'fields' | 'disclosures' | 'atMs'> & {
      state: string | null;
      disclosures: string | null;
      at: Date;
    }
  >({
    name: 'copied-entries',
    // Two ways by two indexes: asked for with OR, the whole book would be read.
    text: `SELECT ${COPIED} FROM entry e WHERE e.book = $1 AND e.seq = ANY($2::int[])
            UNION
           SELECT ${COPIED} FROM unnest($3::text[], $4::int[]) AS asked(record, version)
             JOIN entry e ON e.book = $1 AND e.record = asked.record AND e.version = asked.version`,
    values: [
      book,
      asked.seqs,
      asked.versions.map(({ record }) => record),
      asked.versions.map(({ version }) => version),
    ],
  });
  return rows.map(({ state, disclosures, at, ...row }) => ({
    ...row,
    atMs: at.getTime(),
    fields: JSON.parse(state ?? '{}') as Record<string, JsonValue>,
    disclosures: JSON.parse(disclosures ?? '[]') as string[],
  }));
}

export type CopiedHead = Pick<CopiedRecord, 'id' | 'version' | 'firstSeq'>;

export async function readCopiedHeads(
  db: Queryable,
  book: string,
  ids: readonly string[],
): Promise<CopiedHead[]> {
  const { rows } = await db.query<CopiedHead>({
    name: 'copied-heads',
    text: 'SELECT id, version, "firstSeq" FROM record WHERE book = $1 AND id = ANY($2)',
    values: [book, ids],
  });
  return rows;
}

/**
 * Keeps others from applying to the same book, for the rest of the transaction. Answers its `grantsSeq`; null when no local
 * copy of it is kept any more: this node has come to hold the book in full.
 */
export async function lockFeed(client: pg.PoolClient, book: string): Promise<number | null> {
  const { rows } = await client.query<{ grantsSeq: number }>({
    name: 'lock-feed',
    text: `SELECT b."grantsSeq" FROM feed f JOIN book b ON b.id = f.book
            WHERE f.book = $1 AND b."slotKey" IS NULL FOR UPDATE OF f`,
    values: [book],
  });
  return rows[0]?.grantsSeq ?? null;
}

/** The book and its feed follow who approves from now on. */
export async function setHolder(client: pg.PoolClient, book: string, holder: string): Promise<void> {
  await client.query('UPDATE book SET authority = $2 WHERE id = $1', [book, holder]);
  await client.query('UPDATE feed SET authority = $2 WHERE book = $1', [book, holder]);
}

export interface CopyBatch {
  book: string;
  entries: readonly CopiedEntry[];
  records: readonly CopiedRecord[];
  quarantined: readonly QuarantinedItem[];
  /** Where the feed goes on; undefined leaves it. */
  cursor?: string | undefined;
  now: Date;
}

/** Writes what one batch of a feed brought, in the caller's transaction: content and cursor become visible together. */
export async function writeCopies(client: pg.PoolClient, batch: CopyBatch): Promise<void> {
  await writeEntries(client, batch);
  await writeRecords(client, batch);
  await writeLinks(
    client,
    batch.book,
    batch.records.map(({ id, links }) => ({ record: id, isNew: false, links })),
  );
  const erased = batch.records.filter((record) => record.erased);
  await eraseEarlier(
    client,
    batch.book,
    erased.map(({ id, version }) => ({ record: id, version })),
    batch.now,
  );
  await writeQuarantine(client, batch);
  if (batch.cursor === undefined) return;
  const hasItems = batch.entries.length + batch.quarantined.length > 0;
  await client.query({
    name: 'move-cursor',
    text: 'UPDATE feed SET cursor = $2, "lastItemAt" = coalesce($3, "lastItemAt") WHERE book = $1',
    values: [batch.book, batch.cursor, hasItems ? batch.now : null],
  });
}

async function writeEntries(client: pg.PoolClient, { book, entries }: CopyBatch): Promise<void> {
  if (entries.length === 0) return;
  const column = <T>(of: (entry: CopiedEntry) => T): T[] => entries.map(of);
  await client.query({
    name: 'write-copied-entries',
    // Only what was disclosed may change: a second token for one place is refused before, and never gets here.
    text: `INSERT INTO entry (book, seq, kind, record, version, at, token, state, disclosures, request)
           SELECT $1, * FROM unnest($2::int[], $3::text[], $4::text[], $5::int[], $6::timestamptz[], $7::text[],
                                    $8::text[], $9::text[], $10::uuid[])
           ON CONFLICT (book, seq) DO UPDATE SET state = excluded.state, disclosures = excluded.disclosures
             WHERE entry.token = excluded.token`,
    values: [
      book,
      column(({ seq }) => seq),
      column(({ kind }) => kind),
      column(({ record }) => record),
      column(({ version }) => version),
      column(({ atMs }) => new Date(atMs)),
      column(({ token }) => token),
      column(({ fields }) => JSON.stringify(fields)),
      column(({ disclosures }) => JSON.stringify(disclosures)),
      column(({ request }) => request),
    ],
  });
  const highest = entries.reduce((max, { seq }) => Math.max(max, seq), 0);
  await client.query({
    name: 'lengthen-copy',
    // A grant that comes late must be noticed too. A copy counts down, so that the grants of a copy are never taken for those of
    // the whole book where this node comes to hold it.
    text: `UPDATE book SET length = greatest(length, $2),
             "grantsSeq" = CASE WHEN $3 THEN least("grantsSeq", 0) - 1 ELSE "grantsSeq" END WHERE id = $1`,
    values: [book, highest, entries.some(({ kind }) => kind === 'GRANT')],
  });
}

async function writeRecords(client: pg.PoolClient, { book, records }: CopyBatch): Promise<void> {
  if (records.length === 0) return;
  const column = <T>(of: (record: CopiedRecord) => T): T[] => records.map(of);
  await client.query({
    name: 'write-copied-records',
    text: `INSERT INTO record (book, id, kind, version, seq, "firstSeq", hash, "eventTime", verified)
           SELECT $1, t.*, 0 FROM unnest($2::text[], $3::text[], $4::int[], $5::int[], $6::int[], $7::text[], $8::timestamptz[]) AS t
           ON CONFLICT (book, id) DO UPDATE
             SET kind = excluded.kind, version = excluded.version, seq = excluded.seq, "firstSeq" = excluded."firstSeq",
                 hash = excluded.hash, "eventTime" = excluded."eventTime", verified = 0`,
    values: [
      book,
      column(({ id }) => id),
      column(({ kind }) => kind),
      column(({ version }) => version),
      column(({ seq }) => seq),
      column(({ firstSeq }) => firstSeq),
      column(({ hash }) => hash),
      column(({ eventTime }) => eventTime),
    ],
  });
}

/** So many faults of one book tell what is wrong with it; a flood of them must not fill the disk. */
const MAX_QUARANTINED = 10_000;

async function writeQuarantine(client: pg.PoolClient, { book, quarantined, now }: CopyBatch): Promise<void> {
  if (quarantined.length === 0) return;
  await client.query({
    name: 'quarantine',
    text: `INSERT INTO quarantine (book, seq, code, detail, item, at)
           SELECT $1, t.*, $6 FROM unnest($2::int[], $3::text[], $4::text[], $5::text[]) AS t
           WHERE (SELECT count(*) FROM quarantine WHERE book = $1) < ${MAX_QUARANTINED}
           ON CONFLICT DO NOTHING`,
    values: [
      book,
      quarantined.map(({ seq }) => seq),
      quarantined.map(({ code }) => code),
      quarantined.map(({ detail }) => detail),
      quarantined.map(({ item }) => item),
      now,
    ],
  });
}
