import { LotbookError } from '../errors.ts';
import { type Caller, hasRole } from '../sharing/caller.ts';
import { grantToFields, type GrantTerms } from '../sharing/grant.ts';
import { exactNames } from '../sharing/permitted.ts';
import { askAsOwner } from './ask-as-owner.ts';
import { ownedBook, readCurrent } from './here.ts';
import type { Outbox } from './outbox.ts';
import { grantMoved } from './prepare-grant.ts';
import type { Door } from './signed-update.ts';
import type { RequestView } from './update.ts';

/** Each change commits to all names that grants give by name, beside its own: a token has room for 4,096. */
const MOST_NAMES_GRANTED = 1_000;

export interface GrantChange {
  book: string;
  /** Record id of the grant. */
  id: string;
  terms: GrantTerms;
  /** 0 for a new grant; the current version for its end. */
  base: number;
}

/**
 * Adds or ends a sharing rule: a change of the book like any other, and only the owner's administrators ask for it.
 * Throws CONFLICT, STALE_BASE, NOT_PERMITTED, UNABLE.
 */
export async function changeGrant(
  door: Door,
  outbox: Outbox,
  caller: Caller,
  { book: name, id, terms, base }: GrantChange,
): Promise<RequestView> {
  const book = await ownedBook(door, name, 'book');
  if (!hasRole(caller, 'ADMINISTRATOR', name))
    throw new LotbookError('NOT_PERMITTED', 'Administrators change sharing rules.');
  const version = (await readCurrent(door.pool, name, [id])).get(id)?.version ?? 0;
  if (version !== base) {
    const { code, message, ...details } = grantMoved(base, version);
    throw new LotbookError(code, message, details);
  }
  const now = door.clock();
  if (base === 0 && exactNames([...(await door.grants.of(name)), terms], now).length > MOST_NAMES_GRANTED) {
    const message = `The grants of a book give at most ${MOST_NAMES_GRANTED} fields by name: end one, or give * for all.`;
    throw new LotbookError('BAD_INPUT', message, { place: 'input.fields' });
  }
  const changes = [{ record: id, kind: 'GRANT' as const, base, fields: grantToFields(terms) }];
  return askAsOwner(door, outbox, caller, book, { book: name, key: door.uuid(), changes });
}
