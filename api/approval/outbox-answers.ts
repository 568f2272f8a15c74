import type { Logger } from 'pino';
import { peekClaims, type PinnedKeys } from '../identity/jws.ts';
import { tokenHash } from '../ledger/change.ts';
import { verifyProvisional } from '../ledger/statements/provisional.ts';
import { keepEvidence } from '../store/authority.ts';
import type { Bell } from '../store/bell.ts';
import { forgetDecided } from '../store/erasure.ts';
import type { Pool } from '../store/database.ts';
import { requestById, updateQueued, type StoredRequest } from '../store/requests.ts';
import { decisionIn, type RemoteRequest } from './remote-request.ts';

export interface AnswersDeps {
  pool: Pool;
  bell: Bell;
  /** ms since 1970 */
  clock: () => number;
  log: Logger;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** The longest that a node is left alone because it asks for that. */
const LONGEST_WISH_MS = 600_000;
/** How often a request that a node has taken, and not decided, is asked after, at first. */
const FIRST_FOLLOW_MS = 1_000;

export const PAUSES = { firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS };

/** Keeps what a node said of a request. Of two decisions the first stays; another one is an alarm, and both are kept. */
export async function keepAnswer(
  deps: AnswersDeps,
  request: StoredRequest,
  answer: RemoteRequest,
): Promise<void> {
  const { state, error } = answer;
  const isOpen = state === 'PENDING' || state === 'PROVISIONAL';
  const attempts = state === request.state ? request.attempts + 1 : 0;
  const isKept = await updateQueued(deps.pool, request.id, {
    state,
    outcome: state === 'APPROVED' ? JSON.stringify(answer.outcome) : null,
    code: error?.code ?? null,
    message: error?.message ?? null,
    place: error?.place ?? null,
    currentVersion: error?.currentVersion ?? null,
    reason: answer.reason ?? request.reason,
    decidedAt: answer.decidedAt ? new Date(answer.decidedAt) : null,
    decidedBy: answer.decidedBy,
    attempts,
    nextAttempt: isOpen ? new Date(deps.clock() + backOff(attempts, FIRST_FOLLOW_MS)) : null,
    lastError: null,
    provisional: state === 'PROVISIONAL' ? (answer.provisional ?? null) : null,
  });
  if (isKept && !isOpen) await forgetDecided(deps.pool, request.book, request.id);
  if (!isKept) await compare(deps, request, answer);
  else if (state !== request.state) deps.bell.ring(`request:${request.id}`);
}

/** Leaves a request in the queue, for at least so long. */
export async function postpone(
  deps: AnswersDeps,
  request: StoredRequest,
  message: string,
  atLeastMs = 0,
): Promise<void> {
  const pauseMs = Math.max(Math.min(atLeastMs, LONGEST_WISH_MS), backOff(request.attempts, FIRST_PAUSE_MS));
  await waitOn(deps, request, message, pauseMs);
}

/** Leaves a request in the queue for this time. */
export async function waitOn(
  deps: AnswersDeps,
  request: StoredRequest,
  message: string,
  pauseMs: number,
): Promise<void> {
  await updateQueued(deps.pool, request.id, {
    ...request,
    attempts: request.attempts + 1,
    nextAttempt: new Date(deps.clock() + pauseMs),
    lastError: message,
  });
}

/** Whether the provisional answer is the signed word of a member about this very request. */
export function isWordOfMember(
  { provisional }: RemoteRequest,
  { book, token }: StoredRequest,
  keysOfMembers: ReadonlyMap<string, PinnedKeys>,
): boolean {
  const issuer = peekClaims(provisional ?? '')?.['iss'];
  const keys = typeof issuer === 'string' ? keysOfMembers.get(issuer) : undefined;
  if (!keys || !provisional) return false;
  const word = verifyProvisional(provisional, { keys, issuer: issuer as string, book });
  return word.ok && word.claims.request === tokenHash(token ?? '');
}

async function compare(deps: AnswersDeps, { id, book }: StoredRequest, answer: RemoteRequest): Promise<void> {
  const second = decisionIn(answer);
  const kept = second === null ? null : await requestById(deps.pool, id);
  const first = kept ? decisionOf(kept) : null;
  if (first === null || second === null || first === second) return;
  const detail = `request ${id} was answered in two ways`;
  const at = new Date(deps.clock());
  if (await keepEvidence(deps.pool, book, { kind: 'ANSWER', detail, first, second, at })) {
    deps.log.error({ book, request: id }, 'a request was answered in two ways: the first answer stays');
  }
}

function decisionOf({ state, outcome, code }: StoredRequest): string {
  return JSON.stringify({ state, outcome: outcome === null ? [] : (JSON.parse(outcome) as unknown), code });
}

function backOff(attempts: number, firstMs: number): number {
  return Math.min(LONGEST_PAUSE_MS, firstMs * 2 ** Math.min(attempts, 10));
}
