import type pg from 'pg';
import type { RecordKind } from '../ledger/change.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** Records of a kind are kept so many days from their event time, or from the approval of their current version. */
export interface RetentionRule {
  book: string;
  kind: RecordKind;
  days: number;
  by: 'EVENT_TIME' | 'APPROVAL_TIME';
}

export interface StoredRule extends RetentionRule {
  /** Client id. */
  setBy: string;
  setAt: Date;
  lastRunAt: Date | null;
  /** Records that it has erased. */
  erased: number;
}

export interface LegalHold {
  record: string;
  reason: string;
  /** Client id. */
  by: string;
  since: Date;
}

/** The rules of one book, or of all. */
export async function readRules(db: Queryable, book: string | null): Promise<StoredRule[]> {
  const { rows } = await db.query<StoredRule>(
    'SELECT * FROM retention_rule WHERE $1::text IS NULL OR book = $1 ORDER BY book, kind',
    [book],
  );
  return rows;
}

/** In place of the rule that there was for the kind. */
export async function putRule(
  db: Queryable,
  { book, kind, days, by, setBy, setAt }: Omit<StoredRule, 'lastRunAt' | 'erased'>,
): Promise<void> {
  await db.query(
    `INSERT INTO retention_rule (book, kind, days, by, "setBy", "setAt") VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (book, kind) DO UPDATE SET days = excluded.days, by = excluded.by, "setBy" = excluded."setBy",
       "setAt" = excluded."setAt"`,
    [book, kind, days, by, setBy, setAt],
  );
}

/** False where there is none. */
export async function removeRule(db: Queryable, book: string, kind: string): Promise<boolean> {
  const { rowCount } = await db.query('DELETE FROM retention_rule WHERE book = $1 AND kind = $2', [
    book,
    kind,
  ]);
  return rowCount === 1;
}

/** Notes a run of a rule, and how many records it erased. */
export async function noteRun(
  db: Queryable,
  { book, kind }: RetentionRule,
  at: Date,
  erased: number,
): Promise<void> {
  await db.query(
    'UPDATE retention_rule SET "lastRunAt" = $3, erased = erased + $4 WHERE book = $1 AND kind = $2',
    [book, kind, at, erased],
  );
}

export async function readHolds(db: Queryable, book: string): Promise<LegalHold[]> {
  const { rows } = await db.query<LegalHold>(
    'SELECT record, reason, by, since FROM legal_hold WHERE book = $1 ORDER BY since, record',
    [book],
  );
  return rows;
}

/** Those of the records that are held. */
export async function heldOf(db: Queryable, book: string, records: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ record: string }>(
    'SELECT record FROM legal_hold WHERE book = $1 AND record = ANY($2) ORDER BY record',
    [book, records],
  );
  return rows.map(({ record }) => record);
}

export async function putHold(
  db: Queryable,
  book: string,
  { record, reason, by, since }: LegalHold,
): Promise<void> {
  await db.query(
    `INSERT INTO legal_hold (book, record, reason, by, since) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (book, record) DO UPDATE SET reason = excluded.reason, by = excluded.by, since = excluded.since`,
    [book, record, reason, by, since],
  );
}

/** False where it is not held. */
export async function removeHold(db: Queryable, book: string, record: string): Promise<boolean> {
  const { rowCount } = await db.query('DELETE FROM legal_hold WHERE book = $1 AND record = $2', [
    book,
    record,
  ]);
  return rowCount === 1;
}

/** Records whose time by the rule is before `until`, the first ones first; none that is held or erased. */
export async function readDue(
  db: Queryable,
  { book, kind, by }: RetentionRule,
  until: Date,
  limit: number,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT r.id FROM record r JOIN entry e ON e.book = r.book AND e.seq = r.seq
      WHERE r.book = $1 AND r.kind = $2 AND NOT r.erased
        AND CASE WHEN $3 = 'EVENT_TIME' THEN r."eventTime" ELSE e.at END < $4
        AND NOT EXISTS (SELECT FROM legal_hold h WHERE h.book = r.book AND h.record = r.id)
      ORDER BY r."firstSeq" LIMIT $5`,
    [book, kind, by, until, limit],
  );
  return rows.map(({ id }) => id);
}
