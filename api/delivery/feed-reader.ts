import { z } from 'zod';
import { LotbookError, toLotbookError } from '../errors.ts';
import type { PinnedKeys } from '../identity/jws.ts';
import type { Member } from '../ledger/statements/shapes.ts';
import type { Peers } from '../peers/peer.ts';
import type { Bell } from '../store/bell.ts';
import type { Database } from '../store/database.ts';
import { forgetCursor, readCursor, type FeedState } from '../store/feeds.ts';
import type { Grants } from '../store/grants.ts';
import { openAcknowledger } from './acknowledger.ts';
import { applyBatch, readAnew, type Applied } from './apply.ts';
import type { CheckpointPair, CheckpointTaker } from './checkpoints/pair.ts';
import { isContradiction } from './item-fault.ts';

export interface FeedReaderOptions {
  db: Pick<Database, 'pool'>;
  peers: Pick<Peers, 'subscribe' | 'call'>;
  /** This node's organisation. */
  organisation: string;
  /** The keys that may sign for an organisation. */
  keysOf(organisation: string): Promise<PinnedKeys>;
  /** Makes the nodes known that a verified mandate of the owner names; answers those that are not believed. */
  introduce(owner: string, members: readonly Member[]): Promise<string[]>;
  /** Asks an organisation for its key log: it has changed its key. */
  followKeys(organisation: string): Promise<unknown>;
  grants: Pick<Grants, 'at'>;
  bell: Pick<Bell, 'ring'>;
  clock: () => number;
  /** From 0 up to 1: spreads the reconnections of many nodes. */
  random: () => number;
  log: FeedLog;
  /** Verifies the checkpoints that come with the feed. */
  checker: CheckpointTaker;
}

export interface FeedLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export const FEED = `subscription Feed($book: ID!, $after: ID, $batch: Int) {
  feed(book: $book, after: $after, batch: $batch) {
    cursor items { kind token seq disclosures grants } caughtUp end
  }
}`;

const item = z.object({
  kind: z.string(),
  token: z.string(),
  seq: z.number().int().nullable(),
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
/** A stream that lasted so long has worked. */
const WORKED_MS = 5_000;

/** One book as one node hands it out. */
export interface FeedSource {
  book: string;
  owner: string;
  /** Whose node is read. */
  from: string;
}

/** What the reader of a feed asks of, and tells, whoever looks after the copy. */
export interface FeedKeeper {
  /** Whether this is the node whose word on the end of the feed, and on its cursors, counts. */
  isLeading(from: string): boolean;
  longestPauseMs(): number;
  note(from: string, state: FeedState, error: LotbookError | null): Promise<void>;
  received(from: string, items: number, applied: Applied): Promise<void>;
}

/**
 * Keeps the local copy of one book up to date from one node, until the signal aborts or that node, being the one that
 * decides it, has nothing more for this one: then it resolves to true. Each batch is applied and committed before the next
 * one is pulled, so that a cursor never runs ahead of the copy.
 */
export async function readFeed(
  options: FeedReaderOptions,
  source: FeedSource,
  keeper: FeedKeeper,
  signal: AbortSignal,
): Promise<boolean> {
  const { clock, db, log, random } = options;
  const { book, from } = source;
  const acknowledger = openAcknowledger(options.peers, { book, authority: from });
  let failures = 0;
  try {
    while (!signal.aborted) {
      const startedAt = clock();
      let atOnce = false;
      try {
        await keeper.note(from, 'CONNECTING', null);
        const end = await readStream(options, source, keeper, signal, acknowledger.note);
        if (signal.aborted) return false;
        if (end === 'GRANT_CHANGED' && keeper.isLeading(from)) return true;
        atOnce = end === 'TOKEN_EXPIRED';
      } catch (error) {
        const known = toLotbookError(error);
        const { code } = known;
        if (signal.aborted) return false;
        if (code === 'NOT_FOUND' && keeper.isLeading(from)) return true;
        if (code === 'INTERNAL') log.error({ err: error, book, from }, 'a feed could not be applied');
        // Its log has become shorter than it was: what it signs now has to be compared with what it signed before.
        if (code === 'FUTURE_CURSOR') options.checker.begin(source);
        atOnce = code === 'CURSOR_EXPIRED' && keeper.isLeading(from);
        if (atOnce) await forgetCursor(db.pool, book);
        else await keeper.note(from, 'FAILED', known);
      }
      failures = clock() - startedAt >= WORKED_MS ? 0 : failures + 1;
      // Once at once: a node that ends every stream so is not called in a loop.
      if (!(atOnce && failures <= 1)) await pause(failures, keeper.longestPauseMs(), random, signal);
    }
  } finally {
    acknowledger.close();
  }
  return false;
}

async function readStream(
  options: FeedReaderOptions,
  { book, owner, from }: FeedSource,
  keeper: FeedKeeper,
  signal: AbortSignal,
  acknowledge: (cursor: string) => void,
): Promise<string | null> {
  const { bell, clock, db, grants, organisation: self, peers } = options;
  const root = { book, owner, keys: await options.keysOf(owner) };
  const anew = await readAnew(db.pool, root);
  const variables = { book, after: await readCursor(db.pool, book), batch: BATCH };
  let isLive = false;
  for await (const data of peers.subscribe(from, FEED, variables, { signal })) {
    const { cursor, items, end } = parse(data);
    if (!isLive) {
      isLive = true;
      await keeper.note(from, 'LIVE', null);
      options.checker.begin({ book, owner, from });
    }
    if (items.length > 0) {
      const { others, pair } = apartFrom(items);
      const source = { book, owner, from, self, anew, keys: await options.keysOf(owner) };
      const applied = await applyBatch(db.pool, source, grants, { items: others, cursor }, new Date(clock()));
      if (pair) options.checker.received({ book, owner, from }, pair);
      tell(options, { book, from }, applied);
      if (applied.applied > 0) bell.ring(book);
      for (const organisation of applied.keysOf) void options.followKeys(organisation);
      acknowledge(cursor);
      await keeper.received(from, items.length, applied);
    }
    if (end !== null) return end;
  }
  return null;
}

function tell({ log }: FeedReaderOptions, about: object, { quarantined }: Applied): void {
  for (const { seq, code, detail } of quarantined) {
    const alarm = isContradiction(code) ? log.error : log.warn;
    const message = 'a received item failed verification and is kept aside';
    alarm.call(log, { ...about, seq, code, detail }, message);
  }
}

/** A checkpoint comes as two items, its last entry first; it is not of the copy, and verified behind it. */
function apartFrom<T extends { kind: string; token: string }>(
  items: readonly T[],
): { others: T[]; pair: CheckpointPair | null } {
  const others = items.filter(({ kind }) => kind !== 'HEADS' && kind !== 'CHECKPOINT');
  const last = (kind: string) => items.findLast((each) => each.kind === kind)?.token;
  const [heads, note] = [last('HEADS'), last('CHECKPOINT')];
  return { others, pair: heads !== undefined && note !== undefined ? { heads, note } : null };
}

function parse(data: unknown): z.infer<typeof feedData>['feed'] {
  const parsed = feedData.safeParse(data);
  if (parsed.success) return parsed.data.feed;
  throw new LotbookError('UNREACHABLE', 'The feed is not in the form that was agreed.');
}

async function pause(
  failures: number,
  longestMs: number,
  random: () => number,
  signal: AbortSignal,
): Promise<void> {
  const longest = Math.min(longestMs, SHORTEST_PAUSE_MS * 2 ** failures);
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
