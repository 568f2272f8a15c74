import type { LotbookError } from '../errors.ts';
import { peekClaims } from '../identity/jws.ts';
import type { MandateClaims } from '../ledger/statements/mandate.ts';
import { membersNamed } from '../ledger/statements/standing.ts';
import type { TermClaims } from '../ledger/statements/term.ts';
import { lastStatement } from '../store/authority.ts';
import { setFeedState, type FeedState } from '../store/feeds.ts';
import type { Applied } from './apply.ts';
import { askRegister } from './ask-register.ts';
import { readFeed, type FeedKeeper, type FeedReaderOptions, type FeedSource } from './feed-reader.ts';

/** Who may hand out a book, by what is known here of its authority. */
interface Members {
  holder: string;
  others: string[];
  /** Silence of the holder after which the other one is read too. */
  quietMs: number;
}

interface Lane {
  abort: AbortController;
  done: Promise<void>;
  state: FeedState;
  /** Items in a row that were here already. */
  repeats: number;
}

const LONGEST_PAUSE_MS = 15_000;
const SHORTEST_QUIET_MS = 250;
/** A node that says again what the holder says is left alone after so many items. */
const MAX_REPEATS = 64;

export interface Follower {
  book: string;
  owner: string;
  /** Looks again who may hand out the book. */
  refresh(): Promise<void>;
  /** Ends. What was received is committed; the rest comes again from the cursor. */
  stop(): Promise<void>;
  /** Resolves when nobody has anything more for this node. */
  done: Promise<void>;
}

/**
 * Follows one book wherever its authority goes. The holder of the last known term is read. While it says nothing, or cannot
 * be reached, the other member is read as well, from the same cursor: applying is idempotent, so that what both say counts
 * once, and nothing is missed when the right moves. By the log, or by its register, this node then learns who holds it.
 */
export function followBook(
  options: FeedReaderOptions,
  { book, owner }: { book: string; owner: string },
): Follower {
  const following = new Following(options, book, owner);
  return {
    book,
    owner,
    refresh: () => following.refresh(),
    stop: () => following.stop(),
    done: following.run(),
  };
}

class Following implements FeedKeeper {
  readonly #options: FeedReaderOptions;
  readonly #book: string;
  readonly #owner: string;
  readonly #lanes = new Map<string, Lane>();
  #members: Members;
  #heardAt: number;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #end: () => void = () => undefined;

  constructor(options: FeedReaderOptions, book: string, owner: string) {
    this.#options = options;
    this.#book = book;
    this.#owner = owner;
    this.#heardAt = options.clock();
    this.#members = { holder: owner, others: [], quietMs: LONGEST_PAUSE_MS };
  }

