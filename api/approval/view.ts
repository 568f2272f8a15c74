import type { ErrorCode } from '../errors.ts';
import type { DecidedRequest } from '../store/commit.ts';
import type { StoredRequest } from '../store/requests.ts';
import type { PreparedUpdate, RecordVersion, RequestError, RequestView, UpdateInput } from './update.ts';

/** The row that a decision leaves. What an approved update asked for is in its entries; nothing is kept twice. */
export function decidedRequest(
  update: PreparedUpdate,
  decision: {
    state: 'APPROVED' | 'PENDING' | 'REFUSED';
    error: RequestError | null;
    outcome: readonly RecordVersion[];
    at: Date;
  },
): DecidedRequest {
  const { state, error, outcome, at } = decision;
  const isOpen = state === 'PENDING';
  const isDraft = error !== null && DRAFT_OF.has(error.code);
  return {
    id: update.id,
    requester: update.requester.id,
    key: update.input.key,
    contentHash: update.contentHash,
    state,
    changes: isOpen || isDraft ? JSON.stringify(update.input.changes) : null,
    outcome: state === 'APPROVED' ? JSON.stringify(outcome) : null,
    code: error?.code ?? null,
    message: error?.message ?? null,
    place: error?.place ?? null,
    currentVersion: error?.currentVersion ?? null,
    reason: update.approval?.reason ?? update.input.reason ?? null,
    createdAt: update.createdAt,
    decidedAt: isOpen ? null : at,
    decidedBy: update.approval?.by ?? null,
    token: update.token,
  };
}

/** What was to be saved and could not be is kept: its requester reads it with the request. */
const DRAFT_OF: ReadonlySet<ErrorCode> = new Set(['LOCKED', 'LOCK_LOST', 'STALE_BASE']);

/** A request as its requester and the approvers see it. */
export function viewOf(book: string, request: StoredRequest | DecidedRequest): RequestView {
  const { id, requester, key, state, createdAt, decidedAt, decidedBy, reason } = request;
  return {
    id,
    book,
    key,
    state,
    requester,
    createdAt,
    decidedAt,
    decidedBy,
    reason,
    error: errorOf(request),
    waitsFor: waitsForOf(request),
    provisional: state === 'PROVISIONAL' ? (request.provisional ?? null) : null,
    outcome: request.outcome ? (JSON.parse(request.outcome) as RecordVersion[]) : [],
    changes: request.changes ? (JSON.parse(request.changes) as unknown) : null,
  };
}

/** The same for another organisation: who decided is the owner's own affair, that the owner did is not. */
export function partnerView(view: RequestView): RequestView {
  return { ...view, decidedBy: view.decidedBy?.split('/')[0] ?? null };
}

/** An update that never became a request: its input is wrong, or it cannot be taken now. */
export function refusedView(
  update: Pick<UpdateInput, 'book' | 'key'>,
  requester: string,
  error: RequestError,
): RequestView {
  return {
    id: null,
    book: update.book,
    key: update.key,
    state: 'REFUSED',
    requester,
    createdAt: null,
    decidedAt: null,
    decidedBy: null,
    reason: null,
    error,
    waitsFor: null,
    provisional: null,
    outcome: [],
    changes: null,
  };
}

function waitsForOf(request: StoredRequest | DecidedRequest): string | null {
  const isWaiting = request.state === 'QUEUED' || request.state === 'PROVISIONAL';
  return isWaiting && 'lastError' in request ? request.lastError : null;
}

function errorOf(request: StoredRequest | DecidedRequest): RequestError | null {
  if (!request.code) return null;
  return {
    code: request.code as ErrorCode,
    message: request.message ?? '',
    place: request.place ?? undefined,
    currentVersion: request.currentVersion ?? undefined,
  };
}
