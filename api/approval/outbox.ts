import { LotbookError } from '../errors.ts';
import { signRequest, type RequestClaims, type RequestedChange } from '../identity/request-token.ts';
import type { Signer } from '../identity/signer.ts';
import type { Caller } from '../sharing/caller.ts';
import { queueRequest } from '../store/requests.ts';
import { deliverDue, type DeliveryDeps } from './outbox-delivery.ts';
import { validatedContent } from './prepare.ts';
import { contentHash } from './shape.ts';
import type { RecordChange, RequestView, UpdateInput } from './update.ts';
import { viewOf } from './view.ts';

/** Looked at so often even if nothing was queued here: another process may have, or a pause is over. */
const IDLE_MS = 1_000;

export interface OutboxDeps extends DeliveryDeps {
  signer: Signer;
  uuid: () => string;
}

export interface Outbox {
  /** Signs and keeps an update of another node's book; it is delivered until it is decided. */
  queue(caller: Caller, authority: string, update: UpdateInput, place: string): Promise<RequestView>;
  start(): void;
  stop(): Promise<void>;
}

/** The durable queue of requests to other nodes: at least once, under one key, so they take effect once. */
export function openOutbox(deps: OutboxDeps): Outbox {
  const stopping = new AbortController();
  let wake: () => void = () => undefined;
  let loop: Promise<void> = Promise.resolve();

  const pause = (resolve: () => void): void => {
    const timer = setTimeout(resolve, IDLE_MS);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const count = await deliverDue(deps).catch((error: unknown) => {
        deps.log.error({ err: error }, 'the outbox failed');
        return 0;
      });
      if (count === 0 && !stopping.signal.aborted) await new Promise<void>((resolve) => pause(resolve));
    }
  };

  return {
    async queue(caller, authority, update, place) {
      const view = await keep(deps, caller, authority, update, place);
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
    },
  };
}

async function keep(
  deps: OutboxDeps,
  caller: Caller,
  authority: string,
  update: UpdateInput,
  place: string,
): Promise<RequestView> {
  const id = deps.uuid();
  const createdAt = new Date(deps.clock());
  const changes = update.changes.map((change, index) =>
    requested(change, `${place}.changes[${index}]`, deps.uuid),
  );
  const claims: RequestClaims = {
    iss: deps.organisation,
    aud: authority,
    book: update.book,
    jti: id,
    iat: createdAt.getTime() / 1000,
    // Our own id: two programs of ours may use the same key.
    key: id,
    changes,
    ...(update.reason ? { reason: update.reason } : {}),
  };
  const hash = contentHash(update);
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

/** A signed request always names its fields, so that the authority can decide field by field. */
function requested(change: RecordChange, place: string, uuid: () => string): RequestedChange {
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
