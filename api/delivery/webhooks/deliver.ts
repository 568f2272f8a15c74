import { LotbookError, toLotbookError } from '../../errors.ts';
import { sha256 } from '../../identity/sha256.ts';
import { signWebhook } from '../../identity/webhook.ts';
import { readText } from '../../peers/outbound.ts';
import { beginDelivery, endDelivery } from '../../store/webhook-deliveries.ts';
import { settleWebhook, type LeasedWebhook, type WebhookMove } from '../../store/webhooks.ts';
import type { FeedBatch } from '../feed.ts';
import type { WebhookDeps } from './deps.ts';
import { nextBatch, type NextBatch } from './next-batch.ts';

/** An address has so long to answer. */
export const PATIENCE_MS = 15_000;
const BATCH = 64;
/** Where nothing rings: grants begin and end by themselves, and a ring can be lost. */
const IDLE_MS = 60_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 3_600_000;
const MOST_ANSWER_BYTES = 65_536;

/**
 * One turn of a webhook: reads the next batch, posts it, and moves the cursor when it was taken. At least once: who dies in
 * between has it posted again under the same id. Never rejects.
 *
 * What is posted is decided a moment before it leaves, by what feeds go by. `signal` aborts where the subscriber may have nothing
 * any more while it is posted.
 */
export async function deliverNext(
  deps: WebhookDeps,
  webhook: LeasedWebhook,
  signal: AbortSignal,
): Promise<void> {
  const { db, log } = deps;
  const { id, book } = webhook;
  const move = await turn(deps, webhook, signal).catch((error: unknown): WebhookMove => {
    log.error({ err: error, webhook: id, book }, 'a webhook could not be served');
    return { pauseMs: IDLE_MS };
  });
  if (move.state === 'DISABLED')
    log.error(
      { webhook: id, book, reason: move.reason },
      'a webhook was given up: enable it when its address answers',
    );
  await settleWebhook(db.pool, webhook, move).catch((error: unknown) =>
    log.error({ err: error, webhook: id }, 'what became of a webhook could not be stored'),
  );
}

async function turn(deps: WebhookDeps, webhook: LeasedWebhook, signal: AbortSignal): Promise<WebhookMove> {
  const { cursor, subscriber } = webhook;
  const caller = await deps.callerNamed(subscriber);
  if (!caller)
    return held('Its subscriber may not call now: it is suspended, removed, or its key was revoked.');
  const request = { book: webhook.book, caller, after: cursor, limit: BATCH };
  const next = await nextBatch(deps, request).catch((error: unknown) => {
    const { code } = toLotbookError(error);
    if (code === 'NOT_FOUND') return held('Nothing of the book is opened to its subscriber.');
    // Other groups than before, or a database that was set back: what there is is handed out anew.
    if (code === 'CURSOR_EXPIRED' || code === 'FUTURE_CURSOR') return { cursor: null, seen: -1, pauseMs: 0 };
    throw error;
  });
  if (!('batch' in next)) return next;
  const { batch, length } = next;
  const onward = { state: 'ACTIVE', cursor: batch.cursor, seen: batch.caughtUp ? length : -1 } as const;
  const pauseMs = batch.caughtUp ? IDLE_MS : 0;
  // The first says that the address is heard of, also where there is nothing for it yet.
  if (batch.items.length === 0 && cursor !== null) return { ...onward, pauseMs };
  const outcome = await post(deps, webhook, next, signal);
  if (outcome === null) return { ...onward, failed: null, pauseMs };
  if (signal.aborted) return { pauseMs: 0 };
  return afterFailure(deps, webhook, outcome);
}

function held(reason: string): WebhookMove {
  return { state: 'HELD', reason, pauseMs: IDLE_MS, seen: -1 };
}

/** Why an attempt failed. */
interface Failure {
  error: string;
  /** The address is gone for good. */
  isGone: boolean;
  retryAfterMs: number;
}

/** Posts a batch; null when it was taken. */
async function post(
  deps: WebhookDeps,
  { id: webhook, book, url, cursor: after }: LeasedWebhook,
  { batch }: NextBatch,
  signal: AbortSignal,
): Promise<Failure | null> {
  const { clock, db, organisation, randomId, send, signer } = deps;
  const { cursor, items } = batch;
  const digest = sha256(JSON.stringify(batch));
  const about = { id: randomId(), webhook, after, cursor, items: items.length, digest };
  const id = await beginDelivery(db.pool, about);
  const feed: FeedBatch = batch;
  const claims = { iss: organisation, aud: url, jti: id, iat: clock() / 1000, book, feed };
  const { body, signature } = await signWebhook(claims, signer);
  try {
    const headers = { 'content-type': 'application/json', 'lotbook-signature': signature };
    const answer = await send(url, { method: 'POST', headers, body, timeoutMs: PATIENCE_MS, signal });
    const { status } = answer;
    const retryAfterMs = waitOf(answer.headers.get('retry-after'));
    // What it says is of no use, but a connection is used again when it was read.
    await readText(answer, MOST_ANSWER_BYTES).catch(() => undefined);
    const isTaken = status >= 200 && status < 300;
    const error = isTaken ? null : `it answered ${status}`;
    await endDelivery(db.pool, { id, status, error });
    return error === null ? null : { error, isGone: status === 410, retryAfterMs };
  } catch (error) {
    if (!(error instanceof LotbookError)) throw error;
    await endDelivery(db.pool, { id, status: null, error: error.message });
    return { error: error.message, isGone: false, retryAfterMs: 0 };
  }
}

/** Tries again later and later; gives an address up that is gone, or has failed for too long. */
function afterFailure(
  { giveUpMs, log, random, clock }: WebhookDeps,
  { id, book, failures, failingSince }: LeasedWebhook,
  { error: failed, isGone, retryAfterMs }: Failure,
): WebhookMove {
  if (failures === 0) log.warn({ webhook: id, book, why: failed }, 'a webhook does not take what is posted');
  const failingMs = failingSince === null ? 0 : clock() - failingSince.getTime();
  if (isGone || failingMs >= giveUpMs) {
    const since = isGone ? '' : `Nothing was taken since ${failingSince?.toISOString()}; the last time `;
    return { state: 'DISABLED', reason: `${since}${failed}.`.replace(/^i/, 'I'), failed, pauseMs: IDLE_MS };
  }
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 20));
  const pauseMs = Math.max(longest / 2 + (longest / 2) * random(), retryAfterMs);
  return { state: 'ACTIVE', failed, pauseMs: Math.round(pauseMs) };
}

/** Seconds, or an HTTP date (RFC 9110, section 10.2.3), in ms. */
function waitOf(text: string | null): number {
  if (text === null) return 0;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.min(LONGEST_PAUSE_MS, Math.max(0, ms)) : 0;
}
