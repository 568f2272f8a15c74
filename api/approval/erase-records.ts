import { canonicalIdentifier } from '../events/identifiers.ts';
import { LotbookError } from '../errors.ts';
import { hasRole, type Caller } from '../sharing/caller.ts';
import { heldOf } from '../store/retention.ts';
import { askAsOwner } from './ask-as-owner.ts';
import { ownedBook, readCurrent } from './here.ts';
import type { Outbox } from './outbox.ts';
import { isReason } from './shape.ts';
import type { Door } from './signed-update.ts';
import type { RequestView } from './update.ts';

/**
 * Erases records, all of them or none: changes of the book like any other, which every member and every partner that could see a
 * record obeys when it applies them. What a record held cannot be had again; that it was there, and its chain of tokens, stays.
 * Throws NOT_FOUND, NOT_PERMITTED, BAD_INPUT, CONFLICT for what is held for legal reasons, UNABLE.
 */
export async function eraseRecords(
  door: Door,
  outbox: Outbox,
  caller: Caller,
  { book: name, records: given, reason }: { book: string; records: readonly string[]; reason: string },
): Promise<RequestView> {
  const book = await ownedBook(door, name, 'book');
  if (!hasRole(caller, 'ADMINISTRATOR', name))
    throw new LotbookError('NOT_PERMITTED', 'Administrators erase records.');
  if (!isReason(reason))
    throw new LotbookError('BAD_INPUT', 'Say why in plain words: the reason stays.', { place: 'reason' });
  const records = [...new Set(given.map(canonicalIdentifier))];
  const [held] = await heldOf(door.pool, name, records);
  if (held !== undefined) {
    const message = `${held} is held for legal reasons: release it first.`;
    throw new LotbookError('CONFLICT', message, { place: 'record' });
  }
  const current = await readCurrent(door.pool, name, records);
  const changes = records.map((record) => {
    const kind = current.get(record)?.kind;
    if (!kind) throw new LotbookError('NOT_FOUND', 'There is no such record.', { place: 'record' });
    return { record, kind, base: null, erase: reason };
  });
  return askAsOwner(door, outbox, caller, book, { book: name, key: door.uuid(), changes });
}
