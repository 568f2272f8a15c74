import type { Logger } from 'pino';
import { LotbookError, toLotbookError, type ErrorCode } from '../errors.ts';
import type { Bell } from '../store/bell.ts';
import { lockBook, readHead, writeEntries, writeRequests, type BookHead } from '../store/commit.ts';
import type { Pool, PoolClient } from '../store/database.ts';
import { inTransaction } from '../store/transaction.ts';
import { proposePlan, seatedBase, type BookSeat } from './book-seat.ts';
import { planGroup } from './plan.ts';
import { ALONE, type Base, type Plan, type PlanDeps, type Sequenced } from './planned.ts';
import { isErasing, Queue, type Waiting } from './queue.ts';
import type { LogStatement, PreparedUpdate } from './update.ts';

export interface SequencerDeps extends PlanDeps {
  pool: Pool;
  bell: Bell;
  log: Logger;
  /** This node's seat where the book's owner has appointed others too; null where this node alone approves. */
  seatOf: (book: string) => BookSeat | null;
  /** Most changes in one commit. */
  groupCommit: number;
  /** Most changes that wait for their commit, over all books. */
  maxQueue: number;
}

export interface Sequencer {
  /** Decides the update, and when it is approved seals and commits it. FAILED: TOO_BUSY, IN_USE, SHUTTING_DOWN, ... */
  submit(update: PreparedUpdate): Promise<Sequenced>;
  /**
   * Puts an own statement into the log, by the same way; null puts in nothing but the key statements that are due before any other entry. Resolves to its place once it is final there; rejects with TOO_BUSY,
   * IN_USE, UNABLE, NOT_AUTHORITY, SHUTTING_DOWN ...
   */
  state(book: string, statement: LogStatement | null): Promise<number>;
  /** Changes that wait for their commit. */
  waiting(): number;
  /** Takes nothing new; resolves when what waits is committed. */
  drain(): Promise<void>;
}

/**
 * So many changes are planned while the group before them is committed. Fewer wait for the end of that commit, and for
 * company: a commit costs about as much as they do.
 */
const WORTH_A_PLAN = 64;

/**
 * Sequence, sign, commit: the one way by which a book changes.
 *
 * Updates queue for their book. One group at a time is taken; whatever arrives meanwhile goes into the next.
 *   1. plan: decide each update of the group on the state of the book, number the approved changes, seal them (plan.ts);
 *   2. lock the book's row - the operation lock; of all processes of the node one has it;
 *   3. if the book is no more as the plan took it, plan again, now under the lock;
 *   4. write entries, records, links, requests and the book's new length, and COMMIT - the commit point. Before it nothing
 *      happened, after it everything did;
 *   5. ring the bell and answer the callers.
 * While one group is being committed the next is planned on the state that it will leave: signing and writing overlap.
 *
 * Invariants: seq has no gap and no repeat, since it continues the book's length as read under its lock; a request has one
 * effect, since its row commits with its entries; a caller is told "approved" only after the commit.
 */
