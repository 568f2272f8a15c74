import { z } from 'zod';
import { LotbookError, toLotbookError } from '../errors.ts';
import type { PinnedKeys } from '../identity/jws.ts';
import type { Peers } from '../peers/peer.ts';
import type { Bell } from '../store/bell.ts';
import type { Database } from '../store/database.ts';
import { forgetCursor, readCursor, setFeedState, type FeedState } from '../store/feeds.ts';
import type { Grants } from '../store/grants.ts';
import { openAcknowledger } from './acknowledger.ts';
import { applyBatch } from './apply.ts';
import { isContradiction } from './copies.ts';

export interface FeedReaderOptions {
  db: Pick<Database, 'pool'>;
  peers: Pick<Peers, 'subscribe' | 'call'>;
  /** This node's organisation. */
  organisation: string;
  /** The keys that may sign for an organisation. */
  keysOf(organisation: string): Promise<PinnedKeys>;
  grants: Pick<Grants, 'of'>;
  bell: Pick<Bell, 'ring'>;
  clock: () => number;
  /** From 0 up to 1: spreads the reconnections of many nodes. */
  random: () => number;
  log: FeedLog;
}

export interface FeedLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export const FEED = `subscription Feed($book: ID!, $after: ID, $batch: Int) {
  feed(book: $book, after: $after, batch: $batch) {
    cursor items { kind token disclosures grants } caughtUp end
  }
}`;

const item = z.object({
  kind: z.string(),
  token: z.string(),
  disclosures: z.array(z.string()),
  grants: z.array(z.string()),
});
const feedData = z.object({
  feed: z.object({
    cursor: z.string().min(1).max(200),
    items: z.array(item).max(256),
    caughtUp: z.boolean(),
    end: z.enum(['TOKEN_EXPIRED', 'TOO_SLOW', 'GRANT_CHANGED', 'SHUTDOWN']).nullable(),
  }),
});

const BATCH = 64;
const SHORTEST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 15_000;
/** A stream that lasted so long has worked. */
const WORKED_MS = 5_000;

/**
 * Keeps the local copy of one book up to date until the signal aborts or the authority has nothing more for this node.
 * Each batch is applied and committed before the next one is pulled, so that a cursor never runs ahead of the copy.
 */
export async function readFeed(
  options: FeedReaderOptions,
  { book, authority }: { book: string; authority: string },
  signal: AbortSignal,
): Promise<void> {
  const { clock, db, log, random } = options;
  const note = (state: FeedState, error: string | null = null) =>
    setFeedState(db.pool, book, { state, error, now: new Date(clock()) });
  const acknowledger = openAcknowledger(options.peers, { book, authority });
  let failures = 0;
  try {
    while (!signal.aborted) {
      const startedAt = clock();
      let atOnce = false;
      try {
        await note('CONNECTING');
        const end = await readStream(options, { book, authority }, signal, acknowledger.note, () =>
          note('LIVE'),
        );
        if (signal.aborted || end === 'GRANT_CHANGED') break;
        atOnce = end === 'TOKEN_EXPIRED';
      } catch (error) {
        const { code, message } = toLotbookError(error);
        if (signal.aborted || code === 'NOT_FOUND') break;
        if (code === 'INTERNAL') log.error({ err: error, book }, 'a feed could not be applied');
        atOnce = code === 'CURSOR_EXPIRED';
        if (atOnce) await forgetCursor(db.pool, book);
        else await note('FAILED', `${code}: ${message}`);
      }
      failures = clock() - startedAt >= WORKED_MS ? 0 : failures + 1;
      // Once at once: an authority that ends every stream so is not called in a loop.
      if (!(atOnce && failures <= 1)) await pause(failures, random, signal);
    }
    if (!signal.aborted) await note('ENDED');
  } catch (error) {
    log.error({ err: error, book }, 'a feed stopped');
  } finally {
    acknowledger.close();
  }
}

async function readStream(
  options: FeedReaderOptions,
  { book, authority }: { book: string; authority: string },
  signal: AbortSignal,
  acknowledge: (cursor: string) => void,
  onLive: () => Promise<void>,
): Promise<string | null> {
  const { bell, clock, db, log, peers } = options;
  const variables = { book, after: await readCursor(db.pool, book), batch: BATCH };
  let isLive = false;
  for await (const data of peers.subscribe(authority, FEED, variables, { signal })) {
    const { cursor, items, end } = parse(data);
    if (!isLive) {
      isLive = true;
      await onLive();
    }
    if (items.length > 0) {
      const keys = await options.keysOf(authority);
      const origin = { book, authority, keys, self: options.organisation };
      const now = new Date(clock());
      const grants = await options.grants.of(book);
      const { applied, quarantined } = await applyBatch(db.pool, origin, grants, { items, cursor }, now);
      for (const { seq, code, detail } of quarantined) {
        const alarm = isContradiction(code) ? log.error : log.warn;
        alarm.call(
          log,
          { book, authority, seq, code, detail },
          'a received item failed verification and is kept aside',
        );
      }
      if (applied > 0) bell.ring(book);
      acknowledge(cursor);
    }
    if (end !== null) return end;
  }
  return null;
}

function parse(data: unknown): z.infer<typeof feedData>['feed'] {
  const parsed = feedData.safeParse(data);
  if (parsed.success) return parsed.data.feed;
  throw new LotbookError('UNREACHABLE', 'The feed is not in the form that was agreed.');
}

async function pause(failures: number, random: () => number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** failures);
  const pauseMs = longest / 2 + (longest / 2) * random();
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, pauseMs);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
