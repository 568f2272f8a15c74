import { LotbookError } from '../errors.ts';
import { ownerOf } from '../identity/request-token.ts';
import type { UnableClaims } from '../ledger/statements/unable.ts';
import type { Caller } from '../sharing/caller.ts';
import { isAddressed } from '../sharing/grant.ts';
import { bookById, type StoredBook } from '../store/books.ts';
import { knownRequests, type StoredRequest } from '../store/requests.ts';
import { decideHere, errorView, noBook } from './here.ts';
import { answerAlone } from './provisional.ts';
import { relayed, type PassedOn } from './relayed.ts';
import { checkShape } from './shape.ts';
import {
  idAtOwner,
  readSigned,
  requesterIn,
  standingOf,
  type Door,
  type SignedUpdate,
} from './signed-update.ts';
import { readNotice } from './unable-notice.ts';
import type { Requester, RequestView } from './update.ts';
import { partnerView, refusedView, viewOf } from './view.ts';

/** When a requester should come again whose notice was noted. */
const AGAIN_MS = 200;

/**
 * Updates that their requesters signed (`trace-request+jwt`); a stolen access token alone changes nothing. The holder of
 * the right decides them. Another member answers what is final, and turns everything else away with NOT_AUTHORITY - but
 * from a requester whose notice says that the holder does not answer it, it hands the rest to the holder, where it hears it;
 * where it does not, it notes the notice, and answers UNABLE or, if the owner wants that, provisionally.
 */
export async function deliver(
  here: Door,
  caller: Caller,
  tokens: readonly string[],
  unable: string | null = null,
): Promise<RequestView[]> {
  const notice = unable === null ? null : await readNotice(here, caller, unable, tokens);
  const taken = await Promise.all(
    tokens.map((token, index) => take(here, caller, token, notice, `tokens[${index}]`)),
  );
  if (notice && taken.some(({ isNoticed }) => isNoticed)) here.authority.notice(notice.book, notice);
  const passedOn = taken.flatMap(({ passOn }) => passOn ?? []);
  const answers = passedOn.length > 0 ? await relayed(here, caller.organisation, passedOn) : new Map();
  return taken.map(({ view, passOn }) => view ?? (answers.get(passOn?.token) as RequestView));
}

/** What became of one token: a view, or it is to be passed on. */
interface Taken {
  view?: RequestView;
  passOn?: PassedOn;
  isNoticed?: boolean;
}

async function take(
  here: Door,
  caller: Caller,
  token: string,
  notice: UnableClaims | null,
  place: string,
): Promise<Taken> {
  const name = { book: '', key: '', requester: caller.organisation };
  let isNoticed = false;
  try {
    const update = await readSigned(here, caller, token, place);
    Object.assign(name, { book: update.input.book, key: update.input.key, requester: requesterIn(update) });
    checkShape(update.input, place, update.signer === ownerOf(update.input.book), true);
    const { book, requester } = await placeOf(here, caller, update, place);
    const part = here.authority.standing(book.id);
    const known = part === 'SOLO' ? undefined : await knownOf(here, update);
    if (known && isDecided(known)) return { view: partnerView(viewOf(book.id, sameAgain(known, update))) };
    if (part === 'SOLO' || part === 'HOLDER')
      return { view: await decideAsHolder(here, requester, update, known, place) };
    const isAsked = notice?.book === book.id;
    if (part === 'HEARS_HOLDER' && isAsked && update.signer === caller.organisation && !caller.own) {
      return { passOn: { ...name, token } };
    }
    if (part === 'ELSEWHERE') {
      throw new LotbookError('IN_USE', 'Another process of this node looks after this book.', {
        retryAfterMs: AGAIN_MS,
      });
    }
    if (part !== 'SILENT' || !isAsked) {
      throw new LotbookError('NOT_AUTHORITY', 'Another node holds the right to approve for this book.', {
        place,
      });
    }
    isNoticed = true;
    return { view: await answerWithoutHolder(here, requester, update, place), isNoticed };
  } catch (error) {
    return { view: refusedView(name, name.requester, errorView(here, error)), isNoticed };
  }
}

/** The book and who asks in it. Who has no part in it is not told that it exists, nor which books of others are copied here. */
async function placeOf(
  here: Door,
  caller: Caller,
  update: SignedUpdate,
  place: string,
): Promise<{ book: StoredBook; requester: Requester }> {
  const book = await bookById(here.pool, update.input.book);
  const requester = book && isHeld(here, book) ? await standingOf(here, caller, update, book.owner) : null;
  if (!book || !requester) throw noBook(`${place}.book`);
  const isOwner = requester.audience.organisation === book.owner;
  const grants = isOwner ? [] : await here.grants.of(book.id);
  if (!isOwner && !grants.some((grant) => isAddressed(grant, requester.audience)))
    throw noBook(`${place}.book`);
  return { book, requester };
}

/** Also by another process of this node, or by this one as soon as it has begun. */
function isHeld({ authority, organisation }: Door, book: StoredBook): boolean {
  const part = authority.standing(book.id);
  return part === 'SOLO' ? book.authority === organisation : part !== 'NONE';
}

async function knownOf(here: Door, update: SignedUpdate): Promise<StoredRequest | undefined> {
  const { book, key } = update.input;
  const [known] = await knownRequests(here.pool, book, [{ requester: requesterIn(update), key }]);
  return known;
}

function isDecided({ decidedAt }: StoredRequest): boolean {
  return decidedAt !== null;
}

function sameAgain(known: StoredRequest, { contentHash }: SignedUpdate): StoredRequest {
  if (known.contentHash === contentHash) return known;
  throw new LotbookError('KEY_REUSED', 'This idempotency key was used for another content.', {
    place: 'key',
  });
}

/** Under the id that it has here already, or at the owner's node. */
async function decideAsHolder(
  here: Door,
  requester: Requester,
  update: SignedUpdate,
  known: StoredRequest | undefined,
  place: string,
): Promise<RequestView> {
  const { token, contentHash } = update;
  const id = known?.id ?? idAtOwner(update);
  try {
    const given = { token, contentHash, ...(id !== undefined && { id }) };
    return partnerView(await decideHere(here, requester, update.input, place, given));
  } catch (error) {
    if (!(error instanceof LotbookError && error.code === 'UNABLE')) throw error;
    return answerWithoutHolder(here, requester, update, place, error);
  }
}

async function answerWithoutHolder(
  here: Door,
  requester: Requester,
  update: SignedUpdate,
  place: string,
  error = new LotbookError('UNABLE', 'The holder of the right to approve is not heard here either.', {
    retryAfterMs: AGAIN_MS,
  }),
): Promise<RequestView> {
  const { book } = update.input;
  if (here.authority.mode(book) === 'strict') throw error;
  const request = await answerAlone(here, requester, update, { place, final: here.authority.final(book) });
  if (!request) throw error;
  return partnerView(viewOf(book, request));
}
