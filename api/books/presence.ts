import { z } from 'zod';
import type { Bell } from '../store/bell.ts';

/** Somebody who has a book, or a record of it, open. */
export interface Present {
  book: string;
  record: string | null;
  editing: boolean;
  organisation: string;
  /** Client id, and name where there is one. */
  holder: string;
  name: string | null;
  /** ms since 1970 */
  since: number;
}

/**
 * Who has what open, at all processes of this node. In memory alone: it is no history. Whoever is there says so again and again; who
 * is silent is gone.
 */
export interface Presences {
  /** Answers how to leave. */
  enter(present: Present): () => void;
  in(book: string): Present[];
  /** Listens to who comes and goes. Returns how to stop. */
  on(book: string, listener: () => void): () => void;
  close(): void;
}

const BEAT_MS = 4_000;
const SILENCE_MS = 3 * BEAT_MS;

const text = z.string().max(4_096);
/** What processes say to each other: that somebody is there, or gone. */
const words = z.object({
  presence: text,
  present: z
    .object({
      book: text,
      record: text.nullable(),
      editing: z.boolean(),
      organisation: text,
      holder: text,
      name: text.nullable(),
      since: z.number(),
    })
    .nullable(),
});

interface Known {
  present: Present;
  /** ms; of another process: heard last. */
  heardAt: number;
  isOwn: boolean;
}

export function openPresences(deps: {
  bell: Pick<Bell, 'say' | 'hear'>;
  clock: () => number;
  randomId: () => string;
}): Presences {
  const { bell, clock, randomId } = deps;
  const known = new Map<string, Known>();
  const listeners = new Map<string, Set<() => void>>();
  const wake = (book: string): void => listeners.get(book)?.forEach((listener) => listener());
  const say = (presence: string, present: Present | null): void =>
    bell.say(JSON.stringify({ presence, present }));
  const forget = (id: string): void => {
    const book = known.get(id)?.present.book;
    if (known.delete(id) && book !== undefined) wake(book);
  };

  const stopHearing = bell.hear((said) => {
    const { data } = words.safeParse(parsed(said));
    if (!data) return;
    const { presence: id, present } = data;
    if (!present) return forget(id);
    const isNew = !known.has(id);
    known.set(id, { present, heardAt: clock(), isOwn: false });
    if (isNew) wake(present.book);
  });
  const beat = setInterval(() => {
    for (const [id, { present, heardAt, isOwn }] of known) {
      if (isOwn) say(id, present);
      else if (clock() - heardAt > SILENCE_MS) forget(id);
    }
  }, BEAT_MS);

  return {
    enter: (present) => {
      const id = randomId();
      known.set(id, { present, heardAt: clock(), isOwn: true });
      say(id, present);
      wake(present.book);
      return () => {
        forget(id);
        say(id, null);
      };
    },
    in: (book) => [...known.values()].flatMap(({ present }) => (present.book === book ? present : [])),
    on: (book, listener) => {
      const set = listeners.get(book) ?? new Set();
      listeners.set(book, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0) listeners.delete(book);
      };
    },
    close: () => {
      clearInterval(beat);
      stopHearing();
    },
  };
}

function parsed(said: string): unknown {
  try {
    return JSON.parse(said) as unknown;
  } catch {
    return null;
  }
}
