import { LotbookError } from '../errors.ts';
import { canonicalDecimal } from '../events/decimal.ts';
import { canonicalIdentifier, classify } from '../events/identifiers.ts';
import { comminglings, contacts, type Commingling, type Contact } from '../recall/contacts.ts';
import { missingRecords, rank, type Candidate, type MissingRecord } from '../recall/converge.ts';
import { legOf, type Leg } from '../recall/leg.ts';
import { qualityOf, type PartnerQuality } from '../recall/quality.ts';
import { reconcile, type Reconciliation } from '../recall/reconcile.ts';
import type { Found } from '../recall/trace.ts';
import type { TraceEvent } from '../recall/trace-event.ts';
import type { GivenFactor } from '../recall/units.ts';
import { readLatestEvents } from '../store/trace.ts';
import {
  checkRange,
  questionOf,
  run,
  scopesOf,
  sourceOf,
  startsOf,
  trace,
  type GivenStart,
  type TraceQuery,
  type TraceScope,
} from './trace.ts';
import { remembering } from './remembering.ts';
import { openEventSource, type EventSource } from './trace-source.ts';
import type { ScopeServices } from './scope.ts';

/** How a trace back, or through a chain, is bounded. */
type Bounds = TraceScope & Pick<TraceQuery, 'depth' | 'from' | 'until' | 'inOrder' | 'most'>;

export interface ConvergeQuery extends Bounds {
  legs: readonly { name: string; cases: number; starts: readonly GivenStart[] }[];
  /** Things of several legs that were at one place within this time are told. */
  contactHours: number;
  /** So many candidates. */
  first: number;
}

export interface Convergence {
  legs: readonly Leg[];
  candidates: readonly Candidate[];
  missing: readonly MissingRecord[];
  comminglings: readonly Commingling[];
  contacts: readonly Contact[];
  /** Legs of which as many events as were asked for are found, and there is more. */
  cut: readonly number[];
}

export interface ReconcileQuery extends Bounds, Pick<TraceQuery, 'starts' | 'direction'> {
  factors?:
    | readonly { product?: string | null | undefined; from: string; to: string; factor: string }[]
    | null
    | undefined;
}

export interface QualityQuery extends Pick<TraceScope, 'caller' | 'books'> {
  from?: Date | null | undefined;
  until?: Date | null | undefined;
  /** So many events, the latest first. */
  most: number;
}

export interface Quality {
  partners: readonly PartnerQuality[];
  events: number;
  /** There are more events than were asked for. */
  isCut: boolean;
}

/** What investigators ask. Everybody is answered from what they may see, and from nothing else. */
export interface Tracing {
  trace(query: TraceQuery): ReturnType<typeof trace>;
  converge(query: ConvergeQuery): Promise<Convergence>;
  reconcile(query: ReconcileQuery): Promise<Reconciliation & { isCut: boolean }>;
  quality(query: QualityQuery): Promise<Quality>;
}

const MOST_LEGS = 100;
const MOST_HOURS = 10_000;
const MOST_CANDIDATES = 1_000;
const MOST_CASES = 1_000_000;
const MOST_FACTORS = 100;
const MOST_JUDGED = 20_000;
/** Identifiers in one question. */
const ASKED_AT_ONCE = 256;

export function openTracing(services: ScopeServices): Tracing {
  return {
    trace: (query) => trace(services, query),
    converge: async (query) => {
      checkLegs(query);
      checkRange('contactHours', query.contactHours, 0, MOST_HOURS);
      checkRange('first', query.first, 1, MOST_CANDIDATES);
      const source = remembering(await sourceOf(services, query));
      const legs: Leg[] = [];
      for (const [at, { name, cases, starts }] of query.legs.entries()) {
        const question = questionOf({ ...query, starts, direction: 'BACK' }, `input.legs[${at}].starts`);
        legs.push(legOf(name, cases, await all(run(question, source))));
      }
      return {
        legs,
        candidates: rank(legs).slice(0, query.first),
        missing: missingRecords(legs),
        comminglings: comminglings(legs),
        contacts: contacts(legs, query.contactHours * 3_600_000),
        cut: [...legs.keys()].filter((at) => legs[at]?.ends.some(({ reason }) => reason === 'LIMIT')),
      };
    },
    reconcile: async (query) => {
      const factors = factorsOf(query.factors ?? []);
      const question = questionOf(query, 'input.starts');
      const source = await sourceOf(services, query);
      const found = await all(run(question, source));
      const lots = found.flatMap((each) =>
        each.kind === 'THING' && isLot(each.thing.identifier) ? [each.thing.identifier] : [],
      );
      const isCut = found.some((each) => each.kind === 'END' && each.end.reason === 'LIMIT');
      const distinct = [...new Set(lots)];
      return { ...reconcile(distinct, await eventsOf(distinct, source), factors), isCut };
    },
    quality: (query) => qualityIn(services, query),
  };
}

