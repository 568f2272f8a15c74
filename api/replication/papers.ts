import type { Logger } from 'pino';
import type { Mandate, Term } from '../authority/words.ts';
import { LotbookError } from '../errors.ts';
import { verificationKey } from '../identity/jwk.ts';
import type { KeyLog } from '../identity/key-log.ts';
import type { PinnedKeys } from '../identity/jws.ts';
import { peekClaims } from '../identity/jws.ts';
import { contradiction } from '../ledger/statements/contradiction.ts';
import { verifyMandate, type MandateClaims, type VerifiedMandate } from '../ledger/statements/mandate.ts';
import { membersNamed, namedIn, pinnedKeys, verifyStanding } from '../ledger/statements/standing.ts';
import type { Member } from '../ledger/statements/shapes.ts';
import type { TermClaims, VerifiedTerm } from '../ledger/statements/term.ts';
import type { Frontier } from '../ledger/tree.ts';
import { keepEvidence, keepStatement, readStatements, type StatementKind } from '../store/authority.ts';
import type { Pool } from '../store/database.ts';
import { headOf } from './frames.ts';
import { KeyPapers, type KeyPapersDeps, type SentKeyLog } from './key-papers.ts';

export interface PapersDeps extends KeyPapersDeps {
  pool: Pool;
  /** The key log of another organisation as far as this node knows it, from its first statement on; empty where it knows none. */
  keyLogOf: (organisation: string) => Promise<readonly string[]>;
  /** Keeps a verified key log, and follows it. */
  keepKeyLog: (log: KeyLog) => Promise<void>;
  /** ms since 1970 */
  clock: () => number;
  log: Logger;
  /** Keys by which an organisation signs its statements. */
  keysOf: (organisation: string) => Promise<PinnedKeys>;
  /** Makes the nodes that a verified mandate names callable for this one, and this one for them. */
  introduceMembers: (owner: string, members: readonly Member[]) => Promise<void>;
}

/** The mandates and terms of one book, as far as this node knows them: each verified before it is kept. */
export class Papers {
  readonly owner: string;
  readonly keys: KeyPapers;
  readonly #mandates = new Map<number, VerifiedMandate & { token: string }>();
  readonly #terms = new Map<number, VerifiedTerm & { token: string }>();

  private constructor(
    private readonly deps: PapersDeps,
    readonly book: string,
  ) {
    this.owner = book.slice(0, book.indexOf('/'));
    this.keys = new KeyPapers(deps);
  }

  static async open(deps: PapersDeps, book: string): Promise<Papers> {
    const papers = new Papers(deps, book);
    const tokensOf = async (kind: StatementKind) =>
      (await readStatements(deps.pool, book, kind)).map(({ token }) => token);
    await papers.take({ mandates: await tokensOf('MANDATE'), terms: await tokensOf('TERM') });
    return papers;
  }

