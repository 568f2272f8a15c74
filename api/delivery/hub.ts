import type { Config } from '../config.ts';
import { LotbookError } from '../errors.ts';
import type { Bell } from '../store/bell.ts';
import { readStandings } from '../store/feeds.ts';
import { decodeCursor, START } from './cursor.ts';
import { Lobby, type Guest, type HubStats } from './lobby.ts';
import { checkpointOf, findBook, openRoom, type RoomSources } from './open-room.ts';
import type { Selection } from './room.ts';
import { keepRoom } from './rounds.ts';

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

export interface FeedRequest extends Guest {
  book: string;
  /** A cursor; null from the beginning. */
  after: string | null;
  /** The most items that one batch holds. */
  batch: number;
  /** Writes the GraphQL execution result of one batch as JSON text. */
  select: Selection;
}

export interface Hub {
  /**
   * Answers a feed subscription as graphql-sse's distinct connections mode, until either side ends it. The feed of a
   * local copy, which only own people have, follows its end: what is received late is in the next one. Rejects before
   * anything is written: `NOT_FOUND`, `BAD_INPUT`, `CURSOR_EXPIRED`, `FUTURE_CURSOR`, `TOO_BUSY`, `SHUTTING_DOWN`.
   */
  serveFeed(request: FeedRequest): Promise<void>;
  stats(): HubStats;
  /** Ends all streams with `SHUTDOWN` and takes no more. Resolves when nothing uses the database any more. */
  close(): Promise<void>;
}

export function openHub(options: HubOptions): Hub {
  const { bell, clock, log } = options;
  const maxStreams = options.maxStreamsPerOrganisation ?? MAX_STREAMS_PER_ORGANISATION;
  const lobby = new Lobby(clock, (error, book) => log.error({ err: error, book }, 'a feed broke'));
  const { rooms } = lobby;
  const stopWatching = watch(lobby, options);
  let closed = false;

  const refuseMore = ({ caller, signal }: FeedRequest): void => {
    const retry = { retryAfterMs: BUSY_RETRY_MS };
    if (closed || signal?.aborted) throw new LotbookError('SHUTTING_DOWN', 'This node is stopping.', retry);
    if (lobby.streamsOf(caller.organisation) < maxStreams) return;
    const message = 'Your organisation has as many open feeds as this node serves.';
    throw new LotbookError('TOO_BUSY', message, retry);
  };

  const serveFeed = async (request: FeedRequest): Promise<void> => {
    checkBatch(request.batch);
    const { batch: limit, res } = request;
    const select = asEvents(request.select);
    const { head, reader, grants, view } = await findBook(options, request.book, request.caller);
    const { epoch } = view;
    const position = request.after === null ? START : decodeCursor(request.after, epoch);
    if (position.seq > head.length)
      throw new LotbookError('FUTURE_CURSOR', 'The cursor is not from this log.');
    // A room that others opened must know the grant that let this caller in.
    await rooms.get(head.id)?.room.catchUp();
    const checkpoint = await checkpointOf(options, head);
    refuseMore(request);
    if (res.destroyed) return undefined;
    const open =
      rooms.get(head.id) ?? keepRoom(openRoom(options, head, grants, checkpoint), { bell, clock, log });
    rooms.set(head.id, open);
    // Returned, not awaited: what was read to find the book must not stay in memory as long as the stream does.
    return lobby.join(open, { reader, epoch, position, limit, select }, request);
  };

  return {
    serveFeed,
    stats: () => ({ ...lobby.stats }),
    close: async () => {
      closed = true;
      stopWatching();
      await lobby.clear();
    },
  };
}

/** Each batch as a `next` event of the graphql-sse protocol, distinct connections mode. */
function asEvents({ key, render }: Selection): Selection {
  return { key, render: (batch) => `event: next\ndata: ${render(batch)}\n\n` };
}

/** Looks after the streams: lost rings, partners suspended or in other groups, revoked clients, ended tokens, slow readers, signs of life. */
function watch(lobby: Lobby, { bell, config, db, log }: HubOptions): () => void {
  const endChanged = async (): Promise<void> => {
    const { organisations } = lobby;
    if (organisations.length === 0) return;
    const clients = [...new Set(lobby.streams.map(({ clientId }) => clientId))];
    const standings = await readStandings(db.pool, { organisations, clients });
    for (const stream of lobby.streams) if (!stream.mayGoOn(standings)) stream.end('GRANT_CHANGED');
  };
  const checkPartners = (): void => {
    endChanged().catch((error: unknown) => log.error({ err: error }, 'partners could not be checked'));
  };
  const poll = setInterval(() => {
    for (const open of lobby.rooms.values()) open.wake();
    checkPartners();
  }, POLL_MS);
  const sweepMs = Math.max(10, Math.min(250, config.heartbeatMs / 4, config.slowReaderMs / 4));
  const sweep = setInterval(() => {
    for (const stream of lobby.streams) stream.check(config);
  }, sweepMs);
  poll.unref();
  sweep.unref();
  const stopListening = bell.on('partners', checkPartners);
  return () => {
    clearInterval(poll);
    clearInterval(sweep);
    stopListening();
  };
}

function checkBatch(batch: number): void {
  if (Number.isInteger(batch) && batch >= 1 && batch <= MAX_BATCH) return;
  throw new LotbookError('BAD_INPUT', `Ask for 1 to ${MAX_BATCH} items in a batch.`, { place: 'batch' });
}
