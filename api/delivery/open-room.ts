import { LotbookError } from '../errors.ts';
import type { Grant } from '../sharing/grant.ts';
import { readBookHead, readEntries, type BookHead } from '../store/entries.ts';
import { openTail } from './tail.ts';
import { Room } from './room.ts';
import { viewOf, type Reader, type View } from './view.ts';
import type { Database } from '../store/database.ts';
import type { Grants } from '../store/grants.ts';

export interface RoomSources {
  db: Pick<Database, 'pool'>;
  grants: Pick<Grants, 'of'>;
  /** This node's organisation: partners get only the books that it is the authority of. */
  organisation: string;
  clock: () => number;
}

/**
 * What a reader sees of a book. Throws `NOT_FOUND`, in one way for a book that does not exist, for a local copy of
 * another organisation's book, and for one in which no grant has ever addressed the reader.
 */
export async function findBook(
  { db, grants, organisation, clock }: RoomSources,
  book: string,
  reader: Reader,
): Promise<{ head: BookHead; grants: readonly Grant[]; view: View }> {
  const head = await readBookHead(db.pool, book);
  const held = await grants.of(book);
  const view = viewOf(held, reader, clock());
  const isVisible = reader === 'OWN' || (head?.authority === organisation && view.addressed.size > 0);
  if (!head || !isVisible) throw new LotbookError('NOT_FOUND', 'There is no such book.');
  return { head, grants: held, view };
}

/** Opens the room of a book from the end of its log on. */
export function openRoom(sources: RoomSources, head: BookHead, grants: readonly Grant[]): Room {
  const { db, clock } = sources;
  const book = head.id;
  const isOwn = head.authority === sources.organisation;
  const tail = openTail(head.length, (range) => readEntries(db.pool, { book, ...range }), isOwn);
  return new Room({ book, tail, grants, readGrants: () => sources.grants.of(book), clock });
}
