import { currentKey, type KeyLog, statementOf } from './key-log.ts';
import { peekClaims } from './jws.ts';
import type { KeyStatement, Revocation } from './key-statement.ts';

/** Where a book's log holds a key statement: a KEY entry. */
export interface LoggedKey {
  /** Number of the statement in the key log of its organisation. */
  readonly nr: number;
  /** Number of the entry in the book. */
  readonly seq: number;
}

export type KeyFault =
  | 'UNKNOWN_KEY' // no key of the organisation's log
  | 'KEY_NOT_LOGGED' // signed with a key that the book does not know yet at this place
  | 'KEY_RETIRED' // signed with a key that another one had taken the place of
  | 'KEY_REVOKED'; // signed with a key that may have been in other hands by then

/** The `urn` under which a book's log holds the key statements of an organisation. */
export function keyRecord(organisation: string): string {
  return `${KEY_RECORD_PREFIX}${organisation}`;
}

export const KEY_RECORD_PREFIX = 'urn:lotbook:key:';

/**
 * The key with which an organisation may sign at a place of a book: that of its last KEY entry at or before the place; before
 * any, its first one. No time plays a part in it, so that a thief of an old key gains nothing by a forged one.
 */
export function keyAt(log: KeyLog, logged: readonly LoggedKey[], place: number): KeyStatement {
  let nr = 1;
  for (const entry of logged) if (entry.seq <= place) nr = Math.max(nr, entry.nr);
  return log.statements[nr - 1] ?? currentKey(log);
}

/** What is wrong with a signature of an organisation at a place of a book; null when nothing is. */
export function keyFaultAt(
  log: KeyLog,
  logged: readonly LoggedKey[],
  { book, seq, kid }: { readonly book: string; readonly seq: number; readonly kid: string },
): KeyFault | null {
  const signed = statementOf(log, kid);
  if (!signed) return 'UNKNOWN_KEY';
  const due = keyAt(log, logged, seq);
  if (signed.claims.seq < due.claims.seq) return 'KEY_RETIRED';
  if (signed.claims.seq > due.claims.seq) return 'KEY_NOT_LOGGED';
  return seq >= revokedFrom(log, kid, book) ? 'KEY_REVOKED' : null;
}

/** The place of a book from which on nothing that a key has signed counts; Infinity where there is none. */
export function revokedFrom({ statements }: KeyLog, kid: string, book: string): number {
  const places = statements
    .flatMap(({ claims }) => claims.revoked ?? [])
    .filter((revoked) => revoked.kid === kid)
    .flatMap(({ from }) => from.filter((place) => place.book === book))
    .map(({ seq }) => seq);
  return Math.min(Infinity, ...places);
}

/** Why a key was revoked; undefined where it was not. */
export function revocationOf({ statements }: KeyLog, kid: string): string | undefined {
  return statements.flatMap(({ claims }) => claims.revoked ?? []).find((revoked) => revoked.kid === kid)
    ?.reason;
}

/** What a statement, that was verified when it was taken in, revokes in a book: each key with the place from which on. */
export function revocationsIn(token: string, book: string): { kid: string; seq: number }[] {
  const { revoked = [] } = (peekClaims(token) ?? {}) as { revoked?: Revocation[] };
  return revoked.flatMap(({ kid, from }) =>
    from.filter((place) => place.book === book).map(({ seq }) => ({ kid, seq })),
  );
}
