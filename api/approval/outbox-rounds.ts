import { dueBooks } from '../store/requests.ts';
import { Courier, type DeliveryDeps } from './outbox-delivery.ts';

/** The couriers of all books with requests. */
export interface Rounds {
  /** Sends every courier on its way that has something to carry. `tell` is called when one has carried, or should. */
  begin(tell: () => void): Promise<void>;
  /** Something new waits for a book. */
  hurry(book: string): void;
  /** How long all couriers rest, ms. */
  restMs(): number;
  /** Resolves when none is on its way. */
  end(): Promise<void>;
}

const LONGEST_REST_MS = 60_000;

interface Post {
  authority: string;
  /** Something happened in the book while its courier rested: perhaps there is a new term. */
  isRung: boolean;
  courier: Promise<Courier>;
  /** Null while it is opened. */
  opened: Courier | null;
  running: Promise<void> | null;
  stopListening: () => void;
}

export function openRounds(deps: DeliveryDeps): Rounds {
  const posts = new Map<string, Post>();

  const postOf = (book: string, authority: string, tell: () => void): Post => {
    const known = posts.get(book);
    if (known) return known;
    const post: Post = {
      authority,
      isRung: false,
      courier: Courier.open(deps, book, authority),
      opened: null,
      running: null,
      stopListening: deps.bell.on(book, () => {
        if ((post.opened?.restMs() ?? 0) <= 0) return;
        post.isRung = true;
        tell();
      }),
    };
    posts.set(book, post);
    return post;
  };
  const send = async (post: Post, tell: () => void): Promise<void> => {
    const courier = (post.opened = await post.courier);
    post.isRung = false;
    await courier.refresh(post.authority);
    if (courier.restMs() > 0) return;
    // There may be more: what was queued meanwhile, or what another process let go of.
    if ((await courier.deliver()) > 0) tell();
  };

  return {
    begin: async (tell) => {
      const due = await dueBooks(deps.pool, new Date(deps.clock()));
      for (const { book, authority } of due) postOf(book, authority, tell).authority = authority;
      const isDue = new Set(due.map(({ book }) => book));
      for (const [book, post] of posts) {
        if (!post.isRung && !isDue.has(book)) continue;
        post.running ??= send(post, tell)
          .catch((error: unknown) => {
            deps.log.error({ err: error, book }, 'requests could not be delivered');
          })
          .finally(() => (post.running = null));
      }
    },
    hurry: (book) => posts.get(book)?.opened?.hurry(),
    restMs: () => {
      const rests = [...posts.values()].map(({ opened }) => opened?.restMs() ?? 0).filter((ms) => ms > 0);
      return Math.min(LONGEST_REST_MS, ...rests);
    },
    end: async () => {
      for (const { stopListening } of posts.values()) stopListening();
      await Promise.all([...posts.values()].map(({ running }) => running));
    },
  };
}
