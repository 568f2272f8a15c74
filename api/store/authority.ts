import type pg from 'pg';

type Queryable = Pick<pg.Pool, 'query'>;

export type StatementKind = 'MANDATE' | 'TERM';

/** A mandate or a term of a book, as it was signed. */
export interface StoredStatement {
  nr: number;
  token: string;
  at: Date;
}

/** Mandates or terms of a book with `after < nr`, in order. */
export async function readStatements(
  db: Queryable,
  book: string,
  kind: StatementKind,
  after = 0,
): Promise<StoredStatement[]> {
  const { rows } = await db.query<StoredStatement>({
    name: 'statements',
    text: 'SELECT nr, token, at FROM statement WHERE book = $1 AND kind = $2 AND nr > $3 ORDER BY nr',
    values: [book, kind, after],
  });
  return rows;
}

/** One of them; null when it is not known here. */
export async function readStatement(
  db: Queryable,
  book: string,
  kind: StatementKind,
  nr: number,
): Promise<string | null> {
  const { rows } = await db.query<{ token: string }>({
    name: 'statement',
    text: 'SELECT token FROM statement WHERE book = $1 AND kind = $2 AND nr = $3',
    values: [book, kind, nr],
  });
  return rows[0]?.token ?? null;
}

/** The last one; null where the book has none. */
export async function lastStatement(
  db: Queryable,
  book: string,
  kind: StatementKind,
): Promise<StoredStatement | null> {
  const { rows } = await db.query<StoredStatement>({
    name: 'last-statement',
    text: 'SELECT nr, token, at FROM statement WHERE book = $1 AND kind = $2 ORDER BY nr DESC LIMIT 1',
    values: [book, kind],
  });
  return rows[0] ?? null;
}

/** All books of which a mandate is known here, by id. */
export async function mandatedBooks(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ book: string }>(
    `SELECT DISTINCT book FROM statement WHERE kind = 'MANDATE' ORDER BY book`,
  );
  return rows.map(({ book }) => book);
}

/** Keeps a verified statement; what is there already stays. Answers what is kept under its number. */
export async function keepStatement(
  db: Queryable,
  statement: { book: string; kind: StatementKind; nr: number; token: string; at: Date },
): Promise<string> {
  const { book, kind, nr, token, at } = statement;
  await db.query({
    name: 'keep-statement',
    text: `INSERT INTO statement (book, kind, nr, token, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    values: [book, kind, nr, token, at],
  });
  return (await readStatement(db, book, kind, nr)) ?? token;
}

export interface StoredEvidence {
  kind: string;
  detail: string;
  first: string;
  second: string;
  at: Date;
}

/** Keeps two signed statements that contradict each other. False when this contradiction is known. */
export async function keepEvidence(
  db: Queryable,
  book: string,
  { kind, detail, first, second, at }: StoredEvidence,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO evidence (book, kind, detail, first, second, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
    [book, kind, detail, first, second, at],
  );
  return rowCount === 1;
}

export async function readEvidence(db: Queryable, book: string): Promise<StoredEvidence[]> {
  const { rows } = await db.query<StoredEvidence>(
    'SELECT kind, detail, first, second, at FROM evidence WHERE book = $1 ORDER BY id',
    [book],
  );
  return rows;
}
