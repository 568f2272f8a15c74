import { BookKeys, type KeyEntry } from '../identity/book-keys.ts';
import { peekClaims, type PinnedKeys } from '../identity/jws.ts';
import { tokenHash } from '../ledger/change.ts';
import { contradiction, type SignedStatement } from '../ledger/statements/contradiction.ts';
import { MANDATE_TYP, type MandateClaims, verifyMandate } from '../ledger/statements/mandate.ts';
import type { Member } from '../ledger/statements/shapes.ts';
import { membersNamed, namedIn, pinnedKeys, verifyStanding } from '../ledger/statements/standing.ts';
import { TERM_TYP, type TermClaims } from '../ledger/statements/term.ts';
import { MAX_SEQ } from '../store/entries.ts';
import { fault, type ItemFault } from './item-fault.ts';

export type StatementKind = 'MANDATE' | 'TERM';

/** A book of which every word is checked, from its owner's keys on. */
export interface Root {
  book: string;
  owner: string;
  /** The keys that may sign for the owner. */
  keys: PinnedKeys;
}

/** An organisation that may sign changes, with its keys. */
export interface Signatory {
  organisation: string;
  keys: PinnedKeys;
}

export interface TakenStatement {
  kind: StatementKind;
  nr: number;
  token: string;
  atMs: number;
}

interface Known<C> {
  token: string;
  hash: string;
  claims: C;
}

/**
 * Who could sign what in a book: its owner's mandates and its registrars' terms, as far as they are held here. Nothing is
 * forgotten, so that old changes stay verifiable; of two statements with one number the first stays.
 */
export class Signers {
  readonly root: Root;
  /** What was taken in since the start. */
  readonly taken: TakenStatement[] = [];
  readonly takenKeys: KeyEntry[] = [];
  readonly #keys: BookKeys;
  readonly #mandates = new Map<number, Known<MandateClaims>>();
  readonly #terms = new Map<number, Known<TermClaims>>();

  /** `held` was verified when it was taken in. */
  constructor(
    root: Root,
    held: readonly { kind: StatementKind; nr: number; token: string }[] = [],
    keyEntries: readonly KeyEntry[] = [],
  ) {
    this.root = root;
    this.#keys = new BookKeys(root.book, keyEntries);
    for (const { kind, nr, token } of held) {
      const known = { token, hash: tokenHash(token) };
      const claims: unknown = peekClaims(token);
      if (kind === 'MANDATE') this.#mandates.set(nr, { ...known, claims: claims as MandateClaims });
      else this.#terms.set(nr, { ...known, claims: claims as TermClaims });
    }
  }

  /** The highest mandate; undefined where the owner alone holds the authority. */
  get mandate(): MandateClaims | undefined {
    return this.#mandates.get(Math.max(...this.#mandates.keys()))?.claims;
  }

