import { LotbookError } from '../errors.ts';
import { ownerOf, signRequest, type RequestClaims, type RequestedChange } from '../identity/request-token.ts';
import { ERASED_FIELD } from '../ledger/erasure.ts';
import { audienceOf, type Caller } from '../sharing/caller.ts';
import { queueRequest } from '../store/requests.ts';
import type { DeliveryDeps } from './outbox-delivery.ts';
import { openRounds } from './outbox-rounds.ts';
import { validatedContent } from './prepare.ts';
import { contentHash } from './shape.ts';
import type { RecordChange, RequestView, UpdateInput } from './update.ts';
import { viewOf } from './view.ts';

/** Looked at so often even if nothing was queued here: another process may have, or a pause is over. */
const IDLE_MS = 1_000;

export interface Outbox {
  /** Signs and keeps an update; it is carried to whoever holds the right to approve until it is decided. */
  queue(caller: Caller, update: UpdateInput, place: string, id: string): Promise<RequestView>;
  start(): void;
  stop(): Promise<void>;
}

/** The durable queue of requests to other nodes: at least once, under one key, so they take effect once. */
export function openOutbox(deps: DeliveryDeps): Outbox {
  const stopping = new AbortController();
  const rounds = openRounds(deps);
  let wake: () => void = () => undefined;
  let loop: Promise<void> = Promise.resolve();

  const pause = (pauseMs: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const woken = pause(IDLE_MS);
      await rounds
        .begin(() => wake())
        .catch((error: unknown) => {
          deps.log.error({ err: error }, 'the outbox failed');
        });
      if (stopping.signal.aborted) return;
      const timer = setTimeout(() => wake(), rounds.restMs());
      await woken;
      clearTimeout(timer);
    }
  };

  return {
    async queue(caller, update, place, id) {
      const view = await keep(deps, caller, update, place, id);
      rounds.hurry(update.book);
      wake();
      return view;
    },
    start() {
      loop = run();
    },
    async stop() {
      stopping.abort();
      wake();
      await loop;
      await rounds.end();
    },
  };
}

async function keep(
  deps: DeliveryDeps,
  caller: Caller,
  update: UpdateInput,
  place: string,
  id: string,
): Promise<RequestView> {
  const createdAt = new Date(deps.clock());
  const owner = ownerOf(update.book);
  const isOwner = owner === deps.organisation;
  const changes = update.changes.map((change, index) =>
    withLock(change, requested(change, isOwner, `${place}.changes[${index}]`, deps.uuid)),
  );
  const hash = contentHash(update);
  const asker = { client: caller.clientId, roles: audienceOf(caller, update.book).roles, content: hash };
  const claims: RequestClaims = {
    iss: deps.organisation,
    aud: owner,
    book: update.book,
    jti: id,
    iat: createdAt.getTime() / 1000,
    // Another organisation's request is known by our own id: two programs of ours may use the same key. The owner's people
    // are known by their own keys at every member.
    ...(isOwner ? { key: update.key, asker } : { key: id }),
    changes,
    ...(update.reason ? { reason: update.reason } : {}),
  };
  const stored = await queueRequest(deps.pool, {
    id,
    book: update.book,
    requester: caller.clientId,
    key: update.key,
    contentHash: hash,
    changes: JSON.stringify(changes),
    token: await signRequest(claims, deps.signer),
    createdAt,
    reason: update.reason ?? null,
  });
  if (stored.contentHash === hash) return viewOf(update.book, stored);
  const message = 'This idempotency key was used for another content.';
  throw new LotbookError('KEY_REUSED', message, { place: `${place}.key` });
}

function withLock({ lock }: RecordChange, change: RequestedChange): RequestedChange {
  return lock ? { ...change, lock } : change;
}

/** A signed request always names its fields, so that the authority can decide field by field. */
function requested(
  change: RecordChange,
  isOwner: boolean,
  place: string,
  uuid: () => string,
): RequestedChange {
  if (isOwner) return ofOwner(change, place, uuid);
  if (change.kind === 'LOCK' && change.record)
    return { record: change.record, type: 'LOCK', base: null, fields: change.fields ?? {} };
  if (change.base === null && change.kind !== 'EVENT') {
    const message = 'Give the base, 0 for a new record: it is the record of another organisation.';
    throw new LotbookError('BAD_INPUT', message, { place: `${place}.base` });
  }
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

/** The owner need not know the version; what is given as fields stays so. */
function ofOwner(change: RecordChange, place: string, uuid: () => string): RequestedChange {
  const { base, kind: type } = change;
  if (change.erase !== undefined && change.record)
    return { record: change.record, type, base, fields: { [ERASED_FIELD]: { reason: change.erase } } };
  if (change.fields && change.record) return { record: change.record, type, base, fields: change.fields };
  const { id, fields } = change.valid ?? validatedContent(change, place, uuid);
  return { record: id, type, base, fields };
}
