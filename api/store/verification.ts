import type pg from 'pg';
import { isErased } from '../ledger/erasure.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** A record of a local copy whose head is to be verified, as it stood at a length of the log. */
export interface UnverifiedRecord {
  id: string;
  kind: string;
  /** The length at which its head was last found to be what is held; 0: not yet. */
  verified: number;
  /** The highest version that was received with `seq` up to the length asked for. */
  version: number;
  seq: number;
  token: string;
  /** Of an erased record the versions before are not shown any more. */
  isErased: boolean;
  /** How many versions were received up to there; the lowest of them, and its place. */
  held: number;
  lowest: number;
  lowestSeq: number;
}

/** Records that were last verified before a length of the log, those never verified first; from a place in that order on. */
export async function readUnverified(
  db: Queryable,
  book: string,
  asked: { size: number; after: { verified: number; id: string }; limit: number },
): Promise<UnverifiedRecord[]> {
  const { size, after, limit } = asked;
  const { rows } = await db.query<Omit<UnverifiedRecord, 'isErased'> & { state: string | null }>({
    name: 'unverified-records',
    text: `SELECT r.id, r.kind, r.verified, e.version, e.seq, e.token, e.state, v.held, v.lowest, v."lowestSeq"
             FROM record r
             JOIN LATERAL (SELECT version, seq, token, state FROM entry
                            WHERE book = r.book AND record = r.id AND seq <= $2 ORDER BY version DESC LIMIT 1) e ON true
            CROSS JOIN LATERAL (SELECT count(*)::int AS held, min(version) AS lowest, min(seq) AS "lowestSeq" FROM entry
                                 WHERE book = r.book AND record = r.id AND seq <= $2) v
            WHERE r.book = $1 AND r.verified IS NOT NULL AND r.verified < $2 AND (r.verified, r.id) > ($3::int, $4)
            ORDER BY r.verified, r.id LIMIT $5`,
    values: [book, size, after.verified, after.id, limit],
  });
  return rows.map(({ state, ...row }) => ({ ...row, isErased: isErased(state) }));
}

/** Notes that these records were verified, but those that have changed since. */
export async function setVerified(
  db: Queryable,
  book: string,
  size: number,
  ids: readonly string[],
): Promise<void> {
  await db.query({
    name: 'set-verified',
    text: 'UPDATE record SET verified = $3 WHERE book = $1 AND id = ANY($2) AND seq <= $3 AND verified IS NOT NULL',
    values: [book, ids, size],
  });
}

/** Records of a local copy whose heads were not verified yet. */
export async function countUnverified(db: Queryable, book: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: 'count-unverified',
    text: 'SELECT count(*)::int AS count FROM record WHERE book = $1 AND verified = 0',
    values: [book],
  });
  return rows[0]?.count ?? 0;
}

export interface KeptFault {
  seq: number | null;
  code: string;
  detail: string;
  at: Date;
}

/** What was received of a book and failed verification, the newest first. */
export async function readFaults(db: Queryable, book: string, limit: number): Promise<KeptFault[]> {
  const { rows } = await db.query<KeptFault>({
    name: 'faults',
    text: 'SELECT seq, code, detail, at FROM quarantine WHERE book = $1 ORDER BY id DESC LIMIT $2',
    values: [book, limit],
  });
  return rows;
}

/** Keeps what failed verification; false where the same is kept already. */
export async function keepFault(
  db: Queryable,
  book: string,
  fault: KeptFault & { item: string },
): Promise<boolean> {
  const { seq, code, detail, item, at } = fault;
  const { rowCount } = await db.query({
    name: 'keep-fault',
    text: `INSERT INTO quarantine (book, seq, code, detail, item, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
    values: [book, seq, code, detail, item, at],
  });
  return rowCount === 1;
}