  /** The highest mandate by which the book begins anew, and behind which entry. */
  get anew(): { m: number; after: number } | undefined {
    const found = [...this.#mandates.values()].filter(({ claims }) => claims.acceptLoss !== undefined);
    const last = found.sort((a, b) => b.claims.m - a.claims.m)[0]?.claims;
    return last && { m: last.m, after: last.acceptLoss?.len ?? 0 };
  }

  /** The highest term. */
  get term(): TermClaims | undefined {
    return this.#terms.get(Math.max(...this.#terms.keys()))?.claims;
  }

  /** Who approves now, as far as is known here. */
  get holder(): string {
    return this.term?.holder ?? this.root.owner;
  }

  /** Who may sign the changes of a term, with all keys that they ever had here: see `keyFault`. Before there was any mandate the owner did, in term 1. */
  of(n: number): Signatory[] {
    const { owner } = this.root;
    const keys = this.#keys.keysOf(owner, this.root.keys);
    const term = this.#terms.get(n)?.claims;
    const alone = n === 1 && term?.holder !== owner ? [{ organisation: owner, keys }] : [];
    if (!term) return alone;
    if (term.holder === owner) return [{ organisation: owner, keys }];
    const mandate = this.#mandates.get(term.m)?.claims;
    const member = mandate && membersNamed(mandate).find(({ organisation }) => organisation === term.holder);
    return member ? [{ organisation: member.organisation, keys: this.keysOf(member) }, ...alone] : alone;
  }

  /**
   * Whether what was signed at a place of the log, or null: without one, was signed with a key that was not in force there. It has
   * a place of its own among those who sign in the book: the owner, and whom its mandates name.
   */
  keyFault(organisation: string, signed: { seq: number | null; kid: string }): ItemFault | null {
    const wrong = this.#keys.faultAt(organisation, this.#pinnedFor(organisation), signed);
    return wrong && fault(wrong, `key ${signed.kid} of ${organisation}`);
  }

  /** Of these keys of an organisation those with which it may sign at a place of the log. */
  inForceAt(seq: number, organisation: string, keys: PinnedKeys): PinnedKeys {
    return new Map([...keys].filter(([kid]) => this.keyFault(organisation, { seq, kid }) === null));
  }

  /** Takes in where the log holds a statement of somebody's key log. Again changes nothing. */
  takeKey(token: string, seq: number | null): { ok: true } | ItemFault {
    const { iss: organisation, seq: nr } = peekClaims(token) ?? {};
    const isSound = typeof organisation === 'string' && isNumber(nr) && isNumber(seq);
    if (!isSound) return fault('BAD_CLAIMS', 'not a place that can be kept');
    if (this.#pinnedFor(organisation).size === 0)
      return fault('WRONG_ISSUER', 'not of somebody who signs in this book');
    const entry = { organisation, nr, seq, token };
    const result = this.#keys.take(entry);
    if (!result.ok) return fault(result.code, result.detail);
    if (result.isNew) this.takenKeys.push(entry);
    return { ok: true };
  }

  /** Everybody who could sign for the book in any of its terms. */
  everybody(): Signatory[] {
    return [1, ...this.#terms.keys()].flatMap((n) => this.of(n));
  }

  /**
   * Whether a change of an old term comes from somebody who has lost the right since, at a place that nobody else vouches
   * for: the registrar had not countersigned it when the next term began. It is history only in the hands of the holder.
   */
  isStale({ term: n, seq }: { term: number; seq: number }, from: string): boolean {
    const { term, holder } = this;
    if (!term || n >= term.n || from === holder) return false;
    const next = [...this.#terms.values()].map(({ claims }) => claims).filter((later) => later.n > n);
    const { len } = next.reduce((first, later) => (later.n < first.n ? later : first), term);
    return seq > len;
  }

  /** Verifies a mandate or a term and takes it in; `seq` is its place in the log, null where it came otherwise. Again changes nothing. */
  take(kind: StatementKind, token: string, seq: number | null = null): { ok: true } | ItemFault {
    const claims = peekClaims(token) ?? {};
    const nr = kind === 'MANDATE' ? claims['m'] : claims['n'];
    if (!isNumber(nr)) return fault('BAD_CLAIMS', 'not a number that can be kept');
    const known = (kind === 'MANDATE' ? this.#mandates : this.#terms).get(nr);
    if (known?.token === token) return { ok: true };
    const verified = kind === 'MANDATE' ? this.#checkMandate(nr, token) : this.#checkTerm(nr, token);
    if (!verified.ok) return fault(verified.code, verified.detail);
    const wrongKey = this.keyFault(verified.claims.iss, { seq, kid: verified.kid });
    if (wrongKey) return wrongKey;
    if (known) return second(kind, known, { ...verified, token });
    if (verified.typ === MANDATE_TYP) this.#mandates.set(nr, { ...verified, token });
    else this.#terms.set(nr, { ...verified, token });
    this.taken.push({ kind, nr, token, atMs: Math.round(verified.claims.iat * 1000) });
    return { ok: true };
  }

  /** One that has a number of its own must continue the one before; a second one only has to be genuine. */
  #checkMandate(m: number, token: string) {
    const { book, owner: issuer } = this.root;
    const keys = this.#keys.keysOf(issuer, this.root.keys);
    const last = this.#mandates.get(Math.max(...this.#mandates.keys()));
    const previous = last ? { number: last.claims.m, hash: last.hash } : null;
    const isSecond = this.#mandates.has(m);
    return verifyMandate(token, { book, issuer, keys, previous: isSecond ? undefined : previous });
  }

  #checkTerm(n: number, token: string) {
    const { book, owner } = this.root;
    const ownerKeys = this.#keys.keysOf(owner, this.root.keys);
    const mandateToken = this.#mandates.get(Number(peekClaims(token)?.['m']))?.token;
    if (mandateToken === undefined) return fault('UNKNOWN_MANDATE', `term ${n}`);
    const registrarBefore = this.#registrarBefore(n);
    const standing = verifyStanding({
      book,
      owner,
      ownerKeys,
      mandateToken,
      termToken: token,
      registrarBefore,
      keysOf: (member) => this.keysOf(member),
    });
    if (!standing.ok) return standing;
    const { term } = standing;
    if (this.#terms.has(n)) return term;
    const before = this.#terms.get(n - 1);
    const after = this.#terms.get(n + 1);
    const continues = before === undefined || term.claims.prev === before.hash;
    const isContinued = after === undefined || after.claims.prev === term.hash;
    return continues && isContinued ? term : fault('PREVIOUS_MISMATCH', `term ${n}`);
  }

  /** All keys that a member or the registrar ever had here. */
  keysOf(member: Member): PinnedKeys {
    return this.#keys.keysOf(member.organisation, pinnedKeys(member));
  }

  /** The keys by which an organisation that signs here is known without its key log: one in the log vouches for the others. */
  #pinnedFor(organisation: string): PinnedKeys {
    const named = [...this.#mandates.values()].flatMap(({ claims }) => namedIn(claims));
    const keys = named.filter((member) => member.organisation === organisation).map(pinnedKeys);
    const own = organisation === this.root.owner ? [this.root.keys] : [];
    return new Map([...own, ...keys].flatMap((pinned) => [...pinned]));
  }

  /** Who keeps the register in the last term before this one that is held, with the key that a mandate gives it. */
  #registrarBefore(n: number): Member | undefined {
    const before = [...this.#terms.values()]
      .map(({ claims }) => claims)
      .filter((term) => term.n < n)
      .sort((a, b) => b.n - a.n)[0];
    const mandate = before && this.#mandates.get(before.m)?.claims;
    if (!mandate) return undefined;
    return namedIn(mandate).find(({ organisation }) => organisation === before.registrar);
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_SEQ;
}

type Genuine = Pick<SignedStatement, 'hash'> & { token: string; claims: MandateClaims | TermClaims };

function second(kind: StatementKind, known: Genuine, other: Genuine): ItemFault {
  const typ = kind === 'MANDATE' ? MANDATE_TYP : TERM_TYP;
  const found = contradiction({ ...known, typ } as SignedStatement, { ...other, typ } as SignedStatement);
  const proof = found && { ...found, first: known.token, second: other.token };
  return { ...fault('FORK', `a second ${kind.toLowerCase()} of one number`), ...(proof && { proof }) };
}
