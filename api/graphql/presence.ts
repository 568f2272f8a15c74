import type { ServerResponse } from 'node:http';
import type { Attendance } from '../books/attend.ts';
import type { PresentView } from '../books/present-shown.ts';
import { LotbookError } from '../errors.ts';
import type { Caller } from '../sharing/caller.ts';
import type { GraphQLContext } from './context.ts';
import { nameOf } from './lock.ts';
import { COMPLETE, eventStream, HEARTBEAT, nextEvent } from './sse.ts';
import { openWaiting } from './waiting.ts';

/** Looked at so often even if nobody comes or goes: what may be seen changes too. */
const LOOK_MS = 5_000;

/**
 * Who is there, until the reader goes away; as long is the caller there.
 * @throws LotbookError, before anything is written
 */
export async function streamPresence(input: {
  context: GraphQLContext;
  res: ServerResponse;
  attendance: Attendance;
  render: (value: unknown) => string;
  /** The caller as it is now; null when it may not call any more. */
  stillMay: () => Promise<Caller | null>;
}): Promise<void> {
  const { context, res, attendance, render, stillMay } = input;
  const { caller, books, clock, config, signal } = context;
  const attending = await books.attend(caller, await nameOf(context), attendance);
  const waiting = openWaiting(res, signal, (wake) => {
    attending.on(wake);
    return attending.leave;
  });
  try {
    let said = '';
    let spokenAt = clock();
    while (!waiting.isOver()) {
      const present = await attending.look().catch((error: unknown) => {
        if (said !== '' && error instanceof LotbookError) return null;
        throw error;
      });
      if (!present) break;
      if (said === '') eventStream(res);
      const now = render(present.map((each) => seenBy(caller, each, attendance)));
      if (now !== said || clock() - spokenAt >= config.heartbeatMs) {
        res.write(now === said ? HEARTBEAT : nextEvent(now));
        said = now;
        spokenAt = clock();
      }
      if (caller.expiresAt <= clock()) break;
      await waiting.next(Math.max(1, Math.min(LOOK_MS, config.heartbeatMs, caller.expiresAt - clock())));
      if (!(await stillMay())) break;
    }
    if (said !== '') res.end(COMPLETE);
  } finally {
    waiting.stop();
  }
}

function seenBy(caller: Caller, present: PresentView, { of }: Attendance) {
  const self = caller.own ? caller.clientId : (of?.holder ?? caller.clientId);
  return { ...present, mine: present.holder === self };
}
