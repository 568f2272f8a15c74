import { LotbookError } from '../errors.ts';
import { BoundedCache } from '../ledger/bounded-cache.ts';
import type { Caller } from '../sharing/caller.ts';
import { forgetIdleCallers, takeCalls } from '../store/call-allowance.ts';
import type { Pool } from '../store/database.ts';

/** How many calls an organisation, and a person, may make at all processes of a node together. */
export interface CallLimit {
  /** @param calls a costly call counts as several. @throws LotbookError TOO_MANY_CALLS with the time to wait */
  take(caller: Caller, calls?: number): Promise<void>;
}

interface Allowance {
  /** Taken from the database, and not used yet. */
  left: number;
  /** Nothing is to be had before, ms. */
  closedUntil: number;
  taking: Promise<boolean> | null;
}

const MOST_KNOWN = 10_000;
const FORGET_EVERY_MS = 600_000;
const MINUTE_MS = 60_000;
/** A process takes what one caller may do in a second at once, so that few calls cost a write. */
const BLOCKS_A_MINUTE = 60;

/**
 * A token bucket for each organisation and each person, in the database. A process takes blocks of it, and gives them out from
 * memory; who is refused costs the database nothing until there may be something again.
 */
export function openCallLimit(deps: {
  pool: Pool;
  now: () => number;
  perMinute: { organisation: number; person: number };
}): CallLimit {
  const { pool, now, perMinute } = deps;
  const known = new BoundedCache<Allowance>(MOST_KNOWN);
  let forgetAt = now() + FORGET_EVERY_MS;

  const takeBlock = async (
    allowance: Allowance,
    caller: string,
    { most, least }: { most: number; least: number },
  ): Promise<boolean> => {
    if (now() >= forgetAt) {
      forgetAt = now() + FORGET_EVERY_MS;
      await forgetIdleCallers(pool);
    }
    const block = Math.max(least, Math.floor(most / BLOCKS_A_MINUTE));
    const isTaken = await takeCalls(pool, { caller, perMinute: most, calls: block });
    if (isTaken) allowance.left += block;
    else allowance.closedUntil = now() + Math.ceil((block * MINUTE_MS) / most);
    return isTaken;
  };
  const take = async (caller: string, most: number, calls: number): Promise<void> => {
    const allowance = known.get(caller) ?? { left: 0, closedUntil: 0, taking: null };
    known.set(caller, allowance);
    while (allowance.left < calls) {
      const isOpen = now() >= allowance.closedUntil;
      if (isOpen)
        allowance.taking ??= takeBlock(allowance, caller, { most, least: calls }).finally(
          () => (allowance.taking = null),
        );
      if (isOpen && (await allowance.taking)) continue;
      throw new LotbookError('TOO_MANY_CALLS', `More than ${most} calls in a minute.`, {
        retryAfterMs: Math.max(1, allowance.closedUntil - now()),
      });
    }
    allowance.left -= calls;
  };

  return {
    take: async ({ organisation, clientId, person }, calls = 1) => {
      if (person) await take(clientId, perMinute.person, Math.min(calls, perMinute.person));
      await take(organisation, perMinute.organisation, Math.min(calls, perMinute.organisation));
    },
  };
}