/** How good records are is judged from the latest events, with everything that is known of their lots. */
async function qualityIn(services: ScopeServices, query: QualityQuery): Promise<Quality> {
  const { from = null, until = null, most } = query;
  checkRange('most', most, 1, MOST_JUDGED);
  const scopes = await scopesOf(services, query);
  const source = openEventSource(services, scopes, null);
  const books = scopes.map(({ book }) => book.id);
  const ids = await readLatestEvents(services.db.pool, books, { from, until, limit: most + 1 });
  const isCut = ids.length > most;
  const events: TraceEvent[] = [];
  for (let at = 0; at < Math.min(ids.length, most); at += ASKED_AT_ONCE)
    events.push(...(await source({ records: ids.slice(at, Math.min(at + ASKED_AT_ONCE, most)) })));
  const lots = new Set(
    events.flatMap(({ things }) => things.map(({ identifier }) => identifier)).filter(isLot),
  );
  const known = reconcile([...lots], await eventsOf([...lots], source), []);
  return { partners: qualityOf(events, known), events: events.length, isCut };
}

async function all(steps: AsyncIterable<Found[]>): Promise<Found[]> {
  const found: Found[] = [];
  for await (const step of steps) found.push(...step);
  return found;
}

function isLot(identifier: string): boolean {
  const { kind } = classify(identifier);
  return kind !== 'product' && kind !== 'shipment';
}

/** All events of lots, also those that a trace in one direction leaves out, and of what they were in, level by level. */
async function eventsOf(lots: readonly string[], source: EventSource): Promise<TraceEvent[]> {
  const events = new Map<string, TraceEvent>();
  const asked = new Set(lots);
  for (let open = [...lots]; open.length > 0;) {
    const parents = new Set<string>();
    for (let at = 0; at < open.length; at += ASKED_AT_ONCE) {
      for (const event of await source({ links: open.slice(at, at + ASKED_AT_ONCE) })) {
        events.set(`${event.book} ${event.record}`, event);
        const parent = event.things.find(({ role }) => role === 'parent');
        if (parent && parent.kind !== 'location') parents.add(parent.identifier);
      }
    }
    open = [...parents].filter((id) => !asked.has(id));
    for (const id of open) asked.add(id);
  }
  return [...events.values()];
}

/** @throws LotbookError BAD_INPUT */
function checkLegs({ legs }: ConvergeQuery): void {
  if (legs.length < 1 || legs.length > MOST_LEGS) {
    throw new LotbookError('BAD_INPUT', `Give 1 to ${MOST_LEGS} legs.`, { place: 'input.legs' });
  }
  for (const [at, { cases, starts }] of legs.entries()) {
    checkRange(`legs[${at}].cases`, cases, 1, MOST_CASES);
    startsOf(starts, `input.legs[${at}].starts`);
  }
}

/** @throws LotbookError BAD_INPUT */
function factorsOf(given: NonNullable<ReconcileQuery['factors']>): GivenFactor[] {
  if (given.length > MOST_FACTORS) {
    throw new LotbookError('BAD_INPUT', `Give at most ${MOST_FACTORS} factors.`, { place: 'input.factors' });
  }
  return given.map(({ product, from, to, factor: text }, at) => {
    const factor = canonicalDecimal(text);
    const isWrong = factor === null || factor.startsWith('-') || factor === '0';
    if (isWrong || from === to) {
      const message = 'Give a decimal above 0 between two different units.';
      throw new LotbookError('BAD_INPUT', message, { place: `input.factors[${at}]` });
    }
    return { product: product ? canonicalIdentifier(product) : null, from, to, factor };
  });
}
