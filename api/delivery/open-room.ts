import { LotbookError } from '../errors.ts';
import type { Grant } from '../sharing/grant.ts';
import { readBookHead, readEntries, type BookHead } from '../store/entries.ts';
import { openTail } from './tail.ts';
import { Room } from './room.ts';
import type { Caller } from '../sharing/caller.ts';
import { readerIn, type Reader } from './reader.ts';
import { viewOf, type View } from './view.ts';
import { lastCheckpoint, type StoredCheckpoint } from '../store/checkpoints.ts';
import type { Database } from '../store/database.ts';
import type { Grants } from '../store/grants.ts';

/** The last checkpoint of a book that is handed out here: of a copy its owner hands it out. */
export function checkpointOf({ db }: RoomSources, { id, full }: BookHead): Promise<StoredCheckpoint | null> {
  return full ? lastCheckpoint(db.pool, id) : Promise.resolve(null);
}

export interface RoomSources {
  db: Pick<Database, 'pool'>;
  grants: Pick<Grants, 'of'>;
  /** This node's organisation. */
  organisation: string;
  clock: () => number;
}

/**
 * What a caller sees of a book. Throws `NOT_FOUND`, in one way for a book that does not exist, for one of which the caller
 * may see nothing here, and for one in which no grant has ever addressed it.
 */
export async function findBook(
  sources: RoomSources,
  book: string,
  caller: Caller,
): Promise<{ head: BookHead; reader: Reader; grants: readonly Grant[]; view: View }> {
  const head = await readBookHead(sources.db.pool, book);
  const reader = head && (await readerIn(sources, head, caller));
  const grants = await sources.grants.of(book);
  const view = reader && viewOf(grants, reader, sources.clock());
  const isVisible = reader === 'OWN' || (view !== null && view.addressed.size > 0);
  if (!head || !reader || !view || !isVisible) throw new LotbookError('NOT_FOUND', 'There is no such book.');
  return { head, reader, grants, view };
}

/** Opens the room of a book from the end of its log on. */
export function openRoom(
  sources: RoomSources,
  head: BookHead,
  grants: readonly Grant[],
  checkpoint: StoredCheckpoint | null,
): Room {
  const { db, clock, organisation } = sources;
  const heldFor = head.full && head.owner !== organisation ? head.owner : null;
  const book = head.id;
  const tail = openTail(head.length, (range) => readEntries(db.pool, { book, ...range }), head.full);
  const readCheckpoint = () => checkpointOf(sources, head);
  const readGrants = () => sources.grants.of(book);
  return new Room({ book, heldFor, tail, grants, readGrants, checkpoint, readCheckpoint, clock });
}
