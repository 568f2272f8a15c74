import { LotbookError } from '../errors.ts';
import type { Caller } from '../sharing/caller.ts';
import type { StoredBook } from '../store/books.ts';
import { lookAgain } from '../store/look-again.ts';
import { requestById } from '../store/requests.ts';
import { readCurrent } from './here.ts';
import type { Outbox } from './outbox.ts';
import { idsToRead } from './prepare.ts';
import { decideOrQueue } from './request-updates.ts';
import type { Door } from './signed-update.ts';
import type { RequestView, UpdateInput } from './update.ts';
import { viewOf } from './view.ts';

const PATIENCE_MS = 10_000;

/**
 * What only the owner's administrators may ask for. Where this node does not hold the right, the request is signed and waits for
 * whoever does; answered once it is decided, and to be read here. Throws UNABLE where that takes long: it waits on.
 */
export async function askAsOwner(
  door: Door,
  outbox: Outbox,
  caller: Caller,
  book: StoredBook,
  update: UpdateInput,
): Promise<RequestView> {
  const current = () => readCurrent(door.pool, book.id, idsToRead(update));
  const view = await decideOrQueue(door, outbox, caller, { book, update, place: 'update' }, current);
  if (view.state !== 'QUEUED' || view.id === null) return view;
  const { id } = view;
  const decided = await whenDecided(door, id, async (now) => {
    const records = await readCurrent(
      door.pool,
      book.id,
      now.outcome.map(({ record }) => record),
    );
    return now.outcome.every(({ record, version }) => (records.get(record)?.version ?? 0) >= version);
  });
  if (decided) return decided;
  throw stillWaits(book);
}

export function stillWaits({ authority }: StoredBook): LotbookError {
  const message = `The request is signed and waits for ${authority}, which holds the right to approve: look later.`;
  return new LotbookError('UNABLE', message, { retryAfterMs: PATIENCE_MS });
}

/** A queued request once it is decided, and `isSeen`; null where that takes long. */
export function whenDecided(
  door: Door,
  id: string,
  isSeen: (decided: RequestView) => Promise<boolean> = () => Promise.resolve(true),
): Promise<RequestView | null> {
  return lookAgain(door.bell, { topic: `request:${id}`, patienceMs: PATIENCE_MS }, async () => {
    const request = await requestById(door.pool, id);
    if (!request?.decidedAt) return null;
    const decided = viewOf(request.book, request);
    return (await isSeen(decided)) ? decided : null;
  });
}
