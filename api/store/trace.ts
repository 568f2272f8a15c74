import type { Pool } from './database.ts';

/** An event record in one version, as far as tracing needs it: without its token. */
export interface EventRow {
  book: string;
  /** The organisation whose node approves the book. */
  authority: string;
  seq: number;
  record: string;
  version: number;
  at: Date;
  /** The set fields as JSON text; null after erasure. */
  state: string | null;
  /** In a local copy: what was received, as JSON text. */
  disclosures: string | null;
}

/** Which books, and as of when: the versions that were approved by then; null for now. */
interface Reading {
  books: readonly string[];
  knownAt: Date | null;
}

const COLUMNS = 'e.book, b.authority, e.seq, e.record, e.version, e.at, e.state, e.disclosures';

/** What links any of the identifiers, in a field of `fields` (null: in any), but the records that are known. */
export interface LinkReading extends Reading {
  identifiers: readonly string[];
  fields: readonly string[] | null;
  known: readonly { book: string; record: string }[];
}

/** The current versions, or those of a past moment. The database chooses the version, for it has the index. */
const CURRENT = 'JOIN entry e ON e.book = r.book AND e.seq = r.seq';
const AS_OF = (moment: string): string => `
  CROSS JOIN LATERAL (SELECT * FROM entry v
                       WHERE v.book = r.book AND v.record = r.id AND v.at <= ${moment}
                       ORDER BY v.version DESC LIMIT 1) e`;

/**
 * Event records whose current version links any of the identifiers.
 * Planned each time: of a plan for any number of identifiers the database would expect too many.
 */
export async function readLinkingEvents(
  db: Pick<Pool, 'query'>,
  { books, knownAt, identifiers, fields, known }: LinkReading,
): Promise<EventRow[]> {
  const { rows } = await db.query<EventRow>(
    `WITH hit AS MATERIALIZED (
       SELECT DISTINCT l.book, l.record FROM link l
        WHERE l.identifier = ANY($1) AND l.book = ANY($2) AND ($3::text[] IS NULL OR l.field = ANY($3))
          AND (l.book, l.record) NOT IN (SELECT * FROM unnest($4::text[], $5::text[])))
     SELECT ${COLUMNS} FROM hit h JOIN record r ON r.book = h.book AND r.id = h.record
            ${knownAt ? AS_OF('$6') : CURRENT} JOIN book b ON b.id = e.book
      WHERE r.kind = 'EVENT' AND NOT r.erased`,
    [
      identifiers,
      books,
      fields,
      known.map(({ book }) => book),
      known.map(({ record }) => record),
      ...(knownAt ? [knownAt] : []),
    ],
  );
  return rows;
}

/** The ids of the latest events of books by the time at which they happened, `from` and before `until`. */
export async function readLatestEvents(
  db: Pick<Pool, 'query'>,
  books: readonly string[],
  { from, until, limit }: { from: Date | null; until: Date | null; limit: number },
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT r.id FROM record r
      WHERE r.kind = 'EVENT' AND NOT r.erased AND r.book = ANY($1)
        AND ($2::timestamptz IS NULL OR r."eventTime" >= $2) AND ($3::timestamptz IS NULL OR r."eventTime" < $3)
      ORDER BY r."eventTime" DESC NULLS LAST, r.id LIMIT $4`,
    [books, from, until, limit],
  );
  return rows.map(({ id }) => id);
}

/** Event records by their ids. */
export async function readEvents(
  db: Pick<Pool, 'query'>,
  { books, knownAt, records }: Reading & { records: readonly string[] },
): Promise<EventRow[]> {
  const { rows } = await db.query<EventRow>(
    `SELECT ${COLUMNS} FROM record r ${knownAt ? AS_OF('$3') : CURRENT} JOIN book b ON b.id = e.book
      WHERE r.kind = 'EVENT' AND NOT r.erased AND r.book = ANY($1) AND r.id = ANY($2)`,
    [books, records, ...(knownAt ? [knownAt] : [])],
  );
  return rows;
}

/**
 * The versions at a past moment of the events that were changed since: the links that are kept are those of the current
 * versions, and these may have had others.
 */
export async function readChangedSince(
  db: Pick<Pool, 'query'>,
  books: readonly string[],
  moment: Date,
): Promise<EventRow[]> {
  const { rows } = await db.query<EventRow>(
    `SELECT ${COLUMNS} FROM record r JOIN entry now ON now.book = r.book AND now.seq = r.seq AND now.at > $2
            ${AS_OF('$2')} JOIN book b ON b.id = e.book
      WHERE r.kind = 'EVENT' AND NOT r.erased AND r.version > 1 AND r.book = ANY($1)`,
    [books, moment],
  );
  return rows;
}
