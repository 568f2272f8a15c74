import type { PinnedKeys } from './jws.ts';
import { extendKeyLog, isKeyLog, type KeyLog, startKeyLog, statementOf } from './key-log.ts';
import type { KeyFailureCode } from './key-statement.ts';
import { type KeyFault, keyFaultAt, type LoggedKey, revokedFrom } from './key-state.ts';

/** A KEY entry of a book. */
export interface KeyEntry extends LoggedKey {
  readonly organisation: string;
  readonly token: string;
}

export type KeyEntryFailureCode =
  | KeyFailureCode
  | 'FORK' // a second statement, or a second place, for one number
  | 'KEY_DISORDER'; // behind a later statement of the same log

interface Logged {
  readonly log: KeyLog;
  readonly entries: readonly LoggedKey[];
}

/**
 * The keys of those who sign in a book, by the KEY entries of its log. What somebody signs at a place is by the key of his last
 * entry before it. An organisation without KEY entries signs with the key that is pinned for it: it has not changed it since it
 * signs in this book.
 */
export class BookKeys {
  readonly #logged = new Map<string, Logged>();

  /** `entries` were taken before, in the order of the log. */
  constructor(
    readonly book: string,
    entries: readonly KeyEntry[] = [],
  ) {
    for (const entry of entries) this.take(entry);
  }

  /** Takes the next entry of an organisation. Again changes nothing. */
  take({
    organisation,
    nr,
    seq,
    token,
  }: KeyEntry): { ok: true; isNew: boolean } | { ok: false; code: KeyEntryFailureCode; detail: string } {
    const known = this.#logged.get(organisation);
    const same = known?.entries.find((entry) => entry.nr === nr);
    if (known && same) {
      const isSame = known.log.statements[nr - 1]?.token === token && same.seq === seq;
      return isSame
        ? { ok: true, isNew: false }
        : { ok: false, code: 'FORK', detail: `a second key statement ${nr}` };
    }
    const log = known ? extendKeyLog(known.log, token) : startKeyLog(token, organisation);
    if (!isKeyLog(log)) return log;
    const last = known?.entries.at(-1);
    if (log.statements.length !== nr || (last && last.seq >= seq))
      return { ok: false, code: 'KEY_DISORDER', detail: `key statement ${nr}` };
    this.#logged.set(organisation, { log, entries: [...(known?.entries ?? []), { nr, seq }] });
    return { ok: true, isNew: true };
  }

  /** The number of the last statement of an organisation that the log holds; 0 for none. */
  lastOf(organisation: string): number {
    return this.#logged.get(organisation)?.entries.at(-1)?.nr ?? 0;
  }

  /** All keys with which an organisation ever signed here. Which one counts where, `faultAt` says. */
  keysOf(organisation: string, pinned: PinnedKeys): PinnedKeys {
    const log = this.#rooted(organisation, pinned)?.log;
    if (!log) return pinned;
    return new Map([...pinned, ...log.statements.map(({ key }) => [key.kid, key] as const)]);
  }

  /**
   * What is wrong with a signature by one of these keys at a place; null when nothing is. `seq` null: it has no place, and is said
   * behind all that is here, with the last key or one that the log does not hold yet.
   */
  faultAt(
    organisation: string,
    pinned: PinnedKeys,
    { seq, kid }: { seq: number | null; kid: string },
  ): KeyFault | null {
    const logged = this.#rooted(organisation, pinned);
    if (!logged) return null;
    const { log, entries } = logged;
    if (seq === null) {
      if (!statementOf(log, kid)) return pinned.has(kid) ? null : 'UNKNOWN_KEY';
      const isLast = statementOf(log, kid)?.claims.seq === this.lastOf(organisation);
      return isLast && revokedFrom(log, kid, this.book) === Infinity ? null : 'KEY_RETIRED';
    }
    return keyFaultAt(log, entries, { book: this.book, seq, kid });
  }

  /** Its log counts only if the key that is known for it otherwise is in it: that vouches for all. */
  #rooted(organisation: string, pinned: PinnedKeys): Logged | undefined {
    const logged = this.#logged.get(organisation);
    return logged?.log.statements.some(({ key }) => pinned.has(key.kid)) ? logged : undefined;
  }
}
