import { LotbookError } from '../errors.ts';
import type { Caller } from '../sharing/caller.ts';
import { ORDINARY_PURPOSE, type GrantTerms } from '../sharing/grant.ts';
import { bookById, insertBook, type StoredBook } from '../store/books.ts';
import { changeGrant } from './change-grant.ts';
import type { Outbox } from './outbox.ts';
import type { Door } from './signed-update.ts';

const BOOK_NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const LONGEST_NAME = 63;
const LONGEST_TITLE = 200;

/** Every book starts with this rule, visible and endable like any other: the owner's editors need no second person. */
const EDITORS_GRANT = 'urn:lotbook:grant:editors';
const EDITORS_TERMS: GrantTerms = {
  right: 'CHANGE',
  audience: { organisations: [], groups: [], roles: ['EDITOR'], public: false },
  selector: { kinds: [], products: [], lots: [], records: [], from: null, until: null },
  fields: ['*'],
  purpose: ORDINARY_PURPOSE,
  from: null,
  until: null,
  backfill: false,
  title: 'Our editors may change everything',
};

/** Opens a book under this node's authority. Throws BAD_INPUT, CONFLICT. */
export async function createBook(
  here: Door,
  outbox: Outbox,
  caller: Caller,
  { name, title }: { name: string; title: string },
): Promise<StoredBook> {
  if (!BOOK_NAME.test(name) || name.length > LONGEST_NAME) {
    const message = `A book is named with lower-case letters, digits and hyphens, at most ${LONGEST_NAME}.`;
    throw new LotbookError('BAD_INPUT', message, { place: 'input.name' });
  }
  if (title.trim() === '' || title.length > LONGEST_TITLE || /\p{Cc}/u.test(title)) {
    const message = `A title is plain text of 1 to ${LONGEST_TITLE} characters.`;
    throw new LotbookError('BAD_INPUT', message, { place: 'input.title' });
  }
  const id = `${here.organisation}/${name}`;
  const inserted = await insertBook(here.pool, {
    id,
    title,
    owner: here.organisation,
    authority: here.organisation,
    createdAt: new Date(here.clock()),
    slotKey: here.randomBytes(32),
  });
  // A book without an entry is one whose opening was cut off: it is opened to the end now.
  if (!inserted && (await bookById(here.pool, id))?.length !== 0) {
    throw new LotbookError('CONFLICT', 'There is a book with this name.', { place: 'input.name' });
  }
  await changeGrant(here, outbox, caller, { book: id, id: EDITORS_GRANT, terms: EDITORS_TERMS, base: 0 });
  return (await bookById(here.pool, id)) as StoredBook;
}
