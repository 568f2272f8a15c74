import { LotbookError } from '../errors.ts';
import type { Caller } from '../sharing/caller.ts';
import { acknowledge } from '../store/entries.ts';
import { decodeCursor } from './cursor.ts';
import { findBook, type RoomSources } from './open-room.ts';

/**
 * Notes that the caller keeps everything up to the cursor safely.
 * Throws `NOT_FOUND`, `CURSOR_EXPIRED`, `FUTURE_CURSOR`.
 */
export async function ackFeed(
  sources: RoomSources,
  { caller, book, cursor }: { caller: Caller; book: string; cursor: string },
): Promise<string> {
  const { head, view } = await findBook(sources, book, caller);
  const { seq } = decodeCursor(cursor, view.epoch);
  if (seq > head.length) throw new LotbookError('FUTURE_CURSOR', 'The cursor is not from this log.');
  const at = new Date(sources.clock());
  await acknowledge(sources.db.pool, { book, subscriber: caller.clientId, seq, at });
  return cursor;
}
