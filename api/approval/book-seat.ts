import { LotbookError } from '../errors.ts';
import type { DecidedRequest, NewEntry } from '../store/commit.ts';
import { readHead } from '../store/commit.ts';
import type { Pool } from '../store/database.ts';
import { keyRecord } from '../identity/key-state.ts';
import { headsAfter, nameOf } from './plan.ts';
import type { Base, DueKey, Plan } from './planned.ts';

/** The end of a proposal in a book's log. */
export interface Place {
  readonly len: number;
  readonly head: string;
}

/**
 * This node's seat in the authority of a book that has a mandate: what the sequencer needs of it. A group is written as a
 * proposal; it is decided once it is final.
 */
export interface BookSeat {
  /** Whether this node holds the right. */
  isHolder(): boolean;
  /** Whether it may write at this moment: holding the right, with its term opened and not about to be given away. */
  mayWrite(): boolean;
  /** The organisation that holds the right. */
  readonly holder: string;
  readonly term: number;
  /** Hash of the mandate. */
  readonly mandate: string;
  /** Where the log ends, with proposals that are not final. */
  readonly end: Place;
  /** Proposals that are not final yet, in order. */
  tail(): readonly { entries: readonly NewEntry[]; requests: readonly DecidedRequest[] }[];
  /** Statements of the key logs of the others who sign in this book, as far as the log lacks them. */
  dueKeys(): readonly DueKey[];
  /** Null: the seat has changed, plan again. */
  propose(
    proposal: { at: Date; entries: NewEntry[]; requests: DecidedRequest[] },
    base: { length: number; term: number },
  ): Promise<Place | null>;
  /** Resolves when a proposal is final. Rejects with UNABLE. */
  whenFinal(place: Place): Promise<void>;
  /** Told of every change, until the given function is called. */
  watch(tell: () => void): () => void;
  /** How long it is worth waiting for the other nodes, ms. */
  readonly patienceMs: number;
}

/** Proposals that may be under way at once: the next is planned while the others travel. */
const MOST_UNDER_WAY = 4;

/**
 * What the next group is planned on: the final state, and over it the proposals that follow. Waits until it may be written, and
 * until a changed rule is final: what comes after it is decided by the rules as they then are. Throws UNABLE, NOT_AUTHORITY.
 */
export async function seatedBase(
  pool: Pool,
  book: string,
  seat: BookSeat,
  /** Nothing may be under way. */
  isAlone: boolean,
): Promise<Base> {
  await until(seat, () => {
    if (!seat.isHolder()) throw notHere(seat.holder);
    if (!seat.mayWrite()) return false;
    const tail = seat.tail();
    return (
      tail.length < (isAlone ? 1 : MOST_UNDER_WAY) &&
      !tail.some(({ entries }) => entries.some(({ kind }) => kind === 'GRANT'))
    );
  });
  const tail = seat.tail();
  const { term, mandate, holder } = seat;
  const { len: length } = seat.end;
  const head = await readHead(pool, book);
  if (!head) throw new LotbookError('NOT_FOUND', 'There is no such book here.');
  return {
    standing: { term, mandate },
    head: { ...head, length, keyNr: Math.max(head.keyNr, ...keysOf(holder, tail)) },
    dueKeys: seat.dueKeys(),
    records: new Map(tail.flatMap(({ entries }) => [...headsAfter(entries)])),
    requests: new Map(tail.flatMap(({ requests }) => requests.map((request) => [nameOf(request), request]))),
  };
}

/** Numbers of the statements of an organisation's key log in proposals. */
function keysOf(organisation: string, tail: ReturnType<BookSeat['tail']>): number[] {
  const record = keyRecord(organisation);
  return tail.flatMap(({ entries }) =>
    entries.filter((entry) => entry.record === record).map(({ version }) => version),
  );
}

/** Writes a planned group; null when the book is no more as it was planned on. */
export function proposePlan(
  seat: BookSeat,
  { base, standing, at, entries, requests }: Plan,
): Promise<Place | null> {
  return seat.propose({ at, entries, requests }, { length: base.length, term: standing.term });
}

function notHere(holder: string): LotbookError {
  return new LotbookError(
    'NOT_AUTHORITY',
    `The right to approve updates of this book is with ${holder} now.`,
  );
}

function until(seat: BookSeat, isReady: () => boolean): Promise<void> {
  if (isReady()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      stop();
      settle();
    };
    const timer = setTimeout(() => {
      const message = 'The other nodes of the authority of this book do not answer: nothing can be approved.';
      end(() => reject(new LotbookError('UNABLE', message, { retryAfterMs: 500 })));
    }, seat.patienceMs);
    const stop = seat.watch(() => {
      try {
        if (isReady()) end(resolve);
      } catch (error) {
        end(() => reject(error as Error));
      }
    });
  });
}
