import type { LeasedWebhook } from '../../store/webhooks.ts';
import { leaseWebhooks, wakeHeld } from '../../store/webhooks.ts';
import { deliverNext, PATIENCE_MS } from './deliver.ts';
import type { WebhookDeps } from './deps.ts';

/** Looked at so often even if nothing rings. */
const POLL_MS = 1_000;
/** A busy node rings all the time. */
const REST_MS = 50;
/** Deliveries of one process at a time. */
const MOST_AT_ONCE = 8;
/** Longer than a turn takes; what a process that died has taken is another one's then. */
const LEASE_MS = 4 * PATIENCE_MS;

export interface WebhookRounds {
  start(): void;
  /** Ends what is under way; it is posted again. */
  stop(): Promise<void>;
}

/** Serves the webhooks of the node, together with its other processes. */
export function openWebhookRounds(deps: WebhookDeps): WebhookRounds {
  const { bell, db, log, randomId } = deps;
  const stopping = new AbortController();
  const running = new Map<Promise<void>, { subscriber: string; abort: AbortController }>();
  let loop: Promise<void> = Promise.resolve();
  let wake: () => void = () => undefined;

  const begin = (webhook: LeasedWebhook): void => {
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, stopping.signal]);
    const work = deliverNext(deps, webhook, signal).finally(() => {
      running.delete(work);
      wake();
    });
    running.set(work, { subscriber: webhook.subscriber, abort });
  };
  const round = async (): Promise<void> => {
    const most = MOST_AT_ONCE - running.size;
    if (most <= 0) return;
    for (const webhook of await leaseWebhooks(db.pool, { lease: randomId(), most, leaseMs: LEASE_MS }))
      begin(webhook);
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      await round().catch((error: unknown) => log.error({ err: error }, 'webhooks could not be read'));
      await woken;
      if (!stopping.signal.aborted) await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
  };
  /** Who may have nothing any more gets nothing more, also of what is on its way. */
  const standingsChanged = async (): Promise<void> => {
    await wakeHeld(db.pool);
    wake();
    for (const { subscriber, abort } of running.values())
      if (!(await deps.callerNamed(subscriber))) abort.abort();
  };
  let stopListening: (() => void)[] = [];

  return {
    start: () => {
      stopListening = [
        bell.on('*', () => wake()),
        bell.on('partners', () => {
          standingsChanged().catch((error: unknown) =>
            log.error({ err: error }, 'subscribers of webhooks could not be checked'),
          );
        }),
      ];
      loop = run();
    },
    stop: async () => {
      for (const stop of stopListening) stop();
      stopping.abort();
      wake();
      await loop;
      await Promise.all(running.keys());
    },
  };
}
