import { peekClaims, type PinnedKeys } from '../../identity/jws.ts';
import { type MandateClaims, verifyMandate } from '../statements/mandate.ts';
import type { Member } from '../statements/shapes.ts';
import { namedIn, verifyStanding } from '../statements/standing.ts';
import type { TermClaims } from '../statements/term.ts';
import type { KeyProblem, KeyRing } from './key-ring.ts';

interface Known<C> {
  readonly token: string;
  readonly hash: string;
  readonly claims: C;
}

/** In which term, and in whose name, the entry at a place has to be signed. */
export interface Signatory {
  readonly term: number;
  readonly organisation: string;
}

/**
 * Who holds the right to approve at the place of the log that is read: the owner in term 1, until the owner's mandates and
 * the registrar's terms, which are entries of the log themselves, say otherwise.
 */
export class Right {
  readonly #book: string;
  readonly #owner: string;
  readonly #keys: KeyRing;
  readonly #keysOf: (organisation: string) => PinnedKeys;
  readonly #mandates = new Map<number, Known<MandateClaims>>();
  readonly #terms = new Map<number, Known<TermClaims>>();
  #lastMandate: Known<MandateClaims> | undefined;
  #lastTerm: Known<TermClaims> | undefined;

  /**
   * @param keysOf the keys with which mandates and terms may be signed: those in force where they stand; in a local copy, which
   * does not know their places, all
   */
  constructor(book: string, owner: string, keys: KeyRing, keysOf: (organisation: string) => PinnedKeys) {
    this.#keysOf = keysOf;
    this.#book = book;
    this.#owner = owner;
    this.#keys = keys;
  }

  get mandates(): number {
    return this.#mandates.size;
  }

  get terms(): number {
    return this.#terms.size;
  }

  /** How many terms began for which reason: `take-over`, say. */
  get reasons(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { claims } of this.#terms.values()) counts.set(claims.why, (counts.get(claims.why) ?? 0) + 1);
    return counts;
  }

  /** The organisation that sees hashes only and countersigns; null where no mandate names one. */
  get witness(): Member | null {
    return this.#lastMandate?.claims.witness ?? null;
  }

  /** Who must sign the next entry. */
  get now(): Signatory {
    const { n, holder } = this.#lastTerm?.claims ?? { n: 1, holder: this.#owner };
    return { term: n, organisation: holder };
  }

  /** Who may have signed an entry of a term, where the places of mandates and terms are not known. */
  of(n: number): Signatory[] {
    const holder = this.#terms.get(n)?.claims.holder;
    const holders = n === 1 ? new Set([this.#owner, holder ?? this.#owner]) : new Set(holder ? [holder] : []);
    return [...holders].map((organisation) => ({ term: n, organisation }));
  }

  takeMandate(token: string): KeyProblem | undefined {
    const last = this.#lastMandate;
    const verified = verifyMandate(token, {
      book: this.#book,
      issuer: this.#owner,
      keys: this.#keysOf(this.#owner),
      previous: last ? { number: last.claims.m, hash: last.hash } : null,
    });
    if (!verified.ok) return verified;
    const { claims, hash } = verified;
    this.#lastMandate = { token, hash, claims };
    this.#mandates.set(claims.m, this.#lastMandate);
    for (const { organisation, name, jwk } of namedIn(claims)) {
      const wrong = this.#keys.vouch(organisation, name, jwk);
      if (wrong) return wrong;
    }
    return undefined;
  }

  takeTerm(token: string): KeyProblem | undefined {
    const mandate = this.#mandates.get(Number(peekClaims(token)?.['m']));
    if (!mandate) return { code: 'UNKNOWN_MANDATE', detail: 'its mandate is not in the log before it' };
    const standing = verifyStanding({
      book: this.#book,
      owner: this.#owner,
      ownerKeys: this.#keys.all(this.#owner),
      mandateToken: mandate.token,
      termToken: token,
      registrarBefore: this.#registrarBefore(),
      keysOf: ({ organisation }) => this.#keysOf(organisation),
    });
    if (!standing.ok) return standing;
    const { claims, hash } = standing.term;
    const wrong = this.#breaks(claims, mandate.claims.acceptLoss !== undefined);
    if (wrong) return wrong;
    this.#lastTerm = { token, hash, claims };
    this.#terms.set(claims.n, this.#lastTerm);
    return undefined;
  }

  /** Terms follow one another; where the owner accepts that a part of the log is lost, those of that part may be missing. */
  #breaks({ n, prev }: TermClaims, isAfterLoss: boolean): KeyProblem | undefined {
    const last = this.#lastTerm;
    if (!last) return prev === undefined ? undefined : { code: 'CHAIN_START', detail: `term ${n}` };
    const detail = `term ${n} after ${last.claims.n}`;
    if (n <= last.claims.n) return { code: 'NUMBER_REPEATED', detail };
    if (n > last.claims.n + 1) return isAfterLoss ? undefined : { code: 'NUMBER_SKIPPED', detail };
    return prev === last.hash ? undefined : { code: 'PREVIOUS_MISMATCH', detail };
  }

  /** Who keeps the register in the term before, with the key that its mandate gives it. */
  #registrarBefore(): Member | undefined {
    const last = this.#lastTerm?.claims;
    const mandate = last && this.#mandates.get(last.m)?.claims;
    return mandate && namedIn(mandate).find(({ organisation }) => organisation === last.registrar);
  }
}
