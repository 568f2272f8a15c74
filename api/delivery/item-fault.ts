import type { KeyEntryFailureCode } from '../identity/book-keys.ts';
import type { KeyFault } from '../identity/key-state.ts';
import type { StandingFailureCode } from '../ledger/statements/standing.ts';
import type { ChangeFailureCode } from '../ledger/verify-change.ts';

/** Why an item is kept aside instead of applied. */
export type ItemFaultCode =
  | ChangeFailureCode
  | StandingFailureCode
  | KeyEntryFailureCode
  | KeyFault
  | 'FORK' // a second signed token for one place, version or number: its signer tells two stories
  | 'UNKNOWN_TERM' // of a term, or of
  | 'UNKNOWN_MANDATE' // a mandate that is not held here
  | 'OVERSHARED' // opens a field that no grant held here gives
  | 'NOT_STORED'; // the database refuses it

export interface ItemFault {
  ok: false;
  code: ItemFaultCode;
  /** What is wrong, without any field's value. */
  detail: string;
  /** Where two genuine statements contradict each other: proof for everybody. */
  proof?: Proof;
}

export interface Proof {
  kind: string;
  /** What cannot both be true, without any field's value. */
  detail: string;
  first: string;
  second: string;
}

export function fault(code: ItemFaultCode, detail: string): ItemFault {
  return { ok: false, code, detail };
}

/** Whether a fault is a sign that somebody signs contradictions, which people must be told of at once. */
export function isContradiction(code: string): boolean {
  return code === 'FORK' || code === 'PREVIOUS_MISMATCH';
}
