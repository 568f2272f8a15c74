import { ackFeed } from '../../../api/delivery/acknowledge.ts';
import { ACKNOWLEDGE } from '../../../api/delivery/acknowledger.ts';
import type { FeedReaderOptions } from '../../../api/delivery/feed-reader.ts';
import type { FeedBatch } from '../../../api/delivery/feed.ts';
import { BOOKS } from '../../../api/delivery/subscriber.ts';
import { LotbookError, type ErrorCode } from '../../../api/errors.ts';
import type { JsonObject } from '../../../api/identity/strict-json.ts';
import type { Caller } from '../../../api/sharing/caller.ts';
import { HARVEST, OWNER, type TestBook } from './book.ts';
import { subscribe, type FeedServer } from './feed-server.ts';

export interface TestPeers {
  peers: FeedReaderOptions['peers'];
  /** What happens to a batch on its way. */
  tamper: (batch: FeedBatch) => FeedBatch;
  /** How often the feed was opened. */
  opened: number;
  /** How often the authority was asked for its books. */
  asked: number;
}

/** The way from a subscribing node to the authority of the test book: real streams, and no GraphQL in between. */
export function peersTo(authority: TestBook, server: FeedServer, caller: Caller): TestPeers {
  const sources = { ...authority, organisation: OWNER, clock: () => authority.clock.now };
  const book = { id: HARVEST, title: 'Harvest', owner: OWNER, authority: OWNER, localCopy: false };
  const rogue = { ...book, id: 'other.example/harvest', owner: 'other.example' };
  const test: TestPeers = {
    tamper: (batch) => batch,
    opened: 0,
    asked: 0,
    peers: {
      call: async (_organisation, document, variables): Promise<JsonObject> => {
        if (document === BOOKS) {
          test.asked += 1;
          const nameless = { ...book, id: `${OWNER}/nameless`, title: '' };
          return {
            books: [nameless, book, rogue].map((it) => ({ ...it, createdAt: '2026-07-01T00:00:00.000Z' })),
          };
        }
        if (document !== ACKNOWLEDGE) throw new Error('not a document that is agreed');
        const cursor = await ackFeed(sources, { caller, book: HARVEST, cursor: `${variables['cursor']}` });
        return { ackFeed: { cursor, error: null } };
      },
      subscribe: async function* (_organisation, _document, { after }, { signal }) {
        test.opened += 1;
        const asked = { caller, book: HARVEST, after: (after as string | null) ?? null };
        const feed = await subscribe(server, asked, signal).catch((error: Error) => {
          throw new LotbookError(error.message as ErrorCode, 'refused');
        });
        try {
          for await (const batch of feed) yield { feed: test.tamper(batch) } as unknown as JsonObject;
        } catch (error) {
          if (!signal.aborted) throw error;
        }
      },
    },
  };
  return test;
}
