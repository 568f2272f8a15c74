import { LotbookError } from '../errors.ts';
import { peekClaims } from '../identity/jws.ts';
import { isJsonObject } from '../identity/strict-json.ts';
import type { UnableClaims } from '../ledger/statements/unable.ts';
import { lastStatement } from '../store/authority.ts';
import { isRegisterReader } from '../store/introductions.ts';
import { appoint, type AppointDeps, type AppointInput } from './appoint.ts';
import type { Desk } from './desk.ts';
import { Desks } from './desks.ts';
import { confirmTakeOver } from './take-over.ts';
import { viewAuthority, type AuthorityView } from './view.ts';
import { envelope, type Envelope, type EnvelopeInput } from './wire.ts';

export type { AppointInput } from './appoint.ts';
export type { AuthorityView } from './view.ts';

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
  /** Whether of the processes of this node it is this one that looks after its books. */
  isLeading(): boolean;
  /** An envelope from another node, and the answer to it. Throws NOT_PERMITTED, BAD_INPUT, SHUTTING_DOWN. */
  receive(from: string, body: unknown): Promise<EnvelopeInput>;
  /** The owner names primary, backup and witness. Throws NOT_PERMITTED, BAD_INPUT, UNREACHABLE, ... */
  appoint(input: AppointInput): Promise<AuthorityView>;
  /** Gives the right to the other member, and resolves when it has it. Throws NOT_AUTHORITY, UNABLE. */
  handOver(book: string): Promise<AuthorityView>;
  /** Takes the right by an operator's word, in a book without a witness. */
  takeOver(book: string, by: string): Promise<AuthorityView>;
  view(book: string): Promise<AuthorityView | null>;
  /**
   * Whether an organisation may be told who holds the right, because the last mandate of the book gives it a part in it, or the
   * owner lets it ask this node as the registrar: asked before anything is shown, and cheap.
   */
  mayAsk(book: string, organisation: string): Promise<boolean>;
  /** A requester's verified notice that the holder does not answer it. */
  notice(book: string, unable: UnableClaims): void;
  standing(book: string): SeatStanding;
}

export function openReplication(deps: AppointDeps): Replication {
  const desks = new Desks(deps);
  return {
    start: () => desks.start(),
    stop: () => desks.stop(),
    deskOf: (book) => desks.of(book),
    isSeated: (book) => desks.isSeated(book),
    isLeading: () => desks.isLeading,
    receive: async (from, body) => {
      const given = readEnvelope(body);
      const desk = await desks.here(given.book);
      const answer = await desk.receive(from, given);
      if (!desk.papers.memberNamed(from) && desk.papers.owner !== from) {
        throw new LotbookError('NOT_PERMITTED', 'You have no part in the authority of this book.');
      }
      desks.settle(desk);
      return answer;
    },
    appoint: async (input) => {
      const desk = await desks.here(input.book);
      await appoint(deps, desk, input);
      desks.settle(desk);
      return known(await viewAuthority(deps, input.book, desk));
    },
    handOver: async (book) => {
      const desk = await desks.here(book);
      await handOver(desk);
      return known(await viewAuthority(deps, book, desk));
    },
    takeOver: async (book, by) => {
      const desk = await desks.here(book);
      await confirmTakeOver(deps, desk, by);
      desks.settle(desk);
      return known(await viewAuthority(deps, book, desk));
    },
    view: (book) => viewAuthority(deps, book, desks.of(book)),
    mayAsk: async (book, organisation) =>
      (await isNamed(deps, book, organisation)) || isRegisterReader(deps.pool, book, organisation),
    notice: (book, unable) => {
      const message = { type: 'unable', n: unable.n } as const;
      void desks.of(book)?.tell({ type: 'message', from: unable.iss, message, mine: () => null });
    },
    standing: (book) => standingOf(desks.of(book), deps.monotonic()),
  };
}

async function isNamed({ pool }: AppointDeps, book: string, organisation: string): Promise<boolean> {
  const token = (await lastStatement(pool, book, 'MANDATE'))?.token;
  const { primary, backup, witness } = (token && peekClaims(token)) || {};
  return [primary, backup, witness].some(
    (named) => isJsonObject(named) && named['organisation'] === organisation,
  );
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
