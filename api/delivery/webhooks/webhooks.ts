import { LotbookError } from '../../errors.ts';
import { hasRole, kindOf, type Caller } from '../../sharing/caller.ts';
import { readDeliveries, type StoredDelivery } from '../../store/webhook-deliveries.ts';
import {
  dropWebhook,
  enableWebhook,
  findWebhook,
  moveWebhook,
  putWebhook,
  readWebhooks,
  type StoredWebhook,
} from '../../store/webhooks.ts';
import { decodeCursor } from '../cursor.ts';
import { findBook } from '../open-room.ts';
import type { WebhookDeps } from './deps.ts';
import { openWebhookRounds, type WebhookRounds } from './rounds.ts';

export interface WebhookInput {
  book: string;
  url: string;
  subscriber?: string | null | undefined;
  after?: string | null | undefined;
}

/**
 * Addresses to which the feeds of books are posted, for subscribers that cannot hold a stream. A caller has to do with its own,
 * administrators with all; others' are `NOT_FOUND`. All reject with LotbookError.
 */
export interface Webhooks extends WebhookRounds {
  list(caller: Caller): Promise<StoredWebhook[]>;
  add(caller: Caller, input: WebhookInput): Promise<StoredWebhook>;
  replay(caller: Caller, id: string, after: string | null): Promise<StoredWebhook>;
  enable(caller: Caller, id: string): Promise<StoredWebhook>;
  remove(caller: Caller, id: string): Promise<StoredWebhook>;
  /** The last deliveries of a webhook that was got from here. @param first 1 to 100 */
  deliveries(id: string, first: number): Promise<StoredDelivery[]>;
}

const MOST_PER_SUBSCRIBER = 32;
const MOST_DELIVERIES = 100;
const LONGEST_URL = 1_000;

export function openWebhooks(deps: WebhookDeps): Webhooks {
  const { bell, db, randomId } = deps;
  const { pool } = db;
  const administers = (caller: Caller): boolean => hasRole(caller, 'ADMINISTRATOR', null);
  const ring = (): void => bell.ring('webhooks');

  const find = async (caller: Caller, id: string): Promise<StoredWebhook> => {
    const webhook = await findWebhook(pool, id);
    if (webhook && (webhook.subscriber === caller.clientId || administers(caller))) return webhook;
    throw new LotbookError('NOT_FOUND', 'There is no such webhook.', { place: 'id' });
  };
  /** @throws LotbookError where it does not see the book, or where a feed cannot go on from the cursor */
  const check = async (subscriber: Caller, book: string, after: string | null): Promise<void> => {
    const { head, view } = await findBook(deps, book, subscriber);
    if (after !== null && decodeCursor(after, view.epoch).seq > head.length)
      throw new LotbookError('FUTURE_CURSOR', 'The cursor is not from this log.', { place: 'after' });
  };
  const subscriberOf = async (caller: Caller, named: string): Promise<Caller> => {
    const isOther = named !== caller.clientId;
    if (isOther && !administers(caller)) throw notYours();
    const subscriber = isOther ? await deps.callerNamed(named) : caller;
    if (subscriber && !['PERSON', 'TOKEN'].includes(kindOf(subscriber))) return subscriber;
    const message = 'Name a partner, or a program of this organisation with a key: the feed is read as it.';
    throw new LotbookError('BAD_INPUT', message, { place: 'input.subscriber' });
  };
  const again = async (caller: Caller, id: string, change: () => Promise<void>): Promise<StoredWebhook> => {
    await change();
    ring();
    return find(caller, id);
  };

  return {
    ...openWebhookRounds(deps),
    list: (caller) => readWebhooks(pool, administers(caller) ? null : caller.clientId),
    add: async (caller, { book, url, subscriber: named, after }) => {
      const checked = checkUrl(url);
      const subscriber = await subscriberOf(caller, named ?? caller.clientId);
      await check(subscriber, book, after ?? null);
      const { clientId } = subscriber;
      if ((await readWebhooks(pool, clientId)).length >= MOST_PER_SUBSCRIBER) {
        const message = `A subscriber has ${MOST_PER_SUBSCRIBER} webhooks at most: remove one first.`;
        throw new LotbookError('CONFLICT', message);
      }
      const row = { id: randomId(), book, subscriber: clientId, url: checked, cursor: after ?? null };
      const kept = await putWebhook(pool, { ...row, createdBy: caller.clientId });
      if (!kept) throw new LotbookError('CONFLICT', 'The feed of this book is posted there already.');
      ring();
      return kept;
    },
    replay: async (caller, id, after) => {
      const { book, subscriber: clientId } = await find(caller, id);
      const subscriber = await deps.callerNamed(clientId);
      if (!subscriber) throw new LotbookError('CONFLICT', 'Its subscriber may not call now.');
      await check(subscriber, book, after);
      return again(caller, id, () => moveWebhook(pool, id, after));
    },
    enable: async (caller, id) => {
      await find(caller, id);
      return again(caller, id, () => enableWebhook(pool, id));
    },
    remove: async (caller, id) => {
      const webhook = await find(caller, id);
      await dropWebhook(pool, id);
      return webhook;
    },
    deliveries: (id, first) => {
      if (first >= 1 && first <= MOST_DELIVERIES) return readDeliveries(pool, id, first);
      throw new LotbookError('BAD_INPUT', `Ask for 1 to ${MOST_DELIVERIES}.`, { place: 'first' });
    },
  };
}

/** Nobody on the way reads what is posted, or answers for the address. */
function checkUrl(given: string): string {
  const url = given.length <= LONGEST_URL && URL.canParse(given) ? new URL(given) : null;
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url?.hostname ?? '');
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isHere);
  if (url && isSafe && !url.username && !url.password && !url.hash) return url.href;
  const message = `Give an https URL of at most ${LONGEST_URL} characters, without user and fragment.`;
  throw new LotbookError('BAD_INPUT', message, { place: 'input.url' });
}

function notYours(): LotbookError {
  const message = 'Administrators alone register webhooks for others.';
  return new LotbookError('NOT_PERMITTED', message, { place: 'input.subscriber' });
}
