import type { Logger } from 'pino';
import { canonicalIdentifier } from '../events/identifiers.ts';
import { LotbookError } from '../errors.ts';
import { ROLES, type Caller } from '../sharing/caller.ts';
import { bookById } from '../store/books.ts';
import type { Pool } from '../store/database.ts';
import {
  noteRun,
  putHold,
  putRule,
  readDue,
  readHolds,
  readRules,
  removeHold,
  removeRule,
  type LegalHold,
  type RetentionRule,
  type StoredRule,
} from '../store/retention.ts';
import type { Approval } from './approval.ts';
import { isReason } from './shape.ts';

export interface RetentionDeps {
  pool: Pool;
  organisation: string;
  /** ms since 1970 */
  clock: () => number;
  log: Logger;
  eraseRecords: Approval['eraseRecords'];
  /** Whether this process looks after the node's books. */
  isLeading: () => boolean;
  config: { retentionPollMs: number };
}

export interface RetentionView {
  book: string;
  rules: StoredRule[];
  holds: LegalHold[];
}

/**
 * How long records are kept. A rule erases those of a kind whose time is over, each by a signed change as a person would; what is
 * held for legal reasons stays until it is released. Rules and holds are the owner's own, and of its books alone.
 */
export interface Retention {
  /** @throws LotbookError NOT_FOUND */
  view(book: string): Promise<RetentionView>;
  /** @throws LotbookError NOT_FOUND, BAD_INPUT */
  setRule(caller: Caller, rule: RetentionRule): Promise<RetentionView>;
  /** @throws LotbookError NOT_FOUND */
  endRule(book: string, kind: string): Promise<RetentionView>;
  /** @throws LotbookError NOT_FOUND, BAD_INPUT */
  hold(caller: Caller, hold: { book: string; record: string; reason: string }): Promise<RetentionView>;
  /** @throws LotbookError NOT_FOUND */
  release(book: string, record: string): Promise<RetentionView>;
  /** Erases what is due by every rule. Answers how many records. */
  run(): Promise<number>;
  /** From now on it runs by itself. */
  start(): void;
  stop(): Promise<void>;
}

const DAY_MS = 86_400_000;
const FIRST_MS = 60_000;
const MOST_DAYS = 36_500;
/** Records that one change erases. */
const BATCH = 100;

/** Before this moment a record's time is over. */
export function keptSince({ days }: Pick<RetentionRule, 'days'>, now: number): Date {
  return new Date(now - days * DAY_MS);
}

export function openRetention(deps: RetentionDeps): Retention {
  const { pool, clock, log, config } = deps;
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();

  const view = async (book: string): Promise<RetentionView> => {
    await ownBook(deps, book);
    return { book, rules: await readRules(pool, book), holds: await readHolds(pool, book) };
  };
  const run = async (): Promise<number> => {
    let total = 0;
    for (const rule of await readRules(pool, null)) {
      if (stopping.signal.aborted || !deps.isLeading()) break;
      total += await runRule(deps, rule, stopping.signal);
    }
    return total;
  };
  const next = (pauseMs = config.retentionPollMs): void => {
    timer = setTimeout(() => {
      running = run()
        .catch((error: unknown) => log.error({ err: error }, 'the rules of retention could not be run'))
        .finally(() => stopping.signal.aborted || next());
    }, pauseMs);
  };

  return {
    view,
    setRule: async (caller, rule) => {
      await ownBook(deps, rule.book);
      checkRule(rule);
      await putRule(pool, { ...rule, setBy: caller.clientId, setAt: new Date(clock()) });
      return view(rule.book);
    },
    endRule: async (book, kind) => {
      await ownBook(deps, book);
      if (!(await removeRule(pool, book, kind))) throw missing('There is no rule for this kind.', 'kind');
      return view(book);
    },
    hold: async (caller, { book, record, reason }) => {
      await ownBook(deps, book);
      if (!isReason(reason)) throw wrong('Say why in plain words.', 'reason');
      const hold = { record: canonicalIdentifier(record), reason, by: caller.clientId };
      await putHold(pool, book, { ...hold, since: new Date(clock()) });
      return view(book);
    },
    release: async (book, record) => {
      await ownBook(deps, book);
      if (!(await removeHold(pool, book, canonicalIdentifier(record))))
        throw missing('The record is not held.', 'record');
      return view(book);
    },
    run,
    // A node that is started often must come to it too.
    start: () => next(Math.min(FIRST_MS, config.retentionPollMs)),
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}

/** Batch by batch; what does not come about now is tried again with the next run. */
async function runRule(deps: RetentionDeps, rule: StoredRule, signal: AbortSignal): Promise<number> {
  const { pool, clock, log, organisation } = deps;
  const { book, kind, days } = rule;
  const caller = { organisation, clientId: organisation, own: true, roles: ROLES, groups: [] };
  const reason = `kept for ${days} days, by the rule for records of kind ${kind}`;
  let erased = 0;
  try {
    while (!signal.aborted) {
      const records = await readDue(pool, rule, keptSince(rule, clock()), BATCH);
      if (records.length === 0) break;
      const { error } = await deps.eraseRecords(
        { ...caller, expiresAt: Infinity },
        { book, records, reason },
      );
      if (error) throw new LotbookError(error.code, error.message, error);
      erased += records.length;
    }
  } catch (error) {
    log.warn({ err: error, book, kind }, 'records whose time is over could not be erased yet');
  }
  await noteRun(pool, rule, new Date(clock()), erased);
  if (erased > 0) log.info({ book, kind, days, erased }, 'records whose time was over were erased');
  return erased;
}

async function ownBook({ pool, organisation }: RetentionDeps, id: string): Promise<void> {
  if ((await bookById(pool, id))?.owner !== organisation)
    throw missing('There is no such book of ours.', 'book');
}

function checkRule({ kind, days, by }: RetentionRule): void {
  if (kind === 'GRANT' || kind === 'LOCK')
    throw wrong('Sharing rules and locks are ended, not erased.', 'input.kind');
  if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS)
    throw wrong(`Keep records for 1 to ${MOST_DAYS} days.`, 'input.days');
  if (by === 'EVENT_TIME' && kind !== 'EVENT') throw wrong('Only events have an event time.', 'input.by');
}

function wrong(message: string, place: string): LotbookError {
  return new LotbookError('BAD_INPUT', message, { place });
}

function missing(message: string, place: string): LotbookError {
  return new LotbookError('NOT_FOUND', message, { place });
}
