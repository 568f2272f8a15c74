import { z } from 'zod';
import { found } from '../delivery/reading.ts';
import { scopeOf, type ScopeServices } from '../delivery/scope.ts';
import { LotbookError } from '../errors.ts';
import { canonicalIdentifier } from '../events/identifiers.ts';
import type { Caller } from '../sharing/caller.ts';
import type { BooksDeps } from './deps.ts';
import { shownPresent, type PresentView } from './present-shown.ts';
import type { Presences, Present } from './presence.ts';

export interface Attendance {
  book: string;
  record?: string | null | undefined;
  editing: boolean;
  /** From the node of another organisation: who of it is there. */
  of?: { holder: string; name?: string | null | undefined } | null | undefined;
}

export interface AttendDeps extends Pick<BooksDeps, 'reading'> {
  sources: ScopeServices;
  presences: Presences;
  /** Who is there, value by value, as the owner's node tells it; it is told of this one meanwhile. */
  attendAt(
    organisation: string,
    attendance: Attendance & { of: { holder: string; name: string | null } },
    signal: AbortSignal,
  ): AsyncGenerator<unknown, void>;
  log: { info(details: object, message: string): void };
}

/** Somebody is there, from its beginning to `leave`. */
export interface Attending {
  /** As the caller may know it now. Rejects where it may see nothing of the book any more. */
  look(): Promise<PresentView[]>;
  on(listener: () => void): void;
  leave(): void;
}

const PAUSES_MS = [500, 2_000, 10_000];

/**
 * Who has a book open is there as long as a stream is open; nothing of it is kept. The owner's node knows of all: the nodes of others
 * tell it of theirs. While it does not answer, they know of their own people alone.
 * @throws LotbookError NOT_FOUND, NOT_PERMITTED, BAD_INPUT
 */
export async function attend(
  deps: AttendDeps,
  caller: Caller,
  name: string | null,
  asked: Attendance,
): Promise<Attending> {
  const { sources, presences, reading } = deps;
  const { owner } = found(await reading.book(caller, asked.book), 'book');
  const record = asked.record ? canonicalIdentifier(asked.record) : null;
  if (record !== null) found(await reading.record({ caller, book: asked.book, id: record }), 'record');
  const who = caller.own ? { holder: caller.clientId, name } : named(caller, asked);
  const { book, editing } = asked;
  const { organisation } = caller;
  const present: Present = { book, record, editing, organisation, ...who, since: sources.clock() };
  const leaving = new AbortController();
  const leave = presences.enter(present);
  const isElsewhere = caller.own && owner !== sources.organisation;
  let told: PresentView[] | null = null;
  let wake: () => void = () => undefined;
  const stop = presences.on(book, () => wake());
  if (isElsewhere)
    void follow(deps, owner, { book, record, editing, of: who }, leaving.signal, (views) => {
      told = views;
      wake();
    });
  return {
    look: async () => {
      const scope = await scopeOf(sources, caller, book);
      return told ?? shownPresent(sources.db.pool, scope, organisation, presences.in(book));
    },
    on: (listener) => (wake = listener),
    leave: () => {
      leaving.abort();
      stop();
      leave();
    },
  };
}

/** Programs are there by their own names; a node says of which of its people it speaks. */
function named(caller: Caller, { of }: Attendance): { holder: string; name: string | null } {
  const holder = of?.holder ?? caller.clientId;
  const isTheirs = holder === caller.clientId || holder.startsWith(`${caller.clientId}/`);
  const isShort = holder.length <= 500 && (of?.name ?? '').length <= 500;
  if (isTheirs && isShort) return { holder, name: of?.name ?? null };
  throw new LotbookError('BAD_INPUT', 'A node speaks of its own people.', { place: 'of.holder' });
}

const views = z.array(
  z.object({
    organisation: z.string().max(500),
    holder: z.string().max(500).nullable(),
    holderName: z.string().max(500),
    record: z.string().max(4_096).nullable(),
    editing: z.boolean(),
    since: z.iso.datetime().transform((text) => new Date(text)),
  }),
);

/** Follows what the owner's node tells, anew whenever that breaks off. */
async function follow(
  { attendAt, log }: AttendDeps,
  owner: string,
  attendance: Attendance & { of: { holder: string; name: string | null } },
  signal: AbortSignal,
  tell: (views: PresentView[] | null) => void,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      for await (const value of attendAt(owner, attendance, signal)) {
        attempt = 0;
        tell(views.safeParse(value).data ?? null);
      }
    } catch (error) {
      const code = error instanceof LotbookError ? error.code : 'INTERNAL';
      log.info({ owner, code }, 'who is there is not told by the owner of the book');
    }
    tell(null);
    const pauseMs = PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)] ?? 0;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      signal.addEventListener('abort', () => [clearTimeout(timer), resolve()], { once: true });
    });
  }
}
