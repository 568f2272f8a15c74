import { audienceOf, type Caller } from '../sharing/caller.ts';
import { bookById } from '../store/books.ts';
import { decideHere, errorView, noBook, type Here } from './here.ts';
import type { Outbox } from './outbox.ts';
import { checkShape } from './prepare.ts';
import { requesterOf, type RequestView, type UpdateInput } from './update.ts';
import { refusedView } from './view.ts';

/** Updates that own people and programs ask for; they do not depend on one another. Answers in the order of the input. */
export function requestUpdates(
  here: Here,
  outbox: Outbox,
  caller: Caller,
  updates: readonly UpdateInput[],
): Promise<RequestView[]> {
  return Promise.all(
    updates.map(async (update, index) => {
      const place = `updates[${index}]`;
      try {
        checkShape(update, place);
        const book = await bookById(here.pool, update.book);
        if (!book) throw noBook(`${place}.book`);
        if (book.authority !== here.organisation) {
          return await outbox.queue(caller, book.authority, update, place);
        }
        return await decideHere(here, requesterOf(caller, audienceOf(caller)), update, place);
      } catch (error) {
        return refusedView(update, caller.clientId, errorView(here, error));
      }
    }),
  );
}
