import type pg from 'pg';

type Queryable = Pick<pg.Pool, 'query'>;

/** A place without its extension (GS1 key 254). */
const SITE = `regexp_replace(id, '/254/[^/]+$', '')`;

/**
 * Which partners stand at places, or are parties: by what was set for them, and by the places and parties that they describe
 * in a book of theirs of which there is a local copy here.
 */
export async function whoStandsAt(
  db: Queryable,
  identifiers: readonly string[],
): Promise<Map<string, string[]>> {
  if (identifiers.length === 0) return new Map();
  const { rows } = await db.query<{ id: string; organisations: string[] }>(
    `WITH asked AS (SELECT id, ${SITE} AS site FROM unnest($1::text[]) id)
     SELECT a.id, array_agg(DISTINCT s.organisation ORDER BY s.organisation) AS organisations
       FROM asked a CROSS JOIN LATERAL (
         SELECT o.id AS organisation FROM organisation o
          WHERE o.status = 'ACTIVE' AND (a.id = ANY(o.places) OR a.site = ANY(o.places))
         UNION ALL
         SELECT b.owner FROM record r JOIN book b ON b.id = r.book
          WHERE r.id IN (a.id, a.site) AND r.kind IN ('LOCATION', 'PARTY') AND b."slotKey" IS NULL) s
      GROUP BY a.id`,
    [identifiers],
  );
  return new Map(rows.map(({ id, organisations }) => [id, organisations]));
}

/** Partners to whom the inquiries of others are handed on. */
export async function forwardsTo(db: Queryable): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM organisation WHERE status = 'ACTIVE' AND url IS NOT NULL AND "forwardsInquiries"`,
  );
  return new Set(rows.map(({ id }) => id));
}

/** Partners with a node. */
export async function mayBeAsked(db: Queryable): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM organisation WHERE status = 'ACTIVE' AND url IS NOT NULL`,
  );
  return new Set(rows.map(({ id }) => id));
}

/** A record that was received for a case, with its proof. */
export interface CaseRecord {
  case: string;
  book: string;
  record: string;
  version: number;
  token: string;
  disclosures: string[];
  /** Names that are not set by the word of who sent it. */
  unset: string[];
  /** Whose node showed it, and who carried it, the nearest first. */
  organisation: string;
  via: string[];
  /** The id of the inquiry. */
  inquiry: string;
  at: Date;
}

/** Keeps verified records of a case while there is room for them; answers how many were not kept. A later version takes the place of an earlier one. */
export async function keepCaseRecords(
  db: Queryable,
  id: string,
  records: readonly Omit<CaseRecord, 'case'>[],
  most: number,
): Promise<number> {
  if (records.length === 0) return 0;
  const column = <T>(of: (record: Omit<CaseRecord, 'case'>) => T): T[] => records.map(of);
  const { rowCount } = await db.query(
    `INSERT INTO case_record ("case", book, record, version, token, disclosures, unset, organisation, via, inquiry, at)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                              $10::text[], $11::timestamptz[]) AS given(book, record, version, token, disclosures, unset, organisation, via, inquiry, at)
      WHERE (SELECT count(*) FROM case_record c WHERE c."case" = $1) + $12 <= $13
         OR EXISTS (SELECT 1 FROM case_record c WHERE c."case" = $1 AND c.book = given.book AND c.record = given.record)
     ON CONFLICT ("case", book, record) DO UPDATE
        SET version = excluded.version, token = excluded.token, disclosures = excluded.disclosures, unset = excluded.unset,
            organisation = excluded.organisation, via = excluded.via, inquiry = excluded.inquiry, at = excluded.at
      WHERE case_record.version < excluded.version
         OR (case_record.version = excluded.version AND length(case_record.disclosures) <= length(excluded.disclosures))`,
    [
      id,
      column(({ book }) => book),
      column(({ record }) => record),
      column(({ version }) => version),
      column(({ token }) => token),
      column(({ disclosures }) => JSON.stringify(disclosures)),
      column(({ unset }) => JSON.stringify(unset)),
      column(({ organisation }) => organisation),
      column(({ via }) => via.join(' ')),
      column(({ inquiry }) => inquiry),
      column(({ at }) => at),
      records.length,
      most,
    ],
  );
  return records.length - (rowCount ?? 0);
}

interface Row extends Omit<CaseRecord, 'disclosures' | 'unset' | 'via'> {
  disclosures: string;
  unset: string;
  via: string;
}

/** Records of a case, after one of them, in order. */
export async function readCaseRecords(
  db: Queryable,
  id: string,
  { after, first }: { after: { book: string; record: string } | null; first: number },
): Promise<CaseRecord[]> {
  const { rows } = await db.query<Row>(
    `SELECT "case", book, record, version, token, disclosures, unset, organisation, via, inquiry, at FROM case_record
      WHERE "case" = $1 AND (book, record) > ($2, $3) ORDER BY book, record LIMIT $4`,
    [id, after?.book ?? '', after?.record ?? '', first],
  );
  return rows.map((row) => ({
    ...row,
    disclosures: JSON.parse(row.disclosures) as string[],
    unset: JSON.parse(row.unset) as string[],
    via: row.via === '' ? [] : row.via.split(' '),
  }));
}

/** By what the records of a book were verified, as JSON text. */
export interface CaseBook {
  book: string;
  papers: string;
  via: string[];
  at: Date;
}

export async function keepCaseBook(
  db: Queryable,
  id: string,
  { book, papers, via, at }: CaseBook,
): Promise<void> {
  await db.query(
    `INSERT INTO case_book ("case", book, papers, via, at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT ("case", book) DO UPDATE SET papers = excluded.papers, via = excluded.via, at = excluded.at`,
    [id, book, papers, via.join(' '), at],
  );
}

export async function readCaseBooks(db: Queryable, id: string): Promise<CaseBook[]> {
  const { rows } = await db.query<Omit<CaseBook, 'via'> & { via: string }>(
    'SELECT book, papers, via, at FROM case_book WHERE "case" = $1 ORDER BY book',
    [id],
  );
  return rows.map((row) => ({ ...row, via: row.via === '' ? [] : row.via.split(' ') }));
}

/** An inquiry that this node has made. */
export interface MadeInquiry {
  id: string;
  case: string;
  purpose: string;
  /** Client id of who asked for it. */
  by: string;
  token: string;
  at: Date;
}

export async function keepInquiry(db: Queryable, made: MadeInquiry): Promise<void> {
  await db.query(`INSERT INTO inquiry (id, "case", purpose, by, token, at) VALUES ($1, $2, $3, $4, $5, $6)`, [
    made.id,
    made.case,
    made.purpose,
    made.by,
    made.token,
    made.at,
  ]);
}
