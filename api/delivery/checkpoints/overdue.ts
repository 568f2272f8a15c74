import { formatNote } from '../../ledger/note.ts';
import { copiesUncovered } from '../../store/checkpoints.ts';
import type { Pool } from '../../store/database.ts';
import type { Aside } from './aside.ts';
import type { Alarms } from './faults.ts';

/** What a copy had when its holder began to owe it a checkpoint. */
interface Owed {
  length: number;
  since: number;
  isTold: boolean;
}

/**
 * Watches for holders that put off the proof: two histories can be told for as long as nobody signs either.
 *
 * - What a copy has at some time has to be covered by a checkpoint within `overdueMs`; checkpoints of less than that, however
 *   many, do not count.
 * - A genuine checkpoint that could not be compared at once has to be of the history that is shown here within the same time.
 *
 * While this process does not run, nobody owes it anything.
 *
 * @returns looks once: is called from time to time
 */
export function watchOverdue(given: {
  pool: Pick<Pool, 'query'>;
  alarms: Pick<Alarms, 'fault'>;
  aside: Aside;
  /** ms that only grow. */
  monotonic: () => number;
  overdueMs: number;
}): () => Promise<void> {
  const { pool, alarms, aside, monotonic, overdueMs } = given;
  const owed = new Map<string, Owed>();
  return async () => {
    const uncovered = await copiesUncovered(pool);
    const now = monotonic();
    const books = new Set(uncovered.map(({ book }) => book));
    for (const book of owed.keys()) if (!books.has(book)) owed.delete(book);
    for (const { book, length, size } of uncovered) {
      const known = owed.get(book);
      if (!known || size >= known.length) owed.set(book, { length, since: now, isTold: false });
      else if (!known.isTold && now - known.since >= overdueMs) {
        known.isTold = true;
        await alarms.fault(book, notCovered(known.length, size, overdueMs));
      }
    }
    for (const { origin, size, note } of aside.tellSince(now - overdueMs)) {
      const detail = `a checkpoint of ${size} entries was shown, and nothing proves that it is of the history that is shown here`;
      await alarms.fault(origin, { code: 'NOT_COMPARED', seq: size, detail, item: formatNote(note) });
    }
  };
}

function notCovered(length: number, size: number, overdueMs: number) {
  const last = size === 0 ? 'none was shown' : `the last one covers ${size}`;
  const detail = `entries up to ${length} were handed out, and no checkpoint covers them after ${overdueMs / 1000} s: ${last}`;
  return { code: 'NO_CHECKPOINT', seq: length, detail, item: JSON.stringify({ length, size }) };
}
