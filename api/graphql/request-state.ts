import type { ServerResponse } from 'node:http';
import { found } from '../delivery/reading.ts';
import type { Caller } from '../sharing/caller.ts';
import type { GraphQLContext } from './context.ts';
import { isUuid } from './request.ts';
import { COMPLETE, eventStream, HEARTBEAT, nextEvent } from './sse.ts';
import { openWaiting } from './waiting.ts';

/** Looked at so often even if nothing rings: a ring can be lost. */
const POLL_MS = 5_000;
const OPEN_STATES: ReadonlySet<string> = new Set(['QUEUED', 'PROVISIONAL', 'PENDING']);

/**
 * One event for each state of an update request, from the one that it has, until it is decided.
 * @throws LotbookError NOT_FOUND, before anything is written
 */
export async function streamRequestState(input: {
  context: GraphQLContext;
  res: ServerResponse;
  id: string;
  render: (value: unknown) => string;
  /** The caller as it is now; null when it may not call any more. */
  stillMay: () => Promise<Caller | null>;
}): Promise<void> {
  const { context, res, id, render, stillMay } = input;
  const { caller, approval, bell, clock, config, signal } = context;
  // From before the first look on, so that no move falls between.
  const waiting = openWaiting(res, signal, (wake) => bell.on(`request:${id}`, wake));
  try {
    let view = found(isUuid(id) ? await approval.request(caller, id) : null, 'request');
    eventStream(res);
    let said = '';
    let spokenAt = clock();
    while (!waiting.isOver()) {
      const state = JSON.stringify(view);
      if (state !== said) {
        said = state;
        spokenAt = clock();
        res.write(nextEvent(render(view)));
      } else if (clock() - spokenAt >= config.heartbeatMs) {
        spokenAt = clock();
        res.write(HEARTBEAT);
      }
      if (!OPEN_STATES.has(view.state)) break;
      const untilEnd = caller.expiresAt - clock();
      if (untilEnd <= 0) break;
      await waiting.next(Math.max(1, Math.min(POLL_MS, config.heartbeatMs, untilEnd)));
      // Who was suspended or revoked meanwhile is told nothing more.
      const again = await stillMay();
      const moved = again && (await approval.request(again, id));
      if (!moved) break;
      view = moved;
    }
    res.end(COMPLETE);
  } finally {
    waiting.stop();
  }
}