  /** The numbers of the last ones; 0 for none. */
  get knows(): { m: number; n: number } {
    return { m: highest(this.#mandates), n: highest(this.#terms) };
  }

  /** The numbers up to which none is missing: a node that was restored, or followed as a partner, may know only later ones. */
  get hasAllTo(): { m: number; n: number } {
    const first = this.#mandates.get(1)?.claims.term;
    const n = first === undefined ? 0 : lastInRow(this.#terms, first);
    return { m: lastInRow(this.#mandates, 1), n };
  }

  mandate(m: number): (VerifiedMandate & { token: string }) | undefined {
    return this.#mandates.get(m);
  }

  term(n: number): (VerifiedTerm & { token: string }) | undefined {
    return this.#terms.get(n);
  }

  /** Tokens above those of which somebody has all. */
  after({ m, n }: { m: number; n: number }): { mandates: string[]; terms: string[] } {
    return { mandates: tokensAfter(this.#mandates, m), terms: tokensAfter(this.#terms, n) };
  }

  /** A part in the book by the last mandate; null for whoever has none. */
  memberNamed(organisation: string): Member | null {
    const claims = this.#mandates.get(this.knows.m)?.claims;
    if (!claims) return null;
    const named = claims.witness === null ? membersNamed(claims) : [...membersNamed(claims), claims.witness];
    return named.find((member) => member.organisation === organisation) ?? null;
  }

  /** The keys under which a member or witness may say something now, by the mandate of a term. */
  keysFor(organisation: string, n: number): PinnedKeys {
    return this.keys.live(organisation, this.pinnedFor(organisation, n));
  }

  /** The key that the mandate of a term gives a member or witness. */
  pinnedFor(organisation: string, n: number): PinnedKeys {
    const m = this.#terms.get(n)?.claims.m ?? this.knows.m;
    const claims = this.#mandates.get(m)?.claims;
    const named = claims ? [claims.primary, claims.backup, claims.witness] : [];
    const keys = named
      .filter((member) => member?.organisation === organisation)
      .map((member) => verificationKey((member as Member).jwk));
    return new Map(keys.map((key) => [key.kid, key]));
  }

  /** Verifies statements and keeps them. One that fails is left out; one that contradicts what is kept becomes evidence. */
  async take({
    mandates,
    terms,
    keyLogs = [],
  }: {
    mandates: readonly string[];
    terms: readonly string[];
    keyLogs?: readonly SentKeyLog[];
  }): Promise<void> {
    if (mandates.length + terms.length + keyLogs.length === 0) return;
    const pinned = await this.deps.keysOf(this.owner);
    const { book, owner } = this;
    await this.#takeKeyLog(owner, keyLogs, pinned);
    const ownerKeys = this.keys.live(owner, pinned);
    for (const token of mandates) {
      const verified = verifyMandate(token, { keys: ownerKeys, issuer: owner, book });
      if (!verified.ok) this.#refuse('mandate', verified);
      else if (await this.#keep('MANDATE', verified.claims.m, { ...verified, token }, this.#mandates)) {
        const { primary, backup, witness } = verified.claims;
        const named = [primary, backup, witness].filter((member) => member !== null);
        await this.deps.introduceMembers(owner, named);
      }
    }
    for (const member of this.#named())
      await this.#takeKeyLog(member.organisation, keyLogs, pinnedKeys(member));
    for (const token of terms) {
      const m = peekClaims(token)?.['m'];
      const mandate = typeof m === 'number' ? this.#mandates.get(m) : undefined;
      if (!mandate) continue;
      const verified = verifyStanding({
        book,
        owner,
        // The mandate was verified when it was taken in.
        ownerKeys: this.keys.all(owner, pinned),
        mandateToken: mandate.token,
        termToken: token,
        keysOf: (member) => this.keys.live(member.organisation, pinnedKeys(member)),
      });
      if (!verified.ok) this.#refuse('term', verified);
      else await this.#keep('TERM', verified.term.claims.n, { ...verified.term, token }, this.#terms);
    }
  }

  /** What another node told of a key log, else what this node knows of it. */
  async #takeKeyLog(organisation: string, sent: readonly SentKeyLog[], pinned: PinnedKeys): Promise<void> {
    const told = sent.find((log) => log.organisation === organisation)?.statements;
    const taken = this.keys.take(organisation, told ?? (await this.deps.keyLogOf(organisation)), pinned);
    if (taken && told) await this.deps.keepKeyLog(taken);
  }

  /** Everybody who may sign in the book. */
  get signing(): string[] {
    return [...new Set([this.owner, ...this.#named().map(({ organisation }) => organisation)])];
  }

  /** Everybody whom a mandate names, under each of the keys that they give them. */
  #named(): Member[] {
    return [...this.#mandates.values()].flatMap(({ claims }) => namedIn(claims));
  }

  #refuse(what: string, { code, detail }: { code: string; detail: string }): void {
    this.deps.log.warn({ book: this.book, code, detail }, `a ${what} was refused`);
  }

  /** True where it is new. */
  async #keep<V extends (VerifiedMandate | VerifiedTerm) & { token: string }>(
    kind: StatementKind,
    nr: number,
    verified: V,
    into: Map<number, V>,
  ): Promise<boolean> {
    const known = into.get(nr);
    if (known) {
      if (known.token !== verified.token) await this.#keepEvidence(known, verified);
      return false;
    }
    const { pool, clock } = this.deps;
    const { book } = this;
    const token = await keepStatement(pool, { book, kind, nr, token: verified.token, at: new Date(clock()) });
    if (token === verified.token) into.set(nr, verified);
    return token === verified.token;
  }

  async #keepEvidence(
    known: (VerifiedMandate | VerifiedTerm) & { token: string },
    other: (VerifiedMandate | VerifiedTerm) & { token: string },
  ): Promise<void> {
    const found = contradiction(known, other);
    if (!found) return;
    const { pool, clock, log } = this.deps;
    const evidence = { ...found, first: known.token, second: other.token, at: new Date(clock()) };
    if (await keepEvidence(pool, this.book, evidence)) {
      log.error({ book: this.book, ...found }, 'two signed statements contradict each other: both are kept');
    }
  }
}

/** The last of those that follow `first` without a gap; 0 without it. */
function lastInRow(map: ReadonlyMap<number, unknown>, first: number): number {
  let nr = first;
  while (map.has(nr)) nr += 1;
  return nr === first ? 0 : nr - 1;
}

function highest(of: ReadonlyMap<number, unknown>): number {
  return Math.max(0, ...of.keys());
}

function tokensAfter(of: ReadonlyMap<number, { token: string }>, nr: number): string[] {
  return [...of]
    .filter(([each]) => each > nr)
    .sort(([a], [b]) => a - b)
    .map(([, { token }]) => token);
}

/** The term as the state machines know it. */
export function termOf({ n, m, holder, insync, registrar, why }: TermClaims): Term {
  return { n, m, holder, insync, registrar, why };
}

/** The mandate as the state machines know it. */
export function mandateOf(claims: MandateClaims): Mandate {
  const { m, primary, backup, witness, leaseMs, drift, takeoverMs, handBack, acceptLoss } = claims;
  return {
    m,
    primary: primary.organisation,
    backup: backup?.organisation ?? null,
    witness: witness?.organisation ?? null,
    leaseMs,
    drift,
    takeoverMs,
    handBack: handBack === 'auto',
    acceptLoss: acceptLoss ? headOf(frontierOf(acceptLoss)) : null,
  };
}

/** The log that the owner accepts, as its registrar goes on from it. */
export function frontierOf({ len, nodes }: NonNullable<MandateClaims['acceptLoss']>): Frontier {
  return { length: len, nodes };
}

/** A paper that must be there. */
export function known<T>(paper: T | undefined, what: string): T {
  if (paper === undefined) throw new LotbookError('INTERNAL', `${what} is not known here`);
  return paper;
}

/** Whether a mandate lets an organisation approve. */
export function isMember(claims: MandateClaims | undefined, organisation: string): boolean {
  return claims !== undefined && membersNamed(claims).some((named) => named.organisation === organisation);
}
