import { keepEvidence } from '../../store/authority.ts';
import type { Database } from '../../store/database.ts';
import { keepFault } from '../../store/verification.ts';
import type { FeedLog } from '../feed-reader.ts';

/** Where it is told that something about a book is not as its holder says. */
export interface Alarms {
  /** Two signed statements that cannot both be true. */
  contradiction(
    book: string,
    what: { kind: 'CHECKPOINT' | 'HEADS'; detail: string; first: string; second: string },
  ): Promise<void>;
  /** Something that should have been shown was not, or is not what it says. */
  fault(book: string, what: { code: string; seq: number; detail: string; item: string }): Promise<void>;
  /** How many of both were found since the start. */
  count(): number;
}

/** Keeps what was found with its proof, once, and tells people of it. */
export function openAlarms(given: { db: Pick<Database, 'pool'>; clock: () => number; log: FeedLog }): Alarms {
  const { clock, db, log } = given;
  let found = 0;
  return {
    contradiction: async (book, { kind, detail, first, second }) => {
      const at = new Date(clock());
      if (!(await keepEvidence(db.pool, book, { kind, detail, first, second, at }))) return;
      found += 1;
      log.error({ book, kind, detail }, 'what was signed about a book contradicts itself: the proof is kept');
    },
    fault: async (book, { code, seq, detail, item }) => {
      const at = new Date(clock());
      if (!(await keepFault(db.pool, book, { seq, code, detail: detail.slice(0, 500), item, at }))) return;
      found += 1;
      log.error({ book, code, seq, detail }, 'a proof about a book is missing or does not hold');
    },
    count: () => found,
  };
}
