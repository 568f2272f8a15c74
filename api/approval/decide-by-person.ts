import { LotbookError } from '../errors.ts';
import { hasRole, type Caller } from '../sharing/caller.ts';
import { pendingRequests, rejectRequest, requestById, type StoredRequest } from '../store/requests.ts';
import { decideHere, ownBook, type Here } from './here.ts';
import type { RecordChange, RequestView } from './update.ts';
import { partnerView, viewOf } from './view.ts';

/** A person lets a waiting request pass. If its record has moved meanwhile the request is refused with STALE_BASE. */
export async function approveRequest(
  here: Here,
  caller: Caller,
  id: string,
  reason: string | null,
): Promise<RequestView> {
  const request = await waitingRequest(here, caller, id);
  const { book, key, requester, token, createdAt, contentHash } = request;
  const changes = JSON.parse(request.changes ?? '[]') as RecordChange[];
  const audience = { organisation: requester, groups: [], roles: [] };
  return decideHere(
    here,
    { id: requester, audience, administrator: false },
    { book, key, changes, reason: request.reason },
    'request',
    { id, token, createdAt, contentHash, approval: { by: caller.clientId, reason } },
  );
}

export async function rejectByPerson(
  here: Here,
  caller: Caller,
  id: string,
  reason: string,
): Promise<RequestView> {
  const waiting = await waitingRequest(here, caller, id);
  if (here.seatOf(waiting.book)) return rejectInLog(here, caller, waiting, reason);
  const request = await rejectRequest(here.pool, id, reason, new Date(here.clock()), caller.clientId);
  if (!request) throw alreadyDecided();
  here.bell.ring(`request:${id}`);
  return viewOf(request.book, request);
}

/** Where other nodes have to stand by it, the rejection is an entry of the book's log. */
async function rejectInLog(
  here: Here,
  caller: Caller,
  { id, book, key, requester, token, createdAt, contentHash, changes }: StoredRequest,
  reason: string,
): Promise<RequestView> {
  const audience = { organisation: requester, groups: [], roles: [] };
  const result = await here.sequencer.submit({
    id,
    requester: { id: requester, audience, administrator: false },
    input: { book, key, changes: JSON.parse(changes ?? '[]') as RecordChange[] },
    contentHash,
    changes: [],
    createdAt,
    token,
    approval: null,
    rejection: { by: caller.clientId, reason },
  });
  if (result.kind === 'FAILED') throw result.error;
  if (result.kind !== 'DECIDED') throw alreadyDecided();
  return viewOf(book, result.request);
}

/** A request, for the people of its requester's organisation who may see the book, and for approvers; null for everybody else. */
export async function readRequest(here: Here, caller: Caller, id: string): Promise<RequestView | null> {
  const request = await requestById(here.pool, id);
  if (!request) return null;
  const view = viewOf(request.book, request);
  const isRequester = request.requester.split('/')[0] === caller.organisation;
  if (caller.own) {
    const isOwn = request.requester === caller.clientId;
    const role = isRequester ? 'VIEWER' : 'APPROVER';
    return isOwn || hasRole(caller, role, request.book) ? view : null;
  }
  return isRequester ? partnerView(view) : null;
}

/** Requests that wait for a person, oldest first. */
export async function pendingOf(
  here: Here,
  book: string,
  first: number,
  after: { createdAt: Date; id: string } | null,
): Promise<{ items: RequestView[]; hasNextPage: boolean }> {
  await ownBook(here, book, 'book');
  const rows = await pendingRequests(here.pool, book, first + 1, after);
  return { items: rows.slice(0, first).map((row) => viewOf(book, row)), hasNextPage: rows.length > first };
}

/** A waiting request of a book of this authority that the caller may decide. */
async function waitingRequest(here: Here, caller: Caller, id: string): Promise<StoredRequest> {
  const request = await requestById(here.pool, id);
  if (!request) throw new LotbookError('NOT_FOUND', 'There is no such request.', { place: 'id' });
  if (!hasRole(caller, 'APPROVER', request.book))
    throw new LotbookError('NOT_PERMITTED', 'This needs the role APPROVER in the book of the request.');
  await ownBook(here, request.book, 'id');
  if (request.state !== 'PENDING') throw alreadyDecided();
  if (request.requester === caller.clientId) {
    throw new LotbookError('NOT_PERMITTED', 'Another person decides a request than the one who made it.');
  }
  return request;
}

function alreadyDecided(): LotbookError {
  return new LotbookError('ALREADY_DECIDED', 'The request has been decided already.', { place: 'id' });
}
