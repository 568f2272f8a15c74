import { LotbookError, toLotbookError } from '../errors.ts';
import { booksGrown } from '../store/checkpoints.ts';
import { booksBehind } from '../store/log-nodes.ts';
import type { CheckpointDeps } from './deps.ts';
import { growLog, type Pause } from './log-nodes.ts';
import { makeCheckpoint } from './make.ts';

/** So many entries do not wait for their time, where no more are under way. */
const MANY_ENTRIES = 1_000;
/** But no checkpoint follows another one sooner than in this part of the time. */
const SOONEST = 1 / 6;
const LONGEST_TICK_MS = 1_000;
/** While updates wait, so many times as long as a step takes the next one is put off: they go first. */
const POLITENESS = 20;
const LONGEST_PAUSE_MS = 1_000;

/** Looks after the nodes of all logs that are held in full, and makes the checkpoints of the books that this node approves. */
export interface Keeper {
  start(): void;
  /** Resolves when nothing is under way. */
  stop(): Promise<void>;
}

export function openKeeper(deps: CheckpointDeps): Keeper {
  const { checkpointMs, log, monotonic, organisation, pool } = deps;
  /** Since when a book has grown, and when its last checkpoint was made here. */
  const grown = new Map<string, number>();
  const made = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let isStopped = true;
  let running: Promise<void> = Promise.resolve();

  const attempt = async (book: string, work: () => Promise<unknown>): Promise<void> => {
    if (isStopped) return;
    try {
      await work();
    } catch (error) {
      const { code } = toLotbookError(error);
      const tell = code === 'INTERNAL' ? log.error : log.debug;
      tell.call(log, { err: error, book }, 'a checkpoint could not be made; it is tried again');
    }
  };

  const pause: Pause = async (tookMs) => {
    const pauseMs = deps.isBusy() ? Math.min(LONGEST_PAUSE_MS, tookMs * POLITENESS) : 0;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (isStopped) throw new LotbookError('SHUTTING_DOWN', 'This process is stopping.');
  };

  const isDue = (book: string, entries: number): boolean => {
    const now = monotonic();
    const since = grown.get(book) ?? now;
    grown.set(book, since);
    if (now - since >= checkpointMs) return true;
    const isMany = entries >= MANY_ENTRIES && !deps.isBusy();
    return isMany && now - (made.get(book) ?? since) >= checkpointMs * SOONEST;
  };

  const round = async (): Promise<void> => {
    if (!deps.isLeading()) return;
    for (const book of await booksBehind(pool)) await attempt(book, () => growLog(pool, book, pause));
    for (const { book, length, size } of await booksGrown(pool, organisation)) {
      if (!deps.mayState(book) || !isDue(book, length - size)) continue;
      await attempt(book, async () => {
        await makeCheckpoint(deps, book, length, pause);
        grown.delete(book);
        made.set(book, monotonic());
      });
    }
  };

  const turn = async (): Promise<void> => {
    await attempt('', round);
    if (!isStopped) timer = setTimeout(() => (running = turn()), Math.min(LONGEST_TICK_MS, checkpointMs / 4));
  };

  return {
    start: () => {
      if (!isStopped) return;
      isStopped = false;
      running = turn();
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
