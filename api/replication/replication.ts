import { LotbookError, toLotbookError } from '../errors.ts';
import { peekClaims } from '../identity/jws.ts';
import { isJsonObject } from '../identity/strict-json.ts';
import type { UnableClaims } from '../ledger/statements/unable.ts';
import { lastStatement } from '../store/authority.ts';
import { tryLead, type Leadership } from '../store/leadership.ts';
import { readAuthorities, Superseded } from '../store/replica.ts';
import { appoint, type AppointDeps, type AppointInput } from './appoint.ts';
import { Desk } from './desk.ts';
import { confirmTakeOver } from './take-over.ts';
import { viewAuthority, type AuthorityView } from './view.ts';
import { envelope, type Envelope, type EnvelopeInput } from './wire.ts';

export type { AppointInput } from './appoint.ts';
export type { AuthorityView } from './view.ts';

const LOCK = 'lotbook authority';
const TRY_TO_LEAD_MS = 500;
const REOPEN_MS = 200;

/** How a node stands to a book. SOLO: the book has no mandate; NONE: the mandate does not name this node as a member. */
export type SeatStanding = 'SOLO' | 'HOLDER' | 'HEARS_HOLDER' | 'SILENT' | 'NONE';

/** This node's part in the authority of books: its own, and those in which others have named it. */
export interface Replication {
  /** Begins to look after them, once no other process of this node does. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The desk of a book with a mandate, where this process looks after it. */
  deskOf(book: string): Desk | null;
  /** Whether the node has a seat in the authority of the book, which perhaps another process of it looks after. */
  isSeated(book: string): boolean;
  /** An envelope from another node, and the answer to it. Throws NOT_PERMITTED, BAD_INPUT, SHUTTING_DOWN. */
  receive(from: string, body: unknown): Promise<EnvelopeInput>;
  /** The owner names primary, backup and witness. Throws NOT_PERMITTED, BAD_INPUT, UNREACHABLE, ... */
  appoint(input: AppointInput): Promise<AuthorityView>;
  /** Gives the right to the other member, and resolves when it has it. Throws NOT_AUTHORITY, UNABLE. */
  handOver(book: string): Promise<AuthorityView>;
  /** Takes the right by an operator's word, in a book without a witness. */
  takeOver(book: string, by: string): Promise<AuthorityView>;
  view(book: string): Promise<AuthorityView | null>;
  /** Whether the last mandate of a book gives an organisation a part in it: asked before anything is shown, and cheap. */
  isNamed(book: string, organisation: string): Promise<boolean>;
  /** A requester's verified notice that the holder does not answer it. */
  notice(book: string, unable: UnableClaims): void;
  standing(book: string): SeatStanding;
}

