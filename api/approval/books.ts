import { LotbookError } from '../errors.ts';
import { audienceOf, type Caller } from '../sharing/caller.ts';
import { grantToFields, ORDINARY_PURPOSE, type GrantTerms } from '../sharing/grant.ts';
import { exactNames } from '../sharing/permitted.ts';
import { attributesOf } from '../sharing/subject.ts';
import { bookById, currentStates, insertBook, type StoredBook } from '../store/books.ts';
import { ownBook, type Here } from './here.ts';
import { contentHash } from './shape.ts';
import { requesterOf, type PreparedUpdate, type RequestView, type UpdateInput } from './update.ts';
import { viewOf } from './view.ts';

const BOOK_NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const LONGEST_NAME = 63;
const LONGEST_TITLE = 200;
/** Each change commits to all names that grants give by name, beside its own: a token has room for 4,096. */
const MOST_NAMES_GRANTED = 1_000;

/** Every book starts with this rule, visible and endable like any other: the owner's editors need no second person. */
const EDITORS_GRANT = 'urn:lotbook:grant:editors';
const EDITORS_TERMS: GrantTerms = {
  right: 'CHANGE',
  audience: { organisations: [], groups: [], roles: ['EDITOR'], public: false },
  selector: { kinds: [], products: [], lots: [], from: null, until: null },
  fields: ['*'],
  purpose: ORDINARY_PURPOSE,
  from: null,
  until: null,
  backfill: false,
  title: 'Our editors may change everything',
};

/** Opens a book under this node's authority. Throws BAD_INPUT, CONFLICT. */
export async function createBook(
  here: Here,
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
  await changeGrant(here, caller, { book: id, id: EDITORS_GRANT, terms: EDITORS_TERMS, base: 0 });
  return (await bookById(here.pool, id)) as StoredBook;
}

export interface GrantChange {
  book: string;
  /** Record id of the grant. */
  id: string;
  terms: GrantTerms;
  /** 0 for a new grant; the current version for its end. */
  base: number;
}

/** Adds or ends a sharing rule: a change of the book like any other. Throws CONFLICT, STALE_BASE, NOT_PERMITTED. */
export async function changeGrant(
  here: Here,
  caller: Caller,
  { book, id, terms, base }: GrantChange,
): Promise<RequestView> {
  await ownBook(here, book, 'book');
  const requester = requesterOf(caller, audienceOf(caller));
  if (!requester.administrator)
    throw new LotbookError('NOT_PERMITTED', 'Administrators change sharing rules.');
  const [current] = await currentStates(here.pool, book, [id]);
  const version = current?.version ?? 0;
  if (version !== base) throw grantMoved(base, version);
  const now = here.clock();
  if (base === 0 && exactNames([...(await here.grants.of(book)), terms], now).length > MOST_NAMES_GRANTED) {
    const message = `The grants of a book give at most ${MOST_NAMES_GRANTED} fields by name: end one, or give * for all.`;
    throw new LotbookError('BAD_INPUT', message, { place: 'input.fields' });
  }
  const state = grantToFields(terms);
  const requestId = here.uuid();
  const input: UpdateInput = {
    book,
    key: requestId,
    changes: [{ record: id, kind: 'GRANT', base, fields: state }],
  };
  const update: PreparedUpdate = {
    id: requestId,
    requester,
    input,
    contentHash: contentHash(input),
    createdAt: new Date(now),
    token: null,
    approval: null,
    changes: [
      {
        index: 0,
        record: id,
        kind: 'GRANT',
        base,
        seenVersion: version,
        names: Object.keys(state),
        before: null,
        after: attributesOf('GRANT', id, state),
        state,
        same: false,
        links: [],
        refusal: null,
      },
    ],
  };
  const result = await here.sequencer.submit(update);
  if (result.kind === 'DECIDED') return viewOf(book, result.request);
  throw result.kind === 'FAILED' ? result.error : grantMoved(base, version + 1);
}

function grantMoved(base: number, currentVersion: number): LotbookError {
  return base === 0
    ? new LotbookError('CONFLICT', 'There is a grant with this name.', { place: 'input.name' })
    : new LotbookError('STALE_BASE', 'The grant has changed.', { currentVersion });
}
