import type { ServerResponse } from 'node:http';
import type { Config } from '../config.ts';
import { LotbookError } from '../errors.ts';
import type { Caller } from '../sharing/caller.ts';
import type { Bell } from '../store/bell.ts';
import { readSuspended } from '../store/feeds.ts';
import { decodeCursor, START } from './cursor.ts';
import { findBook, openRoom, type RoomSources } from './open-room.ts';
import type { Room, Selection } from './room.ts';
import { keepRoom, type OpenRoom } from './rounds.ts';
import { Stream } from './stream.ts';
import { readerOf } from './view.ts';

/** The wake-up in case that a ring of the bell was lost. */
const POLL_MS = 2_000;
const MAX_STREAMS_PER_ORGANISATION = 2_000;
const MAX_BATCH = 256;
const BUSY_RETRY_MS = 5_000;

export interface HubOptions extends RoomSources {
  bell: Pick<Bell, 'on'>;
  log: { error(details: object, message: string): void };
  config: Pick<Config, 'heartbeatMs' | 'slowReaderMs'>;
  maxStreamsPerOrganisation?: number;
}

export interface FeedRequest {
  res: ServerResponse;
  caller: Caller;
  book: string;
  /** A cursor; null from the beginning. */
  after: string | null;
  /** The most items that one batch holds. */
  batch: number;
  select: Selection;
  /** End of the access token, ms. */
  expiresAt: number;
  /** Ends the stream as the node stops. */
  signal?: AbortSignal | undefined;
}

export interface HubStats {
  streams: number;
  itemsSent: number;
  /** From the approval of the last live change to its hand-over to a socket, ms. */
  lagMs: number;
}

export interface Hub {
  /**
   * Answers a feed subscription as graphql-sse's distinct connections mode, until either side ends it. Rejects before
   * anything is written: `NOT_FOUND`, `BAD_INPUT`, `CURSOR_EXPIRED`, `FUTURE_CURSOR`, `TOO_BUSY`, `SHUTTING_DOWN`.
   */
  serveFeed(request: FeedRequest): Promise<void>;
  stats(): HubStats;
  /** Ends all streams with `SHUTDOWN` and takes no more. Resolves when nothing uses the database any more. */
  close(): Promise<void>;
}

export function openHub(options: HubOptions): Hub {
  const { bell, clock, config, log } = options;
  const maxStreams = options.maxStreamsPerOrganisation ?? MAX_STREAMS_PER_ORGANISATION;
  const rooms = new Map<string, OpenRoom>();
  const perOrganisation = new Map<string, number>();
  const stats: HubStats = { streams: 0, itemsSent: 0, lagMs: 0 };
  const closing = new Set<Promise<void>>();
  const serving = new Set<Promise<void>>();
  let closed = false;

  const everyStream = () => [...rooms.values()].flatMap(({ streams }) => [...streams]);

  const endSuspended = async (): Promise<void> => {
    if (perOrganisation.size === 0) return;
    const suspended = await readSuspended(options.db.pool, [...perOrganisation.keys()]);
    for (const stream of everyStream()) if (suspended.has(stream.organisation)) stream.end('GRANT_CHANGED');
  };
  const checkPartners = () =>
    void endSuspended().catch((error: unknown) => log.error({ err: error }, 'partners could not be checked'));

  const poll = setInterval(() => {
    for (const open of rooms.values()) open.wake();
    checkPartners();
  }, POLL_MS);
  const sweepMs = Math.max(10, Math.min(250, config.heartbeatMs / 4, config.slowReaderMs / 4));
  const sweep = setInterval(() => {
    for (const { streams } of rooms.values()) for (const stream of streams) stream.check(config);
  }, sweepMs);
  poll.unref();
  sweep.unref();
  const stopListening = bell.on('partners', checkPartners);

  const enter = (book: string, room: () => Room): OpenRoom => {
    let open = rooms.get(book);
    if (!open) rooms.set(book, (open = keepRoom(room(), options)));
    return open;
  };
  const leave = (open: OpenRoom, stream: Stream): void => {
    if (!open.streams.delete(stream)) return;
    stats.streams -= 1;
    const left = (perOrganisation.get(stream.organisation) ?? 1) - 1;
    if (left > 0) perOrganisation.set(stream.organisation, left);
    else perOrganisation.delete(stream.organisation);
    if (open.streams.size > 0) return;
    rooms.delete(open.room.book);
    const ending = open.close().finally(() => closing.delete(ending));
    closing.add(ending);
  };

  const serveFeed = async (request: FeedRequest): Promise<void> => {
    const { caller, res, select, expiresAt } = request;
    checkBatch(request.batch);
    const reader = readerOf(caller);
    const { head, grants, view } = await findBook(options, request.book, reader);
    const position = request.after === null ? START : decodeCursor(request.after, view.epoch);
    if (position.seq > head.length)
      throw new LotbookError('FUTURE_CURSOR', 'The cursor is not from this log.');
    const streams = perOrganisation.get(caller.organisation) ?? 0;
    if (closed || request.signal?.aborted) {
      throw new LotbookError('SHUTTING_DOWN', 'This node is stopping.', { retryAfterMs: BUSY_RETRY_MS });
    }
    if (streams >= maxStreams) {
      const message = 'Your organisation has as many open feeds as this node serves.';
      throw new LotbookError('TOO_BUSY', message, { retryAfterMs: BUSY_RETRY_MS });
    }
    if (res.destroyed) return;
    const open = enter(head.id, () => openRoom(options, head, grants));
    const served = new Promise<void>((resolve) => {
      const end = () => stream.end('SHUTDOWN');
      const stream: Stream = new Stream({
        ...{ res, reader, position, select, expiresAt, clock, room: open.room, limit: request.batch },
        organisation: caller.organisation,
        epoch: view.epoch,
        onGone: () => {
          request.signal?.removeEventListener('abort', end);
          leave(open, stream);
          resolve();
        },
        onSent: ({ items, lastAt, caughtUp }) => {
          stats.itemsSent += items;
          if (caughtUp && lastAt !== null) stats.lagMs = Math.max(0, clock() - lastAt);
        },
        onError: (error) => log.error({ err: error, book: head.id }, 'a feed broke'),
      });
      open.streams.add(stream);
      stats.streams += 1;
      perOrganisation.set(caller.organisation, streams + 1);
      request.signal?.addEventListener('abort', end, { once: true });
      stream.pump();
      // What was committed between the reading of the head and the first bell.
      open.wake();
    });
    serving.add(served);
    await served.finally(() => serving.delete(served));
  };

  return {
    serveFeed,
    stats: () => ({ ...stats }),
    close: async () => {
      closed = true;
      clearInterval(poll);
      clearInterval(sweep);
      stopListening();
      for (const stream of everyStream()) stream.end('SHUTDOWN');
      await Promise.all(serving);
      await Promise.all(closing);
    },
  };
}

function checkBatch(batch: number): void {
  if (Number.isInteger(batch) && batch >= 1 && batch <= MAX_BATCH) return;
  throw new LotbookError('BAD_INPUT', `Ask for 1 to ${MAX_BATCH} items in a batch.`, { place: 'batch' });
}
