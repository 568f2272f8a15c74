import { type CHANGE_TYP, type ChangeClaims, type GRANT_TYP } from '../change.ts';
import { APPROVAL_TYP, type VerifiedApproval } from './approval.ts';
import { DECISION_TYP, type VerifiedDecision } from './decision.ts';
import { MANDATE_TYP, type VerifiedMandate } from './mandate.ts';
import { RECEIPT_TYP, type VerifiedReceipt } from './receipt.ts';
import { TERM_TYP, type VerifiedTerm } from './term.ts';

type Evidence<V extends { typ: string; hash: string; claims: object }> = Pick<V, 'typ' | 'hash' | 'claims'>;

/** A change as far as it can contradict another one. */
export interface SignedChange {
  readonly typ: typeof CHANGE_TYP | typeof GRANT_TYP;
  /** `tokenHash` of its token. */
  readonly hash: string;
  readonly claims: Pick<ChangeClaims, 'book' | 'sub' | 'ver' | 'seq' | 'term'>;
}

type Entry = SignedChange | Evidence<VerifiedDecision>;
type Head = Evidence<VerifiedApproval> | Evidence<VerifiedReceipt>;

/** A statement that was verified. Two of them can be shown to anybody, who needs nothing but the keys to judge them. */
export type SignedStatement = Evidence<VerifiedMandate> | Evidence<VerifiedTerm> | Head | Entry;

export interface Contradiction {
  readonly kind:
    | 'MANDATE' // the owner made two mandates of one number
    | 'TERM' // two terms have one number
    | 'HEAD' // one organisation confirmed two logs of one length in one term
    | 'PLACE' // two entries have one place in the log
    | 'VERSION'; // a record has two changes of one version
  /** In words, without any field's value. */
  readonly detail: string;
}

/**
 * Whether two verified statements cannot both be true, and in what way; null where they can. What has a number has one
 * token, because the next names its hash: the same claims signed anew are a second one. Of entries only approved ones
 * may be compared: a proposal that was never approved is dropped, and its place is used again.
 */
export function contradiction(a: SignedStatement, b: SignedStatement): Contradiction | null {
  if (a.hash === b.hash || a.claims.book !== b.claims.book) return null;
  if (a.typ === MANDATE_TYP) return b.typ === MANDATE_TYP ? ofMandates(a, b) : null;
  if (a.typ === TERM_TYP) return b.typ === TERM_TYP ? ofTerms(a, b) : null;
  if (isHead(a)) return isHead(b) ? ofHeads(a, b) : null;
  return isEntry(b) ? ofEntries(a, b) : null;
}

function ofMandates(a: Evidence<VerifiedMandate>, b: Evidence<VerifiedMandate>): Contradiction | null {
  const { book, m } = a.claims;
  if (m !== b.claims.m) return null;
  return { kind: 'MANDATE', detail: `${book}: two mandates ${m}; ${difference(a.claims, b.claims)}` };
}

function ofTerms(a: Evidence<VerifiedTerm>, b: Evidence<VerifiedTerm>): Contradiction | null {
  const { book, n } = a.claims;
  if (n !== b.claims.n) return null;
  return { kind: 'TERM', detail: `${book}: two terms ${n}; ${difference(a.claims, b.claims)}` };
}

function ofHeads({ claims: a }: Head, { claims: b }: Head): Contradiction | null {
  if (a.iss !== b.iss || a.n !== b.n || a.len !== b.len || a.head === b.head) return null;
  return {
    kind: 'HEAD',
    detail: `${a.book}: ${a.iss} confirmed two logs of length ${a.len} in term ${a.n}`,
  };
}

function ofEntries(a: Entry, b: Entry): Contradiction | null {
  const { book, seq } = a.claims;
  if (seq === b.claims.seq) {
    return { kind: 'PLACE', detail: `${book}: two entries at place ${seq}, ${terms(a, b)}` };
  }
  if (a.typ === DECISION_TYP || b.typ === DECISION_TYP) return null;
  const { sub, ver } = a.claims;
  if (sub !== b.claims.sub || ver !== b.claims.ver) return null;
  return { kind: 'VERSION', detail: `${book}: two changes to version ${ver} of ${sub}, ${terms(a, b)}` };
}

function isHead(statement: SignedStatement): statement is Head {
  return statement.typ === RECEIPT_TYP || statement.typ === APPROVAL_TYP;
}

function isEntry(statement: SignedStatement): statement is Entry {
  return statement.typ !== MANDATE_TYP && statement.typ !== TERM_TYP && !isHead(statement);
}

function terms({ claims: a }: Entry, { claims: b }: Entry): string {
  if (a.term === b.term) return `both of term ${a.term}`;
  return `of terms ${Math.min(a.term, b.term)} and ${Math.max(a.term, b.term)}`;
}

/** Which claims are not the same. */
function difference(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): string {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  const other = names.filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]));
  return other.length > 0 ? `they differ in ${other.join(', ')}` : 'the same was signed anew';
}