export function openReplication(deps: AppointDeps): Replication {
  const desks = new Map<string, Desk>();
  const opening = new Map<string, Promise<Desk>>();
  const timers = new Map<string, NodeJS.Timeout>();
  let seated: ReadonlySet<string> = new Set();
  let leadership: Leadership | null = null;
  let retry: NodeJS.Timeout | undefined;
  let isStopped = true;

  const lookAfter = (desk: Desk): void => {
    const { book } = desk;
    desks.set(book, desk);
    const turn = async (): Promise<void> => {
      await desk.tick().catch(() => undefined);
      if (desks.get(book) === desk)
        timers.set(
          book,
          setTimeout(() => void turn(), desk.everyMs),
        );
    };
    void turn();
  };

  /** A desk whose state could not be stored is opened again from what is. */
  const failed = async (desk: Desk, error: unknown): Promise<void> => {
    if (isStopped || (desks.has(desk.book) && desks.get(desk.book) !== desk)) return;
    const isKnown = error instanceof Superseded || toLotbookError(error).code !== 'INTERNAL';
    deps.log[isKnown ? 'warn' : 'error'](
      { err: error, book: desk.book },
      'the authority of a book is opened again',
    );
    forget(desk.book);
    await desk.close();
    await new Promise((resolve) => setTimeout(resolve, REOPEN_MS));
    if (isStopped || !leadership) return;
    await deskFor(desk.book).then(settle, (again: unknown) => failed(desk, again));
  };

  const forget = (book: string): void => {
    clearTimeout(timers.get(book));
    timers.delete(book);
    desks.delete(book);
  };

  const deskFor = (book: string): Promise<Desk> => {
    const known = desks.get(book);
    if (known) return Promise.resolve(known);
    let open = opening.get(book);
    if (!open) {
      open = Desk.open(deps, book, (desk, error) => void failed(desk, error)).finally(() =>
        opening.delete(book),
      );
      opening.set(book, open);
    }
    return open;
  };

  /** The desk is kept where this node has a part in the book. */
  const settle = async (desk: Desk): Promise<void> => {
    const hasPart =
      desk.seat !== null || desk.register !== null || desk.papers.memberNamed(deps.organisation) !== null;
    if (desk.seat) seated = new Set([...seated, desk.book]);
    if (hasPart && leadership && !isStopped && !desks.has(desk.book)) lookAfter(desk);
  };

  const lead = async (): Promise<void> => {
    if (isStopped) return;
    const won = await tryLead(deps.pool, LOCK).catch(() => null);
    if (!won) {
      const stored = await readAuthorities(deps.pool).catch(() => []);
      seated = new Set(stored.flatMap(({ book, member }) => (member === null ? [] : [book])));
      retry = setTimeout(() => void lead(), TRY_TO_LEAD_MS);
      return;
    }
    leadership = won;
    void won.lost.then(() => (leadership === won ? leave() : undefined));
    const stored = await readAuthorities(deps.pool);
    seated = new Set(stored.flatMap(({ book, member }) => (member === null ? [] : [book])));
    for (const { book } of stored) {
      try {
        await settle(await deskFor(book));
      } catch (error) {
        deps.log.error({ err: error, book }, 'the authority of a book cannot be looked after');
      }
    }
  };

  const leave = async (): Promise<void> => {
    const won = leadership;
    leadership = null;
    const closing = [...desks.values()];
    for (const { book } of closing) forget(book);
    await Promise.all(closing.map((desk) => desk.close()));
    won?.release();
    if (!isStopped) retry = setTimeout(() => void lead(), TRY_TO_LEAD_MS);
  };

  const deskHere = async (book: string): Promise<Desk> => {
    if (!leadership) {
      const message = 'Another process of this node looks after the authority of its books.';
      throw new LotbookError('UNABLE', message, { retryAfterMs: 200 });
    }
    return deskFor(book);
  };

  return {
    start: async () => {
      isStopped = false;
      await lead();
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(retry);
      await leave();
    },
    deskOf: (book) => desks.get(book) ?? null,
    isSeated: (book) => seated.has(book),
    receive: async (from, body) => {
      const given = readEnvelope(body);
      const desk = await deskHere(given.book);
      const answer = await desk.receive(from, given);
      if (!desk.papers.memberNamed(from) && desk.papers.owner !== from) {
        throw new LotbookError('NOT_PERMITTED', 'You have no part in the authority of this book.');
      }
      await settle(desk);
      return answer;
    },
    appoint: async (input) => {
      const desk = await deskHere(input.book);
      await appoint(deps, desk, input);
      await settle(desk);
      return known(await viewAuthority(deps, input.book, desk));
    },
    handOver: async (book) => {
      const desk = await deskHere(book);
      await handOver(desk);
      return known(await viewAuthority(deps, book, desk));
    },
    takeOver: async (book, by) => {
      const desk = await deskHere(book);
      await confirmTakeOver(deps, desk, by);
      await settle(desk);
      return known(await viewAuthority(deps, book, desk));
    },
    isNamed: async (book, organisation) => {
      const token = (await lastStatement(deps.pool, book, 'MANDATE'))?.token;
      const { primary, backup, witness } = (token && peekClaims(token)) || {};
      return [primary, backup, witness].some(
        (named) => isJsonObject(named) && named['organisation'] === organisation,
      );
    },
    view: (book) => viewAuthority(deps, book, desks.get(book) ?? null),
    notice: (book, unable) => {
      const message = { type: 'unable', n: unable.n } as const;
      void desks.get(book)?.tell({ type: 'message', from: unable.iss, message, mine: () => null });
    },
    standing: (book) => standingOf(desks.get(book) ?? null, deps.monotonic()),
  };
}

function readEnvelope(body: unknown): Envelope {
  const parsed = envelope.safeParse(body);
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0]?.path.map(String).join('.') || 'body';
  throw new LotbookError('BAD_INPUT', 'The envelope is not in the form that was agreed.', { place });
}

function known<T>(value: T | null): T {
  if (value === null) throw new LotbookError('NOT_FOUND', 'The book has no mandate.');
  return value;
}

function standingOf(desk: Desk | null, now: number): SeatStanding {
  const state = desk?.seat?.state;
  if (!state) return 'NONE';
  if (desk?.seat?.isHolder()) return 'HOLDER';
  return now - state.heardAt <= state.mandate.takeoverMs ? 'HEARS_HOLDER' : 'SILENT';
}

/** Gives the right away and waits until it has gone. */
async function handOver(desk: Desk): Promise<void> {
  const { seat } = desk;
  if (!seat?.isHolder()) {
    const holder = seat?.state.term.holder ?? 'another node';
    throw new LotbookError('NOT_AUTHORITY', `The right is with ${holder}: hand it over there.`);
  }
  const { term, mandate } = seat.state;
  if (term.insync.length < 2) {
    const message = 'The other member is behind or does not answer: it cannot take the right now.';
    throw new LotbookError('UNABLE', message, { retryAfterMs: mandate.takeoverMs });
  }
  await new Promise<void>((resolve, reject) => {
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      stop();
      settle();
    };
    const stop = seat.watch(() => {
      if (seat.state.term.holder !== term.holder) end(resolve);
    });
    const timer = setTimeout(() => {
      const error = new LotbookError('UNABLE', 'The hand-over did not come about; the right stays here.', {
        retryAfterMs: 1_000,
      });
      end(() => reject(error));
    }, 4 * mandate.takeoverMs);
    void desk.tell({ type: 'hand-over' });
  });
}
