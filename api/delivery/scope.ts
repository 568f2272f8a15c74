import { LotbookError } from '../errors.ts';
import { hasRole, type Caller } from '../sharing/caller.ts';
import { ORDINARY_PURPOSE, type Grant } from '../sharing/grant.ts';
import { isInForce, type Question } from '../sharing/permitted.ts';
import { findBook, type ListedBook } from '../store/book-list.ts';
import type { Database } from '../store/database.ts';
import type { Grants } from '../store/grants.ts';
import { findOrganisation } from '../store/partners.ts';
import { readerIn } from './reader.ts';

/** In whose eyes a book is read. */
export interface Scope {
  book: ListedBook;
  grants: readonly Grant[];
  question: Question | 'OWN';
  /** True where one of the node's own people looks with a partner's eyes. */
  viewAs: boolean;
}

export interface ScopeServices {
  db: Database;
  grants: Grants;
  clock: () => number;
  /** The organisation that runs this node. */
  organisation: string;
}

/**
 * Opens a book for a caller, or for one of the node's own people with the eyes of a partner.
 * @throws LotbookError NOT_FOUND, also for a book of which no grant in force gives the caller anything; NOT_PERMITTED
 */
export async function scopeOf(
  services: ScopeServices,
  caller: Caller,
  bookId: string,
  viewAs?: string | null,
): Promise<Scope> {
  const { db, grants } = services;
  if (caller.own ? !hasRole(caller, 'VIEWER', bookId) : viewAs) {
    throw new LotbookError('NOT_PERMITTED', 'This is for people of the organisation with the role VIEWER.');
  }
  const book = await findBook(db.pool, bookId);
  const reader = book && (await readerIn(services, book, caller));
  // Also of a book that is not there: the time that it takes tells nobody which of the two it is.
  const rules = await grants.of(bookId);
  if (!book || !reader) throw noSuchBook();
  const scope = { book, grants: rules, viewAs: Boolean(viewAs) };
  if (reader !== 'OWN') {
    if (viewAs)
      throw new LotbookError('NOT_PERMITTED', 'Its owner alone sees this book with the eyes of others.');
    const question = questionOf(services, reader);
    if (!isOpenTo(scope.grants, question)) throw noSuchBook();
    return { ...scope, question };
  }
  return { ...scope, question: viewAs ? await partnersQuestion(services, viewAs) : 'OWN' };
}

/** Does any grant of the book hold for the caller now? */
export function isOpenTo(grants: readonly Grant[], question: Question): boolean {
  return grants.some((grant) => isInForce(grant, question));
}

export function questionOf({ clock }: ScopeServices, audience: Question['audience']): Question {
  return { audience, purpose: ORDINARY_PURPOSE, now: clock() };
}

async function partnersQuestion(services: ScopeServices, id: string): Promise<Question> {
  const partner = await findOrganisation(services.db.prisma, id);
  if (partner?.status !== 'ACTIVE') {
    throw new LotbookError('NOT_FOUND', 'This organisation is no active partner; it sees nothing.', {
      place: 'viewAs',
    });
  }
  return questionOf(services, { organisation: id, groups: partner.groups, roles: [] });
}

function noSuchBook(): LotbookError {
  return new LotbookError('NOT_FOUND', 'There is no such book, or none that you may see.', { place: 'book' });
}