export function openSequencer(deps: SequencerDeps): Sequencer {
  const queues = new Map<string, Queue>();
  const running = new Map<string, Promise<void>>();
  let size = 0;
  let draining = false;

  const runSeated = async (book: string, queue: Queue, seat: BookSeat): Promise<void> => {
    await new Promise(setImmediate);
    const group = queue.takeGroup(deps.groupCommit);
    await proposeGroup(deps, book, seat, group, () => {
      for (const { update } of group) size -= update.changes.length;
    });
  };

  const run = async (book: string, queue: Queue): Promise<void> => {
    let committing: Promise<boolean> = Promise.resolve(false);
    let ahead: Base | null = null;
    while (!queue.isEmpty) {
      const seat = deps.seatOf(book);
      if (seat) {
        await committing;
        ahead = null;
        await runSeated(book, queue, seat);
        continue;
      }
      // What the event loop already holds joins this group.
      await new Promise(setImmediate);
      const group = queue.takeGroup(deps.groupCommit);
      // What an erased record held is known once it is committed.
      const base = group.some(({ update }) => isErasing(update)) ? await committing.then(() => null) : ahead;
      const plan: Plan | null = await planAhead(deps, book, base, group);
      const committed = await committing;
      // A plan on a state that never came to be is not worth trying.
      const usable: Plan | null = ahead === null || committed ? plan : null;
      // Rules that are not committed cannot be read yet: nothing is planned on them.
      ahead = usable && usable.next.head.grantsSeq === usable.base.grantsSeq ? usable.next : null;
      committing = commitGroup(deps, book, group, usable).finally(() => {
        for (const { update } of group) size -= update.changes.length;
      });
      await (ahead === null ? committing : Promise.race([committing, queue.many(WORTH_A_PLAN)]));
      if (queue.isEmpty) ahead = null;
    }
    queues.delete(book);
    running.delete(book);
  };

  const sequencer: Sequencer = {
    async state(book, statement) {
      const result = await sequencer.submit(asUpdate(deps, book, statement));
      if (result.kind === 'LOGGED') return result.seq;
      throw result.kind === 'FAILED' ? result.error : new Error('a statement is not decided');
    },
    submit(update) {
      if (draining) return failed('SHUTTING_DOWN', 'This process is stopping.', 1_000);
      if (size > 0 && size + update.changes.length > deps.maxQueue) {
        return failed('TOO_BUSY', 'Too many updates wait for their commit.', 500);
      }
      size += update.changes.length;
      return new Promise((resolve) => {
        const { book } = update.input;
        const known = queues.get(book);
        const queue = known ?? new Queue();
        queue.push({ update, resolve });
        if (known) return;
        queues.set(book, queue);
        running.set(book, run(book, queue));
      });
    },
    waiting: () => size,
    async drain() {
      draining = true;
      await Promise.all(running.values());
    },
  };
  return sequencer;
}

/** A statement takes its turn like an update, asks for no permission and changes nothing. */
function asUpdate(
  { uuid, organisation, clock }: PlanDeps,
  book: string,
  statement: LogStatement | null,
): PreparedUpdate {
  const id = uuid();
  const audience = { organisation, groups: [], roles: [] };
  return {
    id,
    requester: { id: organisation, audience, administrator: false },
    input: { book, key: id, changes: [] },
    contentHash: '',
    changes: [],
    createdAt: new Date(clock()),
    token: null,
    approval: null,
    statement,
  };
}

/** Times that a group is planned again because the seat has changed meanwhile. */
const MOST_TRIES = 8;

/**
 * Where others stand by what is approved: the group is written as a proposal, and its callers are answered once that is
 * final. The next group is planned as soon as this one is written.
 */
async function proposeGroup(
  deps: SequencerDeps,
  book: string,
  seat: BookSeat,
  group: readonly Waiting[],
  done: () => void,
): Promise<void> {
  const updates = group.map(({ update }) => update);
  const fail = (error: unknown): void => {
    const known = toLotbookError(error);
    if (known.code === 'INTERNAL')
      deps.log.error({ err: error, book, updates: group.length }, 'a proposal failed');
    for (const { resolve } of group) resolve({ kind: 'FAILED', error: known });
    done();
  };
  try {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const base = await seatedBase(deps.pool, book, seat, updates.some(isErasing));
      const plan = await planGroup(deps, deps.pool, book, base, updates);
      const place = await proposePlan(seat, plan);
      if (!place) continue;
      const answer = (): void => {
        for (const [index, { resolve }] of group.entries()) resolve(plan.results[index] as Sequenced);
        done();
      };
      void seat.whenFinal(place).then(answer, fail);
      return;
    }
    throw new LotbookError('UNABLE', 'The right to approve keeps moving.', { retryAfterMs: 500 });
  } catch (error) {
    // One update that cannot be sealed must not fail its neighbours.
    if (group.length === 1 || OF_THE_BOOK.has(toLotbookError(error).code)) return fail(error);
    let left = group.length;
    for (const waiting of group)
      await proposeGroup(deps, book, seat, [waiting], () => (left -= 1) === 0 && done());
  }
}

function failed(
  code: 'SHUTTING_DOWN' | 'TOO_BUSY',
  message: string,
  retryAfterMs: number,
): Promise<Sequenced> {
  return Promise.resolve({ kind: 'FAILED', error: new LotbookError(code, message, { retryAfterMs }) });
}

