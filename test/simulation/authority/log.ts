import type { Head } from '../../../api/authority/words.ts';

/** A request for an update, as its requester queued it. */
export interface Request {
  readonly requester: string;
  readonly key: string;
  readonly content: string;
  readonly record: string;
  /** The version on which it is based; null: whichever there is. */
  readonly base: number | null;
}

/** What a log holds: the opening of a term, or a decision about a request; a refusal has no version. */
export interface Entry {
  readonly text: string;
  readonly request: Request | null;
  readonly version: number | null;
}

/** A log by its last frame. Nothing in it ever changes, so that nodes, disks and messages can share it. */
export interface Log {
  readonly to: Head;
  readonly n: number;
  readonly entries: readonly Entry[];
  readonly before: Log | null;
}

export const EMPTY: Log = { to: { len: 0, head: '' }, n: 0, entries: [], before: null };

export function extend(before: Log, n: number, entries: readonly Entry[]): Log {
  let text = before.to.head;
  for (const entry of entries) text += `|${entry.text}`;
  return { to: { len: before.to.len + entries.length, head: hash(text) }, n, entries, before };
}

/** The log up to a length, where a frame ends there. */
export function upTo(log: Log, len: number): Log | null {
  let at: Log | null = log;
  while (at !== null && at.to.len > len) at = at.before;
  return at !== null && at.to.len === len ? at : null;
}

/** Whether `log` goes on from `prefix`, or is it. */
export function continues(log: Log, prefix: Head): boolean {
  return upTo(log, prefix.len)?.to.head === prefix.head;
}

/** What a request was decided to be, and up to where the log has to be final for that. */
export function decisionOf(log: Log, { requester, key }: Request): { entry: Entry; at: Log } | null {
  for (let at: Log | null = log; at !== null; at = at.before) {
    for (const entry of at.entries) {
      if (entry.request?.key === key && entry.request.requester === requester) return { entry, at };
    }
  }
  return null;
}

export function versionOf(log: Log, record: string): number {
  for (let at: Log | null = log; at !== null; at = at.before) {
    for (let index = at.entries.length - 1; index >= 0; index--) {
      const entry = at.entries[index];
      if (entry?.version != null && entry.request?.record === record) return entry.version;
    }
  }
  return 0;
}

/** Cheap, and good enough to tell the few heads of one schedule apart. */
function hash(text: string): string {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  return ((high >>> 0) * 2 ** 20 + (low >>> 12)).toString(36);
}
