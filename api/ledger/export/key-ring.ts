import { currentKey, isKeyLog, type KeyLog, statementOf, verifyKeyLog } from '../../identity/key-log.ts';
import { revokedFrom } from '../../identity/key-state.ts';
import { readKeyStatement } from '../../identity/key-statement.ts';
import { type PublicJwk, thumbprint, verificationKey } from '../../identity/jwk.ts';
import { peekClaims, type PinnedKeys } from '../../identity/jws.ts';
import { LotbookError } from '../../errors.ts';
import type { KeysLine } from './lines.ts';

/** So many sign in no book: a file with more is made to fill the memory of who reads it. */
const MOST_ORGANISATIONS = 1_000;

interface Held {
  name: string;
  /** Whole, from the first statement on; undefined where the organisation has no key log. */
  log: KeyLog | undefined;
  /** Where it has none: its one key. */
  jwk: PublicJwk;
  /** Number of the statement that is in force at this place of the book, and of the last one that is in its log. */
  nr: number;
  logged: number;
  pinned: PinnedKeys;
}

export interface KeyProblem {
  readonly code: string;
  readonly detail: string;
}

/**
 * The keys of all who sign in a book, and which of them is in force at the place that is read: nothing is decided by a
 * time, which a thief can forge, but by the order of the log.
 */
export class KeyRing {
  readonly #book: string;
  readonly #held = new Map<string, Held>();

  constructor(book: string) {
    this.#book = book;
  }

  /** What the file says of the keys of an organisation. A key log is verified whole. */
  add({ organisation, name, jwk, log: tokens }: KeysLine): KeyProblem | undefined {
    if (this.#held.has(organisation)) return problem('KEYS_REPEATED', organisation);
    if (jwk !== undefined) return this.#hold(organisation, { name, log: undefined, jwk, nr: 0, logged: 0 });
    const log = verifyKeyLog(tokens ?? [], organisation);
    if (!isKeyLog(log)) return log;
    return this.#hold(organisation, { name, log, jwk: log.statements[0].claims.key, nr: 1, logged: 0 });
  }

  /** A mandate names the key of an organisation, by the word of the owner of the book. */
  vouch(organisation: string, name: string, jwk: PublicJwk): KeyProblem | undefined {
    const held = this.#held.get(organisation);
    if (!held?.log)
      return this.#hold(organisation, { name: held?.name ?? name, log: undefined, jwk, nr: 0, logged: 0 });
    const named = statementOf(held.log, thumbprint(jwk));
    if (!named)
      return problem('UNKNOWN_KEY', `a mandate names a key of ${organisation} that is not in its key log`);
    // What the log of the book says of its keys counts before what a mandate says.
    return held.logged > 0 ? undefined : this.#enforce(organisation, named.claims.seq);
  }

  /** The log of the book has a key statement: from here on its key is in force. */
  take(token: string): KeyProblem | undefined {
    const organisation = peekClaims(token)?.['iss'];
    const held = typeof organisation === 'string' ? this.#held.get(organisation) : undefined;
    if (typeof organisation !== 'string' || !held?.log)
      return problem('UNKNOWN_KEY', 'of an organisation without a key log');
    const statement = readKeyStatement(token, organisation);
    if (!statement.ok) return statement;
    const { seq: nr } = statement.claims;
    if (held.log.statements[nr - 1]?.token !== token)
      return problem('PREVIOUS_MISMATCH', `statement ${nr} is not the one of the key log of ${organisation}`);
    if (nr !== held.logged + 1) return problem('KEY_DISORDER', `statement ${nr} after ${held.logged}`);
    held.logged = nr;
    return this.#enforce(organisation, nr);
  }

  /** The key in force; none where nobody knows one. */
  inForce(organisation: string): PinnedKeys {
    return this.#held.get(organisation)?.pinned ?? new Map();
  }

  /** Every key that an organisation has had. */
  all(organisation: string): PinnedKeys {
    const held = this.#held.get(organisation);
    if (!held?.log) return held?.pinned ?? new Map();
    return new Map(held.log.statements.map(({ key }) => [key.kid, key]));
  }

  /** The last key that the file tells of: what the organisation signs today, at no place of the book. */
  last(organisation: string): PinnedKeys {
    const held = this.#held.get(organisation);
    if (!held?.log) return held?.pinned ?? new Map();
    const { key } = currentKey(held.log);
    return new Map([[key.kid, key]]);
  }

  /** Why a signature does not count although it is one of the organisation's, at a place of the book. */
  whyNot(organisation: string, kid: string, seq: number): KeyProblem | undefined {
    const held = this.#held.get(organisation);
    if (!held?.log) return undefined;
    const signed = statementOf(held.log, kid);
    if (!signed) return undefined;
    if (signed.claims.seq < held.nr)
      return problem('KEY_RETIRED', `another key of ${organisation} was in force`);
    if (signed.claims.seq > held.nr)
      return problem('KEY_NOT_LOGGED', `this key of ${organisation} was not yet in force`);
    return seq >= revokedFrom(held.log, kid, this.#book)
      ? problem('KEY_REVOKED', `${organisation} revoked this key from an earlier place on`)
      : undefined;
  }

  /** The key that the organisation has now, and all that it has had: any of them vouches for the whole log. */
  rootOf(organisation: string): { name: string; jwk: PublicJwk; all: PublicJwk[] } | undefined {
    const held = this.#held.get(organisation);
    if (!held) return undefined;
    const all = held.log?.statements.map(({ claims }) => claims.key) ?? [held.jwk];
    return { name: held.name, jwk: all.at(-1) ?? held.jwk, all };
  }

  get names(): { id: string; name: string }[] {
    return [...this.#held].map(([id, { name }]) => ({ id, name }));
  }

  get organisations(): string[] {
    return [...this.#held.keys()];
  }

  #hold(organisation: string, held: Omit<Held, 'pinned'>): KeyProblem | undefined {
    if (this.#held.size === MOST_ORGANISATIONS && !this.#held.has(organisation))
      return problem('TOO_MANY_KEYS', `of more than ${MOST_ORGANISATIONS} organisations`);
    const key = verificationKey(held.jwk);
    this.#held.set(organisation, { ...held, pinned: new Map([[key.kid, key]]) });
    return undefined;
  }

  #enforce(organisation: string, nr: number): undefined {
    const held = this.#held.get(organisation);
    const key = held?.log?.statements[nr - 1]?.key;
    if (!held || !key) throw new LotbookError('INTERNAL', `no key statement ${nr} of ${organisation}`);
    held.nr = nr;
    held.pinned = new Map([[key.kid, key]]);
  }
}

function problem(code: string, detail: string): KeyProblem {
  return { code, detail };
}
