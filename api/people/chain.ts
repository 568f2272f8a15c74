import { sha256 } from '../identity/sha256.ts';

/** A row of the access log as its hash covers it. */
export interface LoggedAccess {
  seq: number;
  at: Date;
  who: string | null;
  address: string | null;
  action: string;
  object: string | null;
  result: string;
  count: number;
}

export interface ChainedAccess extends LoggedAccess {
  /** `hash` of the row before; empty at the first. */
  prev: string;
  hash: string;
}

export function chained(access: LoggedAccess, prev: string): ChainedAccess {
  const { seq, at, who, address, action, object, result, count } = access;
  const covered = [prev, seq, at.toISOString(), who, address, action, object, result, count];
  const hash = sha256(JSON.stringify(covered));
  return { seq, at, who, address, action, object, result, count, prev, hash };
}

/** The first row of a log, in its order, that does not continue the one before; null where all do. */
export function firstBreak(rows: Iterable<ChainedAccess>): { seq: number; why: string } | null {
  let last = { seq: 0, hash: '' };
  for (const row of rows) {
    const { seq, hash } = row;
    if (seq !== last.seq + 1) return { seq: last.seq + 1, why: 'the row is missing' };
    if (row.prev !== last.hash) return { seq, why: 'the row before is another one than it was' };
    if (chained(row, row.prev).hash !== hash) return { seq, why: 'the row is another one than it was' };
    last = { seq, hash };
  }
  return null;
}
