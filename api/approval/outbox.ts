import type { Logger } from 'pino';
import { flatten } from '../events/fields.ts';
import type { JsonObject, JsonValue } from '../events/value.ts';
import { LotbookError } from '../errors.ts';
import { signRequest, type RequestedChange } from '../identity/request-token.ts';
import type { Signer } from '../identity/signer.ts';
import type { Caller } from '../sharing/caller.ts';
import type { Bell } from '../store/bell.ts';
import type { Pool } from '../store/database.ts';
import { queueRequest, takeDueRequests, updateQueued, type StoredRequest } from '../store/requests.ts';
import { contentHash, validatedContent } from './prepare.ts';
import type { RecordChange, RequestView, UpdateInput } from './update.ts';
import { viewOf } from './view.ts';

const LEASE_MS = 30_000;
const MOST_AT_ONCE = 50;
const IDLE_MS = 1_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** How often a request that waits for a person at the authority is asked after, at first. */
const FIRST_FOLLOW_MS = 1_000;

export interface OutboxDeps {
  pool: Pool;
  bell: Bell;
  signer: Signer;
  organisation: string;
  clock: () => number;
  uuid: () => string;
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

export interface Outbox {
  /** Signs and keeps an update of another node's book; it is delivered until it is decided. */
  queue(caller: Caller, authority: string, update: UpdateInput, place: string): Promise<RequestView>;
  start(): void;
  stop(): Promise<void>;
}

/** The durable queue of requests to other nodes: at least once, under one key, so they take effect once. */
export function openOutbox(deps: OutboxDeps): Outbox {
  let stopped = true;
  let wake: () => void = () => undefined;
  let loop: Promise<void> = Promise.resolve();

  const run = async (): Promise<void> => {
    while (!stopped) {
      const count = await deliverDue(deps).catch((error: unknown) => {
        deps.log.error({ err: error }, 'the outbox failed');
        return 0;
      });
      if (stopped) return;
      if (count === 0) await new Promise<void>((resolve) => pause(resolve));
    }
  };
  const pause = (resolve: () => void): void => {
    const timer = setTimeout(resolve, IDLE_MS);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  };

  return {
    async queue(caller, authority, update, place) {
      const id = deps.uuid();
      const createdAt = new Date(deps.clock());
      const changes = update.changes.map((change, index) =>
        requested(change, `${place}.changes[${index}]`, deps.uuid),
      );
      const token = await signRequest(
        {
          iss: deps.organisation,
          aud: authority,
          book: update.book,
          jti: id,
          iat: createdAt.getTime() / 1000,
          // Our own id: two programs of ours may use the same key.
          key: id,
          changes,
          ...(update.reason ? { reason: update.reason } : {}),
        },
        deps.signer,
      );
      const hash = contentHash(update);
      const stored = await queueRequest(deps.pool, {
        id,
        book: update.book,
        requester: caller.clientId,
        key: update.key,
        contentHash: hash,
        changes: JSON.stringify(changes),
        token,
        createdAt,
        reason: update.reason ?? null,
      });
      if (stored.contentHash !== hash) {
        const message = 'This idempotency key was used for another content.';
        throw new LotbookError('KEY_REUSED', message, { place: `${place}.key` });
      }
      wake();
      return viewOf(update.book, stored);
    },
    start() {
      if (!stopped) return;
      stopped = false;
      loop = run();
    },
    async stop() {
      stopped = true;
      wake();
      await loop;
    },
  };
}

/** A signed request always names its fields, so that the authority can decide field by field. */
function requested(change: RecordChange, place: string, uuid: () => string): RequestedChange {
  const base = change.base ?? 0;
  if (change.fields && base > 0) {
    if (!change.record) throw new LotbookError('BAD_INPUT', 'Name the record to be changed.', { place });
    return { record: change.record, type: change.kind, base, fields: change.fields };
  }
  if (base > 0) {
    const message = 'Ask for changes of a record of another organisation field by field.';
    throw new LotbookError('BAD_INPUT', message, { place: `${place}.content` });
  }
  const { id, fields } = change.valid ?? validatedContent(change, place, uuid);
  return { record: id, type: change.kind, base, fields };
}

/** Sends what is due, each authority's requests in one call. Answers how many were due. */
async function deliverDue(deps: OutboxDeps): Promise<number> {
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
  deps: OutboxDeps,
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
    const message = error instanceof LotbookError ? error.message : 'The authority could not be asked.';
    deps.log.warn(
      { authority, requests: requests.length, reason: message },
      'requests wait for their authority',
    );
    for (const request of requests) await postpone(deps, request, message);
  }
}

async function keepAnswer(deps: OutboxDeps, request: StoredRequest, answer: RemoteRequest): Promise<void> {
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
    nextAttempt: new Date(deps.clock() + backOff(attempts, FIRST_FOLLOW_MS)),
    lastError: null,
  });
  if (state !== request.state) deps.bell.ring(`request:${request.id}`);
}

async function postpone(
  deps: OutboxDeps,
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
