import { verificationKey } from '../../identity/jwk.ts';
import { peekClaims, type PinnedKeys } from '../../identity/jws.ts';
import type { ChainFailureCode } from './chain.ts';
import { type MandateClaims, type VerifiedMandate, verifyMandate } from './mandate.ts';
import type { Member } from './shapes.ts';
import { failure, type StatementFailure, type StatementFailureCode } from './statement.ts';
import { type TermClaims, type VerifiedTerm, verifyTerm } from './term.ts';

/** Who holds the right to approve updates of a book, by its owner's word and its registrar's. */
export interface Standing {
  readonly ok: true;
  readonly mandate: VerifiedMandate;
  readonly term: VerifiedTerm;
}

export type StandingFailureCode =
  | StatementFailureCode
  | ChainFailureCode
  | 'OTHER_MANDATE' // the term was made under another mandate, or before this one could make any
  | 'NO_REGISTRAR' // nobody who may keep the register by the mandate
  | 'NO_MEMBER' // gives the right, or a part in it, to somebody whom the mandate does not name
  | 'NOT_CONFIRMED'; // without a witness the backup takes over only by an operator's word

/**
 * Check a term and the mandate under which it was made, with nothing but the keys of the book's owner: the mandate names
 * the registrar and its key. Whether there is a later one is decided elsewhere.
 */
export function verifyStanding(input: {
  readonly book: string;
  readonly owner: string;
  readonly ownerKeys: PinnedKeys;
  readonly mandateToken: string;
  readonly termToken: string;
  /** Who keeps the register in the term before, where that is known: it hands the register over to whom a new mandate names. */
  readonly registrarBefore?: Member | undefined;
  /** The keys of a member or registrar, where it may have changed that of the mandate. */
  readonly keysOf?: (member: Member) => PinnedKeys;
}): Standing | StatementFailure<StandingFailureCode> {
  const { book, owner, ownerKeys, mandateToken, termToken, registrarBefore, keysOf = pinnedKeys } = input;
  const mandate = verifyMandate(mandateToken, { keys: ownerKeys, issuer: owner, book });
  if (!mandate.ok) return mandate;
  const named = peekClaims(termToken)?.['iss'];
  const registrars = registrarsOf(mandate.claims);
  const before = registrarBefore?.organisation === named ? registrarBefore : undefined;
  const registrar = registrars.find(({ organisation }) => organisation === named) ?? before;
  if (!registrar) return failure('NO_REGISTRAR', `mandate ${mandate.claims.m}`);
  const { organisation: issuer } = registrar;
  const term = verifyTerm(termToken, { keys: keysOf(registrar), issuer, book });
  if (!term.ok) return term;
  // Who is registrar by no more than the term before may only give the register away.
  const isHandedOver =
    term.claims.why === 'mandate' &&
    registrars.some(({ organisation }) => organisation === term.claims.registrar);
  if (!registrars.includes(registrar) && !isHandedOver)
    return failure('NO_REGISTRAR', `term ${term.claims.n}`);
  return mismatch(mandate.claims, term.claims) ?? { ok: true, mandate, term };
}

/** The organisations that a mandate lets approve, the primary first. */
export function membersNamed({ primary, backup }: Pick<MandateClaims, 'primary' | 'backup'>): Member[] {
  return backup === null ? [primary] : [primary, backup];
}

/** All organisations that a mandate names. */
export function namedIn(mandate: Pick<MandateClaims, 'primary' | 'backup' | 'witness'>): Member[] {
  return mandate.witness === null ? membersNamed(mandate) : [...membersNamed(mandate), mandate.witness];
}

/** The key that a mandate gives an organisation. */
export function pinnedKeys({ jwk }: Member): PinnedKeys {
  const key = verificationKey(jwk);
  return new Map([[key.kid, key]]);
}

/** Without a witness the register is the primary's; an operator's word takes it to the backup. */
function registrarsOf(mandate: MandateClaims): Member[] {
  return mandate.witness === null ? membersNamed(mandate) : [mandate.witness];
}

function mismatch(mandate: MandateClaims, term: TermClaims): StatementFailure<StandingFailureCode> | null {
  if (term.m !== mandate.m || term.n < mandate.term) {
    return failure('OTHER_MANDATE', `term ${term.n} of mandate ${term.m}, not of ${mandate.m}`);
  }
  const members = new Set(membersNamed(mandate).map(({ organisation }) => organisation));
  if (!term.insync.every((organisation) => members.has(organisation))) {
    return failure('NO_MEMBER', `term ${term.n}`);
  }
  const isOwnWord = mandate.witness === null && term.iss === mandate.backup?.organisation;
  return isOwnWord && term.why === 'take-over' && term.confirmedBy === undefined
    ? failure('NOT_CONFIRMED', `term ${term.n}`)
    : null;
}
