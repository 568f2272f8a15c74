import { LotbookError } from '../errors.ts';
import type { Caller } from '../sharing/caller.ts';
import { bookById, type StoredBook } from '../store/books.ts';
import { decideHere, errorView, noBook, readCurrent } from './here.ts';
import type { Outbox } from './outbox.ts';
import { idsToRead } from './prepare.ts';
import { checkHolder } from './lock-leases.ts';
import { requestId } from './request-id.ts';
import { checkShape } from './shape.ts';
import type { Door } from './signed-update.ts';
import { requesterOf, type KnownRecords, type RequestView, type UpdateInput } from './update.ts';
import { refusedView } from './view.ts';

/** Updates that own people and programs ask for; they do not depend on one another. Answers in the order of the input. */
export function requestUpdates(
  here: Door,
  outbox: Outbox,
  caller: Caller,
  updates: readonly UpdateInput[],
): Promise<RequestView[]> {
  // All updates of a call are worked out on one reading of each book.
  const bookOf = once((id) => bookById(here.pool, id));
  const currentOf = once((id) =>
    readCurrent(here.pool, id, updates.filter(({ book }) => book === id).flatMap(idsToRead)),
  );
  return Promise.all(
    updates.map(async (update, index) => {
      const place = `updates[${index}]`;
      try {
        checkShape(update, place);
        const book = await bookOf(update.book);
        if (!book) throw noBook(`${place}.book`);
        return await decideOrQueue(here, outbox, caller, { book, update, place }, () => currentOf(book.id));
      } catch (error) {
        return refusedView(update, caller.clientId, errorView(here, error));
      }
    }),
  );
}

/** Decides an update here where this node may; else it waits for whoever may. */
export async function decideOrQueue(
  here: Door,
  outbox: Outbox,
  caller: Caller,
  { book, update, place }: { book: StoredBook; update: UpdateInput; place: string },
  currentOf: () => Promise<KnownRecords>,
): Promise<RequestView> {
  const isOwner = book.owner === here.organisation && book.slotKey !== null;
  const id = isOwner ? requestId(book.slotKey as Buffer, caller.clientId, update.key) : here.uuid();
  const decided = mayDecide(here, book) ? await decideNow(here, caller, update, place, id, currentOf) : null;
  if (decided) return decided;
  const saves = update.changes.flatMap(({ record, lock }) => (record && lock ? { record, token: lock } : []));
  await checkHolder(here, caller, book.id, saves);
  return outbox.queue(caller, update, place, id);
}

/** In a book of another owner our people are its partners, even where this node holds the right. */
export function mayDecide({ authority, organisation }: Door, { id, owner }: StoredBook): boolean {
  const part = authority.standing(id);
  return owner === organisation && (part === 'SOLO' || part === 'HOLDER');
}

/** Null where the right cannot be used now, or has just gone: the request is to wait, under its own key and id. */
async function decideNow(
  here: Door,
  caller: Caller,
  update: UpdateInput,
  place: string,
  id: string,
  currentOf: () => Promise<KnownRecords>,
): Promise<RequestView | null> {
  try {
    const requester = requesterOf(caller, update.book);
    return await decideHere(here, requester, update, place, { id, current: await currentOf() });
  } catch (error) {
    const isMoving =
      error instanceof LotbookError && (error.code === 'UNABLE' || error.code === 'NOT_AUTHORITY');
    if (isMoving) return null;
    throw error;
  }
}

function once<T>(read: (id: string) => Promise<T>): (id: string) => Promise<T> {
  const reading = new Map<string, Promise<T>>();
  return (id) => {
    let known = reading.get(id);
    if (!known) reading.set(id, (known = read(id)));
    return known;
  };
}