  async run(): Promise<void> {
    const ended = new Promise<void>((resolve) => (this.#end = resolve));
    try {
      await this.refresh();
      await ended;
    } catch (error) {
      this.#options.log.error({ err: error, book: this.#book }, 'a book could not be followed');
    } finally {
      clearTimeout(this.#timer);
      this.#stopped = true;
      for (const { abort } of this.#lanes.values()) abort.abort();
      await Promise.all([...this.#lanes.values()].map(({ done }) => done));
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#end();
    await Promise.all([...this.#lanes.values()].map(({ abort, done }) => (abort.abort(), done)));
  }

  async refresh(): Promise<void> {
    const { db, introduce, log } = this.#options;
    const mandate = await claimsOf<MandateClaims>(db.pool, this.#book, 'MANDATE');
    const term = mandate && (await claimsOf<TermClaims>(db.pool, this.#book, 'TERM'));
    if (mandate) {
      const named = [...membersNamed(mandate), ...(mandate.witness ? [mandate.witness] : [])];
      for (const organisation of await introduce(this.#owner, named)) {
        const message = 'a mandate names a node that is known here under another key';
        log.error({ book: this.#book, organisation }, message);
      }
    }
    const holder = term?.holder ?? this.#owner;
    const members = mandate ? membersNamed(mandate).map(({ organisation }) => organisation) : [];
    this.#members = {
      holder,
      others: members.filter((each) => each !== holder && each !== this.#options.organisation),
      quietMs: mandate ? Math.max(SHORTEST_QUIET_MS, mandate.leaseMs) : LONGEST_PAUSE_MS,
    };
    this.#look();
  }

  isLeading(from: string): boolean {
    return from === this.#members.holder;
  }

  /** Where there are two, one that is away is tried again soon: it may be the one that has the right next. */
  longestPauseMs(): number {
    const { others, quietMs } = this.#members;
    return others.length > 0 ? Math.min(LONGEST_PAUSE_MS, quietMs / 2) : LONGEST_PAUSE_MS;
  }

  async note(from: string, state: FeedState, error: LotbookError | null): Promise<void> {
    const lane = this.#lanes.get(from);
    if (lane) lane.state = state;
    const isLive = [...this.#lanes.values()].some((each) => each.state === 'LIVE');
    if (this.isLeading(from) || state === 'LIVE') await this.#show(isLive ? 'LIVE' : state, error);
    if (error?.code === 'NOT_AUTHORITY') await this.#ask();
    this.#look();
  }

  async received(from: string, items: number, { applied, authorityChanged }: Applied): Promise<void> {
    const lane = this.#lanes.get(from);
    if (lane) lane.repeats = applied > 0 ? 0 : lane.repeats + items;
    if (this.isLeading(from)) this.#heardAt = this.#options.clock();
    if (authorityChanged) await this.refresh();
  }

  #show(state: FeedState, error: LotbookError | null): Promise<void> {
    const { clock, db } = this.#options;
    const text = error && `${error.code}: ${error.message}`;
    return setFeedState(db.pool, this.#book, { state, error: text, now: new Date(clock()) });
  }

  /** The register knows a term that a member which lost the right does not tell of. */
  async #ask(): Promise<void> {
    const place = { book: this.#book, owner: this.#owner };
    const hasChanged = await askRegister(this.#options, place).catch(() => false);
    if (hasChanged) await this.refresh();
  }

  /** Reads from whom it has to be read now. */
  #look(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const { holder, others, quietMs } = this.#members;
    const silentMs = Math.abs(this.#options.clock() - this.#heardAt);
    const isAway = this.#lanes.get(holder)?.state === 'FAILED';
    const isQuiet = others.length > 0 && (isAway || silentMs >= quietMs);
    this.#read(holder);
    for (const other of others) if (isQuiet) this.#read(other);
    for (const [from, { abort, state, repeats }] of this.#lanes) {
      const isIdle = !isQuiet && (state === 'FAILED' || repeats >= MAX_REPEATS);
      if (from !== holder && (isIdle || !others.includes(from))) abort.abort();
    }
    if (others.length > 0) this.#timer = setTimeout(() => this.#look(), Math.ceil(quietMs / 2));
  }

  #read(from: string): void {
    if (this.#lanes.has(from)) return;
    const abort = new AbortController();
    const source = { book: this.#book, owner: this.#owner, from };
    const lane: Lane = { abort, state: 'CONNECTING', repeats: 0, done: Promise.resolve() };
    this.#lanes.set(from, lane);
    lane.done = this.#readOn(source, abort.signal);
  }

  async #readOn(source: FeedSource, signal: AbortSignal): Promise<void> {
    const { book, from } = source;
    try {
      const hasEnded = await readFeed(this.#options, source, this, signal);
      if (hasEnded && !this.#stopped) await this.#show('ENDED', null);
    } catch (error) {
      this.#options.log.error({ err: error, book, from }, 'a feed stopped');
    }
    this.#lanes.delete(from);
    // Also where it broke: it is followed again when the partners are asked for their books.
    if (!signal.aborted) this.#end();
  }
}

async function claimsOf<C>(
  pool: FeedReaderOptions['db']['pool'],
  book: string,
  kind: 'MANDATE' | 'TERM',
): Promise<C | undefined> {
  const last = await lastStatement(pool, book, kind);
  // It was verified when it was kept.
  return last ? (peekClaims(last.token) as C | undefined) : undefined;
}
