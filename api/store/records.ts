import type pg from 'pg';
import { THING_ROLES } from '../events/links.ts';
import { entryOfRow, type KeyedChange } from './entries.ts';

/** The stable order of records, the order of their current versions in the log, or by event time. */
export type RecordOrder = 'FIRST' | 'CURRENT' | 'EVENT_TIME';

/** A place in an order: `seq` of that order, and the event time (ms) where it goes by that. */
export interface RecordPosition {
  seq: number;
  time: number | null;
}

/** Conditions that may be asked of the database: only what the caller may search by, see delivery/narrow.ts. */
export interface RecordNarrowing {
  kinds?: readonly string[] | undefined;
  ids?: readonly string[] | undefined;
  /** Links any of these; each wanted list is one condition. */
  identifiers?: readonly WantedIdentifiers[] | undefined;
  /** Event time in ms: from <= time < until. */
  from?: number | undefined;
  until?: number | undefined;
}

/** Canonical identifiers; `products` also stand for their lots and items, whose canonical ids continue theirs. */
export interface WantedIdentifiers {
  exact: readonly string[];
  products: readonly string[];
}

export interface RecordQuery extends RecordNarrowing {
  book: string;
  order: RecordOrder;
  descending: boolean;
  after: RecordPosition | null;
  limit: number;
}

/** The current version of a record, with its places in the orders. */
export interface RecordRow extends KeyedChange {
  firstSeq: number;
  eventTime: Date | null;
}

type StoredRow = Parameters<typeof entryOfRow>[0] & { firstSeq: number; eventTime: Date | null };

/** The current versions of records after a place, in an order, at most `limit`. */
export async function readRecords(db: Pick<pg.Pool, 'query'>, query: RecordQuery): Promise<RecordRow[]> {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const book = bind(query.book);
  const conditions = [
    `e.book = ${book}`,
    'NOT r.erased',
    ...narrowing(query, book, bind),
    ...position(query, bind),
  ];
  const { rows } = await db.query<StoredRow>(
    `SELECT e.book, e.seq, e.kind, e.record, e.version, e.at, e.token, e.state, e.disclosures, e.request, r.key,
            r."firstSeq", r."eventTime"
       FROM ${source(query)}
      WHERE r.book = ${book} AND ${conditions.join(' AND ')}
      ORDER BY ${ordering(query)} LIMIT ${bind(query.limit)}`,
    values,
  );
  return rows.map(({ firstSeq, eventTime, ...row }) => ({ ...entryOfRow(row), firstSeq, eventTime }));
}

/**
 * Where the rows come from. Records have no index on the seq of their current version; to go by that without a condition
 * that finds few, the log is walked, and each entry asked whether it is current.
 */
function source({ order, ids, identifiers, from, until }: RecordQuery): string {
  const findsFew = ids ?? identifiers?.[0] ?? from ?? until;
  if (order !== 'CURRENT' || findsFew !== undefined) {
    return 'record r JOIN entry e ON e.book = r.book AND e.seq = r.seq';
  }
  // OFFSET keeps the planner from turning the walk around.
  return `entry e CROSS JOIN LATERAL (
            SELECT * FROM record c WHERE c.book = e.book AND c.id = e.record AND c.seq = e.seq OFFSET 0) r`;
}

type Bind = (value: unknown) => string;

function narrowing(query: RecordNarrowing, book: string, bind: Bind): string[] {
  const conditions: string[] = [];
  if (query.kinds) conditions.push(`r.kind = ANY(${bind(query.kinds)})`);
  if (query.ids) conditions.push(`r.id = ANY(${bind(query.ids)})`);
  if (query.from !== undefined) conditions.push(`r."eventTime" >= ${bind(new Date(query.from))}`);
  if (query.until !== undefined) conditions.push(`r."eventTime" < ${bind(new Date(query.until))}`);
  for (const { exact, products } of query.identifiers ?? []) {
    // By the things that it links, not by its places, parties and processes.
    const roles = bind(THING_ROLES);
    // One LIKE for each: of a list of patterns the database would try every link instead of looking into the index.
    const within = products.map((product) => ` OR l.identifier LIKE ${bind(anythingBelow(product))}`);
    conditions.push(
      `r.id IN (SELECT l.record FROM link l
                 WHERE l.book = ${book} AND l.role = ANY(${roles}) AND (l.identifier = ANY(${bind(exact)})${within.join('')}))`,
    );
  }
  return conditions;
}

function anythingBelow(identifier: string): string {
  return `${identifier.replace(/[\\%_]/g, String.raw`\$&`)}/%`;
}

function position({ order, descending, after }: RecordQuery, bind: Bind): string[] {
  const conditions = order === 'EVENT_TIME' ? ['r."eventTime" IS NOT NULL'] : [];
  if (!after) return conditions;
  const than = descending ? '<' : '>';
  if (order === 'FIRST') conditions.push(`r."firstSeq" ${than} ${bind(after.seq)}`);
  if (order === 'CURRENT') conditions.push(`e.seq ${than} ${bind(after.seq)}`);
  if (order === 'EVENT_TIME') {
    const time = bind(new Date(after.time ?? 0));
    conditions.push(`(r."eventTime", r."firstSeq") ${than} (${time}::timestamptz, ${bind(after.seq)}::int)`);
  }
  return conditions;
}

function ordering({ order, descending }: RecordQuery): string {
  const direction = descending ? 'DESC' : 'ASC';
  if (order === 'FIRST') return `r."firstSeq" ${direction}`;
  if (order === 'CURRENT') return `e.seq ${direction}`;
  return `r."eventTime" ${direction}, r."firstSeq" ${direction}`;
}
