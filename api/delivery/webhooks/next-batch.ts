import type { Caller } from '../../sharing/caller.ts';
import { decodeCursor, encodeCursor, START } from '../cursor.ts';
import { LotbookError } from '../../errors.ts';
import type { FeedBatch } from '../feed.ts';
import { checkpointOf, findBook, openRoom, type RoomSources } from '../open-room.ts';
import type { Selection } from '../room.ts';

/** What comes next in a feed for somebody who is not on the line. */
export interface NextBatch {
  batch: FeedBatch;
  /** Entries of the book when it was read. */
  length: number;
}

/**
 * The next batch of the feed of a book, made by what makes those of streams, for the caller as it is now. Without items it
 * says that there is nothing. Rejects with `NOT_FOUND`, `CURSOR_EXPIRED`, `FUTURE_CURSOR`.
 */
export async function nextBatch(
  sources: RoomSources,
  { book, caller, after, limit }: { book: string; caller: Caller; after: string | null; limit: number },
): Promise<NextBatch> {
  const { head, reader, grants, view } = await findBook(sources, book, caller);
  const { epoch } = view;
  let position = after === null ? START : decodeCursor(after, epoch);
  if (position.seq > head.length) throw new LotbookError('FUTURE_CURSOR', 'The cursor is not from this log.');
  const room = openRoom(sources, head, grants, await checkpointOf(sources, head));
  for (;;) {
    const delivery = await room.next({ reader, epoch, position, limit, select: AS_JSON });
    ({ position } = delivery);
    const { bytes, caughtUp } = delivery;
    if (bytes) return { batch: JSON.parse(bytes.toString('utf8')) as FeedBatch, length: head.length };
    if (!caughtUp) continue;
    const cursor = encodeCursor(position, epoch);
    return { batch: { cursor, items: [], caughtUp, end: null }, length: head.length };
  }
}

const AS_JSON: Selection = { key: 'webhook', render: (batch) => JSON.stringify(batch) };
