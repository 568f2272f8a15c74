import { audienceOf, type Caller } from '../sharing/caller.ts';
import { bookById } from '../store/books.ts';
import { decideHere, errorView, noBook, readCurrent, type Here } from './here.ts';
import type { Outbox } from './outbox.ts';
import { idsToRead } from './prepare.ts';
import { checkShape } from './shape.ts';
import { requesterOf, type RequestView, type UpdateInput } from './update.ts';
import { refusedView } from './view.ts';

/** Updates that own people and programs ask for; they do not depend on one another. Answers in the order of the input. */
export function requestUpdates(
  here: Here,
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
        if (book.authority !== here.organisation) {
          return await outbox.queue(caller, book.authority, update, place);
        }
        const current = await currentOf(update.book);
        return await decideHere(here, requesterOf(caller, audienceOf(caller)), update, place, { current });
      } catch (error) {
        return refusedView(update, caller.clientId, errorView(here, error));
      }
    }),
  );
}

function once<T>(read: (id: string) => Promise<T>): (id: string) => Promise<T> {
  const reading = new Map<string, Promise<T>>();
  return (id) => {
    let known = reading.get(id);
    if (!known) reading.set(id, (known = read(id)));
    return known;
  };
}
