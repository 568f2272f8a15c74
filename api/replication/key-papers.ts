import type { PinnedKeys } from '../identity/jws.ts';
import { isKeyLog, type KeyLog, statementOf, verifyKeyLog } from '../identity/key-log.ts';

/** A key log as it travels. */
export interface SentKeyLog {
  organisation: string;
  statements: string[];
}

/** A statement that the log of the book lacks. */
export interface DueKey {
  organisation: string;
  nr: number;
  token: string;
}

export interface KeyPapersDeps {
  organisation: string;
  /** The key log of this node; null where its first key was never changed. */
  ownKeyLog: () => KeyLog | null;
}

/**
 * The key logs of those who sign in one book: of the owner, the members and the registrar. What they say to each other counts under
 * a key that the log of the book does not put out of force; what stands in the log, under the key that was in force at its place.
 */
export class KeyPapers {
  readonly #logs = new Map<string, KeyLog>();
  /** How many statements each has told of itself, behind all that it said under the keys before. */
  readonly #said = new Map<string, number>();
  /** How many of them are final in the log. */
  #logged: ReadonlyMap<string, number> = new Map();

  constructor(private readonly deps: KeyPapersDeps) {}

  /** Takes in what continues what is known; it must hold one of the keys by which the organisation is known otherwise. Null: nothing new. */
  take(organisation: string, statements: readonly string[], pinned: PinnedKeys): KeyLog | null {
    const known = this.#logs.get(organisation);
    const count = known?.statements.length ?? 1;
    if (organisation === this.deps.organisation || statements.length <= count) return null;
    const log = verifyKeyLog(statements, organisation);
    if (!isKeyLog(log) || !log.statements.some(({ key }) => pinned.has(key.kid))) return null;
    const isSame = !known || known.statements.every(({ token }, at) => log.statements[at]?.token === token);
    if (isSame) this.#logs.set(organisation, log);
    return isSame ? log : null;
  }

  /** Whatever it said under an earlier key came with this envelope or before. */
  noteSaid(organisation: string, told: readonly SentKeyLog[]): void {
    const count = told.find((log) => log.organisation === organisation)?.statements.length ?? 0;
    const known = this.#logOf(organisation)?.statements.length ?? 0;
    this.#said.set(organisation, Math.min(known, Math.max(count, this.said(organisation))));
  }

  said(organisation: string): number {
    return this.#said.get(organisation) ?? 0;
  }

  noteLogged(logged: ReadonlyMap<string, number>): void {
    this.#logged = logged;
  }

  get known(): Record<string, number> {
    return Object.fromEntries(this.#all().map(({ issuer, statements }) => [issuer, statements.length]));
  }

  /** What another node lacks: it knows so many statements of each, and has heard this node itself tell of so many of its own. */
  after(known: Readonly<Record<string, number>>, heard: number): SentKeyLog[] {
    return this.#all()
      .filter(({ issuer, statements }) => {
        const isOwn = issuer === this.deps.organisation;
        return statements.length > Math.min(known[issuer] ?? 0, isOwn ? heard : Infinity);
      })
      .map(({ issuer, statements }) => ({
        organisation: issuer,
        statements: statements.map(({ token }) => token),
      }));
  }

  /** All keys that an organisation ever had, as far as one of these vouches for them. */
  all(organisation: string, pinned: PinnedKeys): PinnedKeys {
    const log = this.#rooted(organisation, pinned);
    return log ? new Map(log.statements.map(({ key }) => [key.kid, key])) : pinned;
  }

  /** Those of them that the log of the book has not put out of force. */
  live(organisation: string, pinned: PinnedKeys): PinnedKeys {
    const log = this.#rooted(organisation, pinned);
    if (!log) return pinned;
    const from = this.#logged.get(organisation) ?? 0;
    return new Map(
      log.statements.filter(({ claims }) => claims.seq >= from).map(({ key }) => [key.kid, key]),
    );
  }

  /**
   * The statements that a log lacks which holds so many of each: those that their organisation has told of itself. So none is put
   * behind a term that was signed with the key before and is not known here yet.
   */
  due(logged: ReadonlyMap<string, number>): DueKey[] {
    return this.#all().flatMap(({ issuer: organisation, statements }) => {
      const isOwn = organisation === this.deps.organisation;
      const upTo = isOwn ? statements.length : this.said(organisation);
      return statements
        .slice(logged.get(organisation) ?? 0, upTo)
        .map(({ claims, token }) => ({ organisation, nr: claims.seq, token }));
    });
  }

  /** Whether this is the statement of that number, as it is known here. */
  holds(organisation: string, nr: number, token: string): boolean {
    return this.#logOf(organisation)?.statements[nr - 1]?.token === token;
  }

  /** The number of the statement of a key; 0 for one that is in no log. */
  numberOf(organisation: string, kid: string | undefined): number {
    const log = this.#logOf(organisation);
    return (log && kid !== undefined && statementOf(log, kid)?.claims.seq) || 0;
  }

  #rooted(organisation: string, pinned: PinnedKeys): KeyLog | undefined {
    const log = this.#logOf(organisation);
    return log?.statements.some(({ key }) => pinned.has(key.kid)) ? log : undefined;
  }

  #logOf(organisation: string): KeyLog | undefined {
    if (organisation === this.deps.organisation) return this.deps.ownKeyLog() ?? undefined;
    return this.#logs.get(organisation);
  }

  #all(): KeyLog[] {
    const own = this.deps.ownKeyLog();
    return own ? [own, ...this.#logs.values()] : [...this.#logs.values()];
  }
}
