import { z } from 'zod';
import type { Config } from '../config.ts';
import { keepCopy, readCopies, readFeedPartners, setFeedState, type OfferedBook } from '../store/feeds.ts';
import { tryLead, type Leadership } from '../store/leadership.ts';
import { askRegister } from './ask-register.ts';
import type { FeedReaderOptions } from './feed-reader.ts';
import { followBook, type Follower } from './follow.ts';

export interface SubscriberOptions extends FeedReaderOptions {
  config: Pick<Config, 'partnerPollMs'>;
  /** The most books of one partner that are copied. */
  maxBooksPerPartner?: number;
}

/** Keeps the local copies of partners' books. Of several processes on one database, one does it. */
export interface Subscriber {
  start(): void;
  /** Ends all feeds. What was received is committed; the rest comes again from the cursor. */
  stop(): Promise<void>;
  /** Asks the partners for their books now. Does nothing in a process that does not keep the copies. */
  refreshNow(): Promise<void>;
}

export const BOOKS = 'query Books { books { id title owner createdAt localCopy } }';

const text = z.string().min(1).max(500);
const bookData = z.object({
  id: text,
  title: text,
  owner: text,
  localCopy: z.boolean(),
  createdAt: z.iso.datetime({ offset: true }),
});
// One that is not as it must be keeps nobody from the others.
const booksData = z.object({ books: z.array(bookData.nullable().catch(null)).max(10_000) });

const TRY_TO_LEAD_MS = 1_000;
const BOOKS_TIMEOUT_MS = 10_000;
const MAX_BOOKS_PER_PARTNER = 1_000;
const LOCK = 'lotbook local copies';

/** The books that are followed in this process. */
class Feeds {
  readonly #options: SubscriberOptions;
  readonly #running = new Map<string, Follower>();

  constructor(options: SubscriberOptions) {
    this.#options = options;
  }

  get running(): Follower[] {
    return [...this.#running.values()];
  }

  follow(book: string, owner: string): void {
    if (this.#running.has(book)) return;
    const follower = followBook(this.#options, { book, owner });
    this.#running.set(book, follower);
    void follower.done.then(() => this.#running.delete(book));
  }

  /** Ends those for which it holds; their books. */
  async end(which: (follower: Follower) => boolean = () => true): Promise<string[]> {
    const ending = this.running.filter(which);
    await Promise.all(ending.map((follower) => follower.stop().then(() => follower.done)));
    return ending.map(({ book }) => book);
  }
}

export function openSubscriber(options: SubscriberOptions): Subscriber {
  const { config, db, log } = options;
  const feeds = new Feeds(options);
  let leadership: Leadership | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = true;
  let refreshing: Promise<void> | null = null;

  const isGoing = () => leadership !== null && !isStopped;

  const refreshNow = (): Promise<void> => {
    if (!leadership) return Promise.resolve();
    refreshing ??= refresh(options, feeds, isGoing).finally(() => (refreshing = null));
    return refreshing;
  };

  const lead = async (): Promise<void> => {
    const won = await tryLead(db.pool, LOCK);
    if (!won) return;
    leadership = won;
    void won.lost.then(() => {
      if (leadership !== won) return;
      leadership = null;
      void feeds.end();
    });
  };

  const turn = async (): Promise<void> => {
    try {
      if (!leadership) await lead();
      await refreshNow();
    } catch (error) {
      log.warn({ err: error }, 'the local copies could not be looked after; trying again');
    }
    if (isStopped) return;
    timer = setTimeout(() => (turning = turn()), leadership ? config.partnerPollMs : TRY_TO_LEAD_MS);
  };
  let turning: Promise<void> = Promise.resolve();

  return {
    start: () => {
      if (!isStopped) return;
      isStopped = false;
      turning = turn();
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await feeds.end();
      await turning;
      leadership?.release();
      leadership = null;
    },
    refreshNow,
  };
}

/** Asks partners for their books and witnesses for the terms, and follows what there is to follow. */
async function refresh(options: SubscriberOptions, feeds: Feeds, isGoing: () => boolean): Promise<void> {
  const { clock, db } = options;
  const partners = await readFeedPartners(db.pool);
  const copies = await readCopies(db.pool);
  await feeds.end(({ book }) => !copies.some((copy) => copy.book === book));
  for (const book of await feeds.end(({ owner }) => !partners.includes(owner))) {
    await setFeedState(db.pool, book, { state: 'ENDED', error: null, now: new Date(clock()) });
  }
  // Others than its owner may hand it out: it is followed also while the owner does not answer.
  for (const { book, owner, hasMandate, ended } of copies) {
    if (hasMandate && !ended && partners.includes(owner) && isGoing()) feeds.follow(book, owner);
  }
  const askPartner = async (partner: string): Promise<void> => {
    for (const book of await copyBooks(options, partner)) if (isGoing()) feeds.follow(book, partner);
  };
  const askWitness = async (follower: Follower): Promise<void> => {
    if (await askRegister(options, follower)) await follower.refresh();
  };
  // One that does not answer keeps nobody from the others.
  await Promise.all([
    options.checker.lookOverdue(),
    ...feeds.running.map((follower) => askWitness(follower).catch(() => undefined)),
    ...partners.map((partner) => askPartner(partner).catch(() => undefined)),
  ]);
}

/** Makes room for the copies of what a partner offers; the books that are to be followed. */
async function copyBooks(options: SubscriberOptions, partner: string): Promise<string[]> {
  const { clock, db, log, maxBooksPerPartner = MAX_BOOKS_PER_PARTNER } = options;
  const copies = (await readCopies(db.pool)).filter(({ owner }) => owner === partner);
  const copied = new Set(copies.map(({ book }) => book));
  const followed: string[] = [];
  let ignored = 0;
  for (const offered of await booksOf(options, partner)) {
    if (!copied.has(offered.id) && copied.size >= maxBooksPerPartner) {
      ignored += 1;
      continue;
    }
    const kept = await keepCopy(db.pool, offered, new Date(clock()));
    if (kept === 'KEPT') {
      copied.add(offered.id);
      followed.push(offered.id);
    }
    if (kept === 'TAKEN')
      log.warn({ book: offered.id, partner }, 'a partner offers a book under a name that is taken');
  }
  if (ignored > 0)
    log.warn({ partner, ignored }, 'a partner offers more books than are copied of one partner');
  return followed;
}

/** The books that a partner is itself the owner of, and holds; what it says of others' books is not believed. */
async function booksOf({ peers, organisation }: SubscriberOptions, partner: string): Promise<OfferedBook[]> {
  const data = await peers.call(partner, BOOKS, {}, { timeoutMs: BOOKS_TIMEOUT_MS });
  return booksData
    .parse(data)
    .books.filter((book) => book !== null)
    .filter(
      ({ id, owner, localCopy }) =>
        !localCopy && owner === partner && partner !== organisation && id.startsWith(`${partner}/`),
    )
    .map((book) => ({ ...book, createdAt: new Date(book.createdAt) }));
}
