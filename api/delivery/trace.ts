import { LotbookError } from '../errors.ts';
import { readIdentifier } from '../events/element-string.ts';
import type { Direction, Found, TraceQuestion, TraceStart } from '../recall/trace.ts';
import { walk } from '../recall/walk.ts';
import type { Caller } from '../sharing/caller.ts';
import { listBooks } from '../store/book-list.ts';
import { readingAhead } from './reading-ahead.ts';
import { openEventSource, type EventSource } from './trace-source.ts';
import { scopeOf, type Scope, type ScopeServices } from './scope.ts';

/** Who traces, and through what. */
export interface TraceScope {
  caller: Caller;
  /** An organisation with whose eyes one of the node's own people looks: at the books of this node. */
  viewAs?: string | null | undefined;
  books?: readonly string[] | null | undefined;
  knownAt?: Date | null | undefined;
}

/** A start as it is given: one of thing, place and event; a place with its time. */
export interface GivenStart {
  from?: Date | null | undefined;
  until?: Date | null | undefined;
  thing?: string | null | undefined;
  place?: string | null | undefined;
  event?: string | null | undefined;
}

export interface TraceQuery extends TraceScope {
  starts: readonly GivenStart[];
  direction: Direction | 'BOTH';
  depth: number;
  from?: Date | null | undefined;
  until?: Date | null | undefined;
  inOrder: boolean;
  most: number;
}

const MOST_STARTS = 100;
const MOST_DEPTH = 1_000;
const MOST_EVENTS = 1_000_000;

/**
 * What a trace finds, step by step; nothing but one question ahead is read before it is pulled.
 * @throws LotbookError BAD_INPUT; NOT_FOUND for a book that the caller cannot see
 */
export async function* trace(services: ScopeServices, query: TraceQuery): AsyncGenerator<Found[], void> {
  const question = questionOf(query, 'input.starts');
  const source = await sourceOf(services, query);
  yield* run(question, source);
}

/** Walks, with a source that answers. */
export async function* run(question: TraceQuestion, from: EventSource): AsyncGenerator<Found[], void> {
  const source = readingAhead(from);
  const steps = walk(question);
  for (let step = steps.next(); !step.done;) {
    if ('ask' in step.value) {
      step = steps.next(await source(step.value.ask));
    } else {
      if (step.value.found.length > 0) yield step.value.found;
      step = steps.next([]);
    }
  }
}

/** Opens what the caller may see of the books. @throws LotbookError NOT_FOUND */
export async function sourceOf(services: ScopeServices, scope: TraceScope): Promise<EventSource> {
  return openEventSource(services, await scopesOf(services, scope), scope.knownAt ?? null);
}

/** What the caller may see of each of the books. @throws LotbookError NOT_FOUND */
export async function scopesOf(
  services: ScopeServices,
  { caller, viewAs, books }: TraceScope,
): Promise<Scope[]> {
  const named = books?.map((book) => scopeOf(services, caller, book, viewAs));
  if (named) return Promise.all(named);
  const scopes: Scope[] = [];
  for (const { id, authority } of await listBooks(services.db.pool)) {
    if (viewAs && authority !== services.organisation) continue;
    try {
      scopes.push(await scopeOf(services, caller, id, viewAs));
    } catch (error) {
      const isClosed = error instanceof LotbookError && error.details.place === 'book';
      if (!isClosed) throw error;
    }
  }
  return scopes;
}

/** `place`: where the starts are in the input. @throws LotbookError BAD_INPUT */
export function questionOf(query: Omit<TraceQuery, keyof TraceScope>, place: string): TraceQuestion {
  const { direction, depth, inOrder, most } = query;
  checkRange('depth', depth, 0, MOST_DEPTH);
  checkRange('most', most, 1, MOST_EVENTS);
  const [from, until] = [query.from?.getTime() ?? null, query.until?.getTime() ?? null];
  if (from !== null && until !== null && from >= until) {
    throw new LotbookError('BAD_INPUT', 'Give an end after the beginning.', { place: 'input.until' });
  }
  return {
    starts: startsOf(query.starts, place),
    directions: direction === 'BOTH' ? ['BACK', 'FORWARD'] : [direction],
    depth,
    from,
    until,
    inOrder,
    most,
  };
}

/** @throws LotbookError BAD_INPUT */
export function startsOf(given: readonly GivenStart[], place: string): TraceStart[] {
  if (given.length < 1 || given.length > MOST_STARTS) {
    throw new LotbookError('BAD_INPUT', `Give 1 to ${MOST_STARTS} starts.`, { place });
  }
  return given.map((start, at) => startOf(start, `${place}[${at}]`));
}

function startOf({ thing, place, event, from, until }: GivenStart, at: string): TraceStart {
  const given = [thing, place, event].filter((id) => id !== null && id !== undefined);
  if (given.length !== 1) {
    throw new LotbookError('BAD_INPUT', 'Give one of thing, place and event.', { place: at });
  }
  if (thing) return { thing: readIdentifier(thing).canonical };
  if (place) {
    // A window has both its ends in it, and this end is the first moment after.
    const window = { from: from?.getTime() ?? -Infinity, until: until ? until.getTime() - 1 : Infinity };
    return { place: readIdentifier(place).canonical, window };
  }
  if (event) return { event };
  throw new LotbookError('BAD_INPUT', 'Give an identifier.', { place: at });
}

/** @throws LotbookError BAD_INPUT */
export function checkRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new LotbookError('BAD_INPUT', `Give a whole number from ${least} to ${most}.`, {
    place: `input.${name}`,
  });
}