/** A plan without the lock, on what will be there soon; null where there is nothing to plan on. */
async function planAhead(
  deps: SequencerDeps,
  book: string,
  ahead: Base | null,
  group: readonly Waiting[],
): Promise<Plan | null> {
  try {
    const base = ahead ?? (await committedBase(deps.pool, book));
    return (
      base &&
      (await planGroup(
        deps,
        deps.pool,
        book,
        base,
        group.map(({ update }) => update),
      ))
    );
  } catch {
    // Under the lock it is tried again, and there the error counts.
    return null;
  }
}

async function committedBase(source: Pool | PoolClient, book: string): Promise<Base | null> {
  const head = await readHead(source, book);
  return head && { standing: ALONE, head, dueKeys: [], records: new Map(), requests: new Map() };
}

/** Commits a group and answers its callers. Resolves to whether the given plan is what was committed. */
async function commitGroup(
  deps: SequencerDeps,
  book: string,
  group: readonly Waiting[],
  plan: Plan | null,
): Promise<boolean> {
  try {
    const done = (plan && (await commitPlan(deps, book, plan))) ?? (await commitUnderLock(deps, book, group));
    // The commit point is behind us.
    if (done.entries.length > 0) deps.bell.ring(book);
    for (const [index, { update, resolve }] of group.entries()) {
      if (update.token || update.approval) deps.bell.ring(`request:${update.id}`);
      resolve(done.results[index] as Sequenced);
    }
    return done === plan;
  } catch (error) {
    const known = toLotbookError(error);
    if (known.code === 'INTERNAL') {
      deps.log.error({ err: error, book, updates: group.length }, 'commit failed');
    }
    // One update that cannot be sealed or written must not fail its neighbours; and whether a COMMIT that failed took
    // effect is unknown: under the lock each request is found, if it did.
    if ((group.length > 1 || plan) && !OF_THE_BOOK.has(known.code)) {
      for (const waiting of group) await commitGroup(deps, book, [waiting], null);
      return false;
    }
    for (const { resolve } of group) resolve({ kind: 'FAILED', error: known });
    return false;
  }
}

/** Errors that every update of a group would meet. */
const OF_THE_BOOK: ReadonlySet<ErrorCode> = new Set([
  'IN_USE',
  'NOT_FOUND',
  'TOO_BUSY',
  'UNABLE',
  'NOT_AUTHORITY',
  'SIGNER_UNAVAILABLE',
]);

/** Null when the book or a request is not as the plan took it; then nothing was written. */
async function commitPlan(deps: SequencerDeps, book: string, plan: Plan): Promise<Plan | null> {
  const isSame = (head: BookHead | null) =>
    head?.length === plan.base.length && head.grantsSeq === plan.base.grantsSeq && !head.seated;
  try {
    return await inTransaction(deps.pool, async (client) => {
      if (!isSame(await lockBook(client, book))) throw new Moved();
      await write(client, book, plan);
      return plan;
    });
  } catch (error) {
    if (error instanceof Moved || (error as { code?: string }).code === UNIQUE_VIOLATION) return null;
    throw error;
  }
}

async function commitUnderLock(deps: SequencerDeps, book: string, group: readonly Waiting[]): Promise<Plan> {
  return inTransaction(deps.pool, async (client) => {
    if ((await lockBook(client, book))?.seated) throw elsewhere();
    const base = await committedBase(client, book);
    if (!base) throw new LotbookError('NOT_FOUND', 'There is no such book here.');
    const plan = await planGroup(
      deps,
      client,
      book,
      base,
      group.map(({ update }) => update),
    );
    await write(client, book, plan);
    return plan;
  });
}

function elsewhere(): LotbookError {
  const message = 'Another process of this node looks after the authority of this book.';
  return new LotbookError('UNABLE', message, { retryAfterMs: 200 });
}

async function write(client: PoolClient, book: string, plan: Plan): Promise<void> {
  await writeEntries(client, book, plan.at, plan.entries);
  // A request that waited may have been rejected by somebody since the plan was made.
  if ((await writeRequests(client, book, plan.requests)) !== plan.requests.length) throw new Moved();
}

/** A request with the same key was committed by another process since the plan was made. */
const UNIQUE_VIOLATION = '23505';

class Moved extends Error {}
