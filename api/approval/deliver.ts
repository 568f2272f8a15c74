import { LotbookError } from '../errors.ts';
import { checkRequest } from '../identity/request-token.ts';
import { RECORD_KINDS, type RecordKind } from '../ledger/change.ts';
import { audienceOf, type Caller } from '../sharing/caller.ts';
import { isAddressed } from '../sharing/grant.ts';
import { bookById } from '../store/books.ts';
import { decideHere, errorView, noBook, type Here } from './here.ts';
import { checkShape } from './shape.ts';
import type { RequestView, UpdateInput } from './update.ts';
import { partnerView, refusedView } from './view.ts';

/** Updates that a partner signed (`trace-request+jwt`). A stolen access token alone changes nothing. */
export function deliver(here: Here, caller: Caller, tokens: readonly string[]): Promise<RequestView[]> {
  return Promise.all(tokens.map((token, index) => deliverOne(here, caller, token, `tokens[${index}]`)));
}

async function deliverOne(here: Here, caller: Caller, token: string, place: string): Promise<RequestView> {
  let update: UpdateInput = { book: '', key: '', changes: [] };
  try {
    update = await signedUpdate(here, caller, token, place);
    checkShape(update, place);
    const book = await bookById(here.pool, update.book);
    const audience = audienceOf(caller);
    const grants = book?.authority === here.organisation ? await here.grants.of(book.id) : [];
    // Who has no part in the book is not told that it exists, nor which books of others are copied here.
    if (!grants.some((grant) => isAddressed(grant, audience))) throw noBook(`${place}.book`);
    const requester = { id: caller.organisation, audience, administrator: false };
    return partnerView(await decideHere(here, requester, update, place, { token }));
  } catch (error) {
    return refusedView(update, caller.organisation, errorView(here, error));
  }
}

async function signedUpdate(here: Here, caller: Caller, token: string, place: string): Promise<UpdateInput> {
  const keys = await here.keysOf(caller.organisation);
  const checked = checkRequest(token, { keys, issuer: caller.organisation });
  if (!checked.ok) {
    throw new LotbookError('UNVERIFIED', `The request cannot be verified (${checked.code}).`, { place });
  }
  const { book, key, reason, changes } = checked.claims;
  return {
    book,
    key,
    reason: reason ?? null,
    changes: changes.map(({ record, type, base, fields }, index) => {
      const kind = RECORD_KINDS.find((known) => known === type);
      if (kind) return { record, kind: kind satisfies RecordKind, base, fields };
      throw new LotbookError('BAD_INPUT', 'There is no such kind of record.', {
        place: `${place}.changes[${index}].type`,
      });
    }),
  };
}
