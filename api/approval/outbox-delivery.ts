import type { Logger } from 'pino';
import { LotbookError } from '../errors.ts';
import type { Bell } from '../store/bell.ts';
import type { Pool } from '../store/database.ts';
import { takeDueRequests, updateQueued, type StoredRequest } from '../store/requests.ts';

const LEASE_MS = 30_000;
const MOST_AT_ONCE = 50;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** How often a request that waits for a person at the authority is asked after, at first. */
const FIRST_FOLLOW_MS = 1_000;

export interface DeliveryDeps {
  pool: Pool;
  bell: Bell;
  organisation: string;
  clock: () => number;
  log: Logger;
  /** Hands signed requests to an authority; answers in their order. Rejects when it cannot be reached. */
  send: (authority: string, tokens: readonly string[]) => Promise<RemoteRequest[]>;
}

/** What an authority says of a request: the fields of UpdateRequest in schema/request.graphql. */
export interface RemoteRequest {
  state: 'PENDING' | 'APPROVED' | 'REFUSED' | 'REJECTED';
  decidedAt: string | null;
  decidedBy: string | null;
  reason: string | null;
  outcome: { record: string; version: number; seq: number }[];
  error: {
    code: string;
    message: string;
    place?: string | null;
    retryAfterMs?: number | null;
    currentVersion?: number | null;
  } | null;
}

/** Errors after which the same request may still succeed: it stays in the queue. */
const PASSING = new Set(['IN_USE', 'TOO_BUSY', 'SHUTTING_DOWN', 'INTERNAL', 'UNREACHABLE']);

/** Sends what is due, each authority's requests in one call. Answers how many were due. */
export async function deliverDue(deps: DeliveryDeps): Promise<number> {
  const now = new Date(deps.clock());
  const due = await takeDueRequests(deps.pool, deps.organisation, now, LEASE_MS, MOST_AT_ONCE);
  const byAuthority = new Map<string, StoredRequest[]>();
  for (const { authority, ...request } of due) {
    const requests = byAuthority.get(authority);
    if (requests) requests.push(request);
    else byAuthority.set(authority, [request]);
  }
  await Promise.all([...byAuthority].map(([authority, requests]) => deliverTo(deps, authority, requests)));
  return due.length;
}

async function deliverTo(
  deps: DeliveryDeps,
  authority: string,
  requests: readonly StoredRequest[],
): Promise<void> {
  try {
    const answers = await deps.send(
      authority,
      requests.map(({ token }) => token as string),
    );
    for (const [index, request] of requests.entries()) {
      const answer = answers[index];
      if (answer) await keepAnswer(deps, request, answer);
    }
  } catch (error) {
    if (error instanceof LotbookError && error.code === 'TOO_LARGE' && requests.length > 1) {
      // Each may be small enough: together they must not wait for ever.
      const half = requests.length >> 1;
      await deliverTo(deps, authority, requests.slice(0, half));
      return deliverTo(deps, authority, requests.slice(half));
    }
    const message = error instanceof LotbookError ? error.message : 'The authority could not be asked.';
    deps.log.warn(
      { authority, requests: requests.length, reason: message },
      'requests wait for their authority',
    );
    for (const request of requests) await postpone(deps, request, message);
  }
}

async function keepAnswer(deps: DeliveryDeps, request: StoredRequest, answer: RemoteRequest): Promise<void> {
  const { state, error } = answer;
  if (error && PASSING.has(error.code))
    return postpone(deps, request, error.message, error.retryAfterMs ?? undefined);
  const attempts = state === request.state ? request.attempts + 1 : 0;
  await updateQueued(deps.pool, request.id, {
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
    nextAttempt: state === 'PENDING' ? new Date(deps.clock() + backOff(attempts, FIRST_FOLLOW_MS)) : null,
    lastError: null,
  });
  if (state !== request.state) deps.bell.ring(`request:${request.id}`);
}

async function postpone(
  deps: DeliveryDeps,
  request: StoredRequest,
  message: string,
  atLeastMs = 0,
): Promise<void> {
  const pauseMs = Math.max(atLeastMs, backOff(request.attempts, FIRST_PAUSE_MS));
  await updateQueued(deps.pool, request.id, {
    ...request,
    attempts: request.attempts + 1,
    nextAttempt: new Date(deps.clock() + pauseMs),
    lastError: message,
  });
}

function backOff(attempts: number, firstMs: number): number {
  return Math.min(LONGEST_PAUSE_MS, firstMs * 2 ** Math.min(attempts, 10));
}
