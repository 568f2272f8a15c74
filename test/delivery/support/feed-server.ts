import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openHub, type Hub, type HubOptions } from '../../../api/delivery/hub.ts';
import type { FeedBatch } from '../../../api/delivery/feed.ts';
import type { Selection } from '../../../api/delivery/room.ts';
import { toLotbookError } from '../../../api/errors.ts';
import { readEvents } from '../../../api/peers/sse.ts';
import type { Caller } from '../../../api/sharing/caller.ts';
import { openBell } from '../../../api/store/bell.ts';
import { openDatabase } from '../../../api/store/database.ts';
import { openGrants } from '../../../api/store/grants.ts';

/** What a test's subscriber asks for; it stands in for the parsing and the authentication of the GraphQL endpoint. */
export interface Asked {
  caller: Caller;
  book: string;
  after?: string | null;
  batch?: number;
  /** Characters that are added to each batch. */
  padding?: number;
}

export interface FeedServer {
  hub: Hub;
  url: string;
  /** Batches rendered so far. */
  renders(): number;
  responses: ServerResponse[];
  close(): Promise<void>;
}

/** A hub behind a real HTTP server, as a process of its own on the database: own pool, own bell. */
export async function openFeedServer(
  given: { url: string; organisation: string; clock: () => number } & Partial<HubOptions>,
): Promise<FeedServer> {
  const db = openDatabase({ url: given.url, poolSize: 4, applicationName: 'test hub' });
  const bell = await openBell(given.url, 'lotbook');
  const errors: unknown[] = [];
  const hub = openHub({
    db,
    bell,
    grants: openGrants(db.pool),
    log: { error: (details) => void errors.push(details) },
    config: { heartbeatMs: 60_000, slowReaderMs: 60_000 },
    ...given,
  });
  let renders = 0;
  const responses: ServerResponse[] = [];
  const server = createServer((req, res) => {
    responses.push(res);
    const {
      caller,
      book,
      after = null,
      batch = 64,
      padding = 0,
    } = JSON.parse(decodeURIComponent(req.url?.slice(1) ?? '')) as Asked;
    const render = (it: FeedBatch) => {
      renders += 1;
      return JSON.stringify({ data: { feed: it } }) + ' '.repeat(padding);
    };
    const select: Selection = { key: `all ${padding}`, render };
    hub
      .serveFeed({ res, caller, book, after, batch, select, expiresAt: caller.expiresAt })
      .catch((error: unknown) => {
        res.writeHead(toLotbookError(error).status).end(toLotbookError(error).code);
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    hub,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    renders: () => renders,
    responses,
    close: async () => {
      await hub.close();
      await closeServer(server);
      await bell.close();
      await db.close();
      if (errors.length > 0) throw errors[0] as Error;
    },
  };
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

export type Feed = AsyncGenerator<FeedBatch, void>;

/** Subscribes. Rejects with the error's code where the feed is refused. Ends when the server completes it. */
export async function subscribe(server: FeedServer, asked: Asked, signal?: AbortSignal): Promise<Feed> {
  const response = await fetch(server.url + encodeURIComponent(JSON.stringify(asked)), {
    ...(signal && { signal }),
  });
  if (response.status !== 200) throw new Error(await response.text());
  return batchesOf(response.body as unknown as AsyncIterable<Uint8Array>);
}

async function* batchesOf(body: AsyncIterable<Uint8Array>): Feed {
  for await (const { event, data } of readEvents(body, 100_000_000)) {
    if (event === 'complete') return;
    if (event === 'next') yield (JSON.parse(data) as { data: { feed: FeedBatch } }).data.feed;
  }
  throw new Error('the stream broke off');
}

/** Reads until the feed has caught up; what it brought. */
export async function catchUp(feed: Feed): Promise<FeedBatch[]> {
  const batches: FeedBatch[] = [];
  for (;;) {
    const { value, done } = await feed.next();
    if (done) throw new Error('the feed ended');
    batches.push(value);
    if (value.caughtUp) return batches;
  }
}

/** The next batch with items in it. */
export async function nextItems(feed: Feed): Promise<FeedBatch> {
  for (;;) {
    const { value, done } = await feed.next();
    if (done) throw new Error('the feed ended');
    if (value.items.length > 0) return value;
  }
}
