import type { Pool } from '../store/database.ts';
import { appendAccess } from '../store/access-log.ts';
import { chained, type ChainedAccess } from './chain.ts';

/** Something that others should know of, or a refusal. Never a value of a record, nor a secret. */
export interface Access {
  /** Client id; null where nobody was recognised. */
  who: string | null;
  address: string | null;
  action: string;
  object?: string | null | undefined;
  /** OK, or the code of the error. */
  result: string;
}

export interface AccessLog {
  /** Resolves once it is in the log; of equal refusals in one minute the first is, and the others are counted behind it. */
  note(access: Access): Promise<void>;
  /** The same for who cannot wait: what fails is told in the log of the node. */
  noteLater(access: Access): void;
  /** Resolves once everything that was noted before is written, or given up. */
  settled(): Promise<void>;
  /** Writes what is still counted. */
  close(): Promise<void>;
}

interface Waiting extends Required<Omit<Access, 'object'>> {
  object: string | null;
  at: Date;
  count: number;
  done: (error?: unknown) => void;
}

const SAME_MS = 60_000;
/** Refusals that are counted together are kept apart by so many kinds; beyond them, addresses are no longer told apart. */
const MOST_KINDS = 1_000;
const LONGEST = 200;

/**
 * The access log of a node. Whatever waits is written in one transaction, so that many refusals at once cost little; no
 * caller can fill the disk with one that it repeats.
 */
export function openAccessLog(deps: {
  pool: Pool;
  now: () => number;
  log: { error(details: object, message: string): void };
}): AccessLog {
  const { pool, now, log } = deps;
  let waiting: Waiting[] = [];
  let writing: Promise<void> = Promise.resolve();
  const repeated = new Map<string, { access: Access; count: number; timer: NodeJS.Timeout }>();

  const write = async (): Promise<void> => {
    const group = waiting;
    waiting = [];
    if (group.length === 0) return;
    try {
      await appendAccess(pool, (last) => continued(group, last));
      for (const { done } of group) done();
    } catch (error) {
      for (const { done } of group) done(error);
    }
  };
  const add = (access: Access, count: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const { who, address, action, object = null, result } = access;
      const done = (error?: unknown): void => (error === undefined ? resolve() : reject(error as Error));
      waiting.push({ who, address, action, object: cut(object), result, at: new Date(now()), count, done });
      writing = writing.then(write);
    });
  const report = (error: unknown): void => log.error({ err: error }, 'the access log could not be written');
  const endOf = (key: string): void => {
    const known = repeated.get(key);
    repeated.delete(key);
    clearTimeout(known?.timer);
    if (known && known.count > 0) add(known.access, known.count).catch(report);
  };

  const note = async (access: Access): Promise<void> => {
    if (access.result === 'OK') return add(access, 1);
    const kind = repeated.size < MOST_KINDS ? access : { ...access, address: null, object: null };
    const key = JSON.stringify([kind.who, kind.address, kind.action, kind.object, kind.result]);
    const known = repeated.get(key);
    if (known) {
      known.count += 1;
      return;
    }
    const timer = setTimeout(() => endOf(key), SAME_MS).unref();
    repeated.set(key, { access: kind, count: 0, timer });
    await add(kind, 1);
  };

  return {
    note,
    noteLater: (access) => void note(access).catch(report),
    settled: () => writing,
    close: async () => {
      for (const key of repeated.keys()) endOf(key);
      await writing;
    },
  };
}

function continued(group: readonly Waiting[], last: { seq: number; hash: string } | null): ChainedAccess[] {
  let { seq, hash } = last ?? { seq: 0, hash: '' };
  return group.map((access) => {
    const row = chained({ ...access, seq: (seq += 1) }, hash);
    ({ hash } = row);
    return row;
  });
}

function cut(text: string | null): string | null {
  return text === null ? null : text.slice(0, LONGEST).replaceAll('\0', '');
}
