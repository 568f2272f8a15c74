import type { Logger } from 'pino';
import { z } from 'zod';
import { errorCodes, LotbookError, type ErrorCode } from '../errors.ts';
import type { Bell } from '../store/bell.ts';
import type { Pool } from '../store/database.ts';
import { takeDueRequests, updateQueued, type StoredRequest } from '../store/requests.ts';

const LEASE_MS = 30_000;
const MOST_AT_ONCE = 50;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** The longest that an authority is left alone because it asks for that. */
const LONGEST_WISH_MS = 600_000;
/** How often a request that waits for a person at the authority is asked after, at first. */
const FIRST_FOLLOW_MS = 1_000;

export interface DeliveryDeps {
  pool: Pool;
  bell: Bell;
  organisation: string;
  clock: () => number;
  log: Logger;
  /** Hands signed requests to an authority; its answers, as they came, in their order. Rejects when it cannot be reached. */
  send: (authority: string, tokens: readonly string[]) => Promise<unknown>;
}

const CODES = Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]];
/** What the database can hold. */
const text = z
  .string()
  .max(10_000)
  .refine((value) => !/\0|\p{Surrogate}/u.test(value));
const count = z.number().int().min(0).max(2_147_483_647);

/** What an authority says of a request: the fields of UpdateRequest in schema/request.graphql. */
const remoteRequest = z.object({
  state: z.enum(['PENDING', 'APPROVED', 'REFUSED', 'REJECTED']),
  decidedAt: z.iso.datetime({ offset: true }).nullable(),
  decidedBy: text.nullable(),
  reason: text.nullable(),
  outcome: z.array(z.object({ record: text, version: count, seq: count })),
  error: z
    .object({
      // Of a later version: whoever asked has to look at what is there.
      code: z.enum(CODES).catch('CONFLICT'),
      message: text,
      place: text.nullish(),
      retryAfterMs: count.nullish(),
      currentVersion: count.nullish(),
    })
    .nullable(),
});
export type RemoteRequest = z.infer<typeof remoteRequest>;

/** Errors after which the same request may still succeed: it stays in the queue. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'IN_USE',
  'TOO_BUSY',
  'SHUTTING_DOWN',
  'INTERNAL',
  'UNREACHABLE',
]);

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
      const answer = remoteRequest.safeParse(Array.isArray(answers) ? answers[index] : null);
      if (answer.success) await keepAnswer(deps, request, answer.data);
      else await misunderstood(deps, authority, request);
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

async function misunderstood(deps: DeliveryDeps, authority: string, request: StoredRequest): Promise<void> {
  const message = 'The answer of the authority is not in the form that was agreed.';
  deps.log.warn(
    { authority, code: 'UNREACHABLE' },
    'an answer to a request is not in the form that was agreed',
  );
  await postpone(deps, request, message);
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
  const pauseMs = Math.max(Math.min(atLeastMs, LONGEST_WISH_MS), backOff(request.attempts, FIRST_PAUSE_MS));
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
