import type { Head } from '../authority/words.ts';
import { tokenHash } from '../ledger/change.ts';
import type { Pool } from '../store/database.ts';
import { readTokens } from '../store/replica.ts';
import type { Seat } from './seat.ts';

/** Leaves that one countersign carries at most. */
const MOST_LEAVES = 50_000;

/** What the registrar is given to see that one head follows another: hashes of the entries between. */
export interface Leaves {
  to: Head;
  /** False where that is not all that was wanted. */
  all: boolean;
  leaves: string[];
}

/** Hashes of the entries behind `from`, up to `to`, or to the end of a frame before it where that is too much at once. */
export async function leavesOf(pool: Pool, seat: Seat, from: Head, to: Head): Promise<Leaves> {
  const { final } = seat.state;
  const leaves: string[] = [];
  let upTo = from;
  if (from.len < final.len) {
    const last = Math.min(final.len, to.len);
    const end =
      last - from.len <= MOST_LEAVES ? last : await seat.log.endBefore(from.len, from.len + MOST_LEAVES);
    const tokens = await readTokens(pool, seat.book, from.len, end);
    leaves.push(...tokens.map(tokenHash));
    if (end < last) return { to: await seat.log.headAt(end), all: false, leaves };
    upTo = end === final.len ? final : to;
  }
  for (const frame of seat.log.tailAfter(upTo)) {
    if (frame.to.len > to.len) break;
    for (const { hash } of frame.body.entries) leaves.push(hash);
    upTo = frame.to;
  }
  return { to: upTo, all: upTo.len === to.len, leaves };
}
