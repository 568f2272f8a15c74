import { boundsOf, isErasure, type Window } from './feed.ts';
import type { Position } from './cursor.ts';
import type { KeyedEntry } from '../store/entries.ts';

/** Entries that one look ahead takes at most. */
export const WINDOW = 256;
/** Many that come back at once share what they read of the past: so many windows, for so long. */
const MAX_KEPT = 8;
const KEEP_MS = 250;
const MAX_ENTRIES = 1024;
const MAX_CHARACTERS = 8_000_000;

export type ReadRange = (range: { after: number; before?: number; limit: number }) => Promise<KeyedEntry[]>;

/**
 * The end of a book's log in memory, so that what all subscribers wait for is read from the database once. Bounded in
 * entries and in size; what is older is read when somebody asks for it.
 */
export interface Tail {
  /** The last seq that is known. */
  readonly head: number;
  /** Reads what came after the head. False when there may be more. */
  readOn(): Promise<{ entries: KeyedEntry[]; complete: boolean }>;
  append(entries: readonly KeyedEntry[]): void;
  /** What comes next for a position; at once where it is in memory. Never beyond the head. */
  window(position: Position): Window | Promise<Window>;
}

/** `isWhole` is false for a local copy: what is received late lies before its end, and must not be missed in memory. */
export function openTail(length: number, read: ReadRange, isWhole = true): Tail {
  const maxEntries = isWhole ? MAX_ENTRIES : 0;
  let head = length;
  /** The tail holds all entries with `from < seq <= head`. */
  let from = length;
  let entries: KeyedEntry[] = [];
  let characters = 0;
  const reading = new Map<string, Promise<Window>>();

  const readWindow = (after: number, before: number): Promise<Window> => {
    const name = `${after} ${before}`;
    const known = reading.get(name);
    if (known) return known;
    const window = read({ after, before, limit: WINDOW }).then((rows) => ({
      entries: rows,
      complete: rows.length < WINDOW,
    }));
    reading.set(name, window);
    const forget = (): void => {
      if (reading.get(name) === window) reading.delete(name);
    };
    window.then(() => setTimeout(forget, KEEP_MS).unref(), forget);
    for (const oldest of reading.keys()) {
      if (reading.size <= MAX_KEPT) break;
      reading.delete(oldest);
    }
    return window;
  };

  return {
    get head() {
      return head;
    },
    readOn: async () => {
      const rows = await read({ after: head, limit: WINDOW });
      return { entries: rows, complete: rows.length < WINDOW };
    },
    append: (rows) => {
      if (rows.length === 0) return;
      const erased = new Set(rows.filter(isErasure).map(({ entry }) => entry.record));
      if (erased.size > 0) {
        entries = entries.map((keyed) => (erased.has(keyed.entry.record) ? withoutContent(keyed) : keyed));
        reading.clear();
      }
      entries.push(...rows);
      for (const { entry } of rows) characters += sizeOf(entry);
      head = (rows.at(-1) as KeyedEntry).entry.seq;
      let dropped = 0;
      while (entries.length - dropped > maxEntries || characters > MAX_CHARACTERS) {
        const { entry } = entries[dropped++] as KeyedEntry;
        characters -= sizeOf(entry);
        from = entry.seq;
      }
      if (dropped > 0) entries = entries.slice(dropped);
    },
    window: (position) => {
      const { after, before } = boundsOf(position, head);
      if (after >= head) return { entries: [], complete: true };
      if (after < from) return readWindow(after, before);
      const start = firstAfter(entries, after);
      const inRange = entries.slice(start, start + WINDOW).filter(({ entry }) => entry.seq < before);
      return { entries: inRange, complete: inRange.length < WINDOW };
    },
  };
}

function sizeOf({ token, state }: KeyedEntry['entry']): number {
  // The values are about as long as what the token needs for them; the exact size is of no use.
  return token.length + (state === null ? 0 : 64 * Object.keys(state).length);
}

/** What is in memory is erased with what is stored. */
function withoutContent({ entry }: KeyedEntry): KeyedEntry {
  return { entry: { ...entry, state: null }, key: null };
}

/** Index of the first entry beyond a seq; the entries are in order. */
function firstAfter(entries: readonly KeyedEntry[], seq: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle] as KeyedEntry).entry.seq <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
