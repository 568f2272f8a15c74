import { groupBy } from '../../app/group-by.ts';
import type { TraceSubscription } from '../../operations/generated/documents.ts';

export type Batch = TraceSubscription['trace'];
export type Thing = Batch['things'][number];
export type Event = Batch['events'][number];
export type Stay = Batch['stays'][number];
export type End = Batch['ends'][number];

/** What a trace found so far. */
export interface Found {
  things: readonly Thing[];
  events: readonly Event[];
  stays: readonly Stay[];
  ends: readonly End[];
}

export const NOTHING: Found = { things: [], events: [], stays: [], ends: [] };

/** A lot, an item or a carrier with all that is known of it. */
export interface Lot {
  id: string;
  kind: string;
  product: string | null;
  as: Thing['as'];
  /** Transformations away from the start; upstream below 0. */
  distance: number;
  /** In order of time. */
  events: readonly Event[];
  ends: readonly End[];
  /** What was made of it where it was made. */
  quantity: string | null;
  uom: string | null;
  /** Where it was first. */
  place: string | null;
  organisation: string | null;
}

/** From what into what: `MADE` by a transformation, `IN` what it travelled in. */
export interface Link {
  from: string;
  to: string;
  kind: 'MADE' | 'IN';
}

/** A transformation of several lots: what was in one of them may be in all that was made. */
export interface Mixing {
  id: string;
  event: Event;
  inputs: readonly string[];
  outputs: readonly string[];
}

export interface Chain {
  lots: ReadonlyMap<string, Lot>;
  /** Transformations of one lot into others, and stays. */
  links: readonly Link[];
  mixings: readonly Mixing[];
  events: readonly Event[];
  /** Where nothing was found at a start that is no thing. */
  looseEnds: readonly End[];
}

/** Ends at which nothing is open: the story of the lot is told. */
const TOLD: ReadonlySet<string> = new Set(['ORIGIN', 'ENDED', 'IN_STOCK']);

export function isOpen({ reason }: Pick<End, 'reason'>): boolean {
  return !TOLD.has(reason);
}

export function chainOf({ things, events, stays, ends }: Found): Chain {
  const inTime = [...events].sort((a, b) => timeOf(a) - timeOf(b));
  const eventsByThing = new Map<string, Event[]>();
  for (const event of inTime)
    for (const id of new Set(event.links.map(({ identifier }) => identifier))) {
      const known = eventsByThing.get(id);
      if (known) known.push(event);
      else eventsByThing.set(id, [event]);
    }
  const endsByThing = groupBy(ends, ({ thing }) => thing ?? '');
  const lots = new Map<string, Lot>();
  for (const thing of things) {
    const { identifier: id, kind, product = null, as, depth, direction } = thing;
    const known = lots.get(id);
    // It may be found in both directions, or be content here and a carrier there: what is traced counts.
    if (known && (known.as !== 'CARRIER' || as === 'CARRIER')) continue;
    const own = eventsByThing.get(id) ?? [];
    const distance = direction === 'BACK' ? -depth : depth;
    const facts = { ends: endsByThing.get(id) ?? [], events: own, ...madeOf(id, own) };
    lots.set(id, { id, kind, product, as, distance, ...facts });
  }
  const { links, mixings } = linksOf(inTime, lots);
  const stayLinks = stays
    .filter(({ child, parent }) => lots.has(child) && lots.has(parent))
    .map(({ child, parent }): Link => ({ from: child, to: parent, kind: 'IN' }));
  return {
    lots,
    links: distinct([...links, ...stayLinks]),
    mixings,
    events: inTime,
    looseEnds: endsByThing.get('') ?? [],
  };
}

export function timeOf({ time }: Pick<Event, 'time'>): number {
  return time ? Date.parse(time) : Number.POSITIVE_INFINITY;
}

function madeOf(
  id: string,
  events: readonly Event[],
): Pick<Lot, 'quantity' | 'uom' | 'place' | 'organisation'> {
  const told = events.filter(({ declaredWrong }) => !declaredWrong);
  const linksTo = (event: Event) => event.links.filter(({ identifier }) => identifier === id);
  const making = told.find((event) => event.action === 'ADD' || linksTo(event).some(isOutput)) ?? told[0];
  const link = making && linksTo(making).find(({ quantity }) => quantity !== null);
  return {
    quantity: link?.quantity ?? null,
    uom: link?.uom ?? null,
    place: told.find(({ places }) => places.length > 0)?.places[0] ?? null,
    organisation: (making ?? told[0])?.organisation ?? null,
  };
}

function isOutput({ field }: Event['links'][number]): boolean {
  return field.startsWith('output');
}

function isInput({ field }: Event['links'][number]): boolean {
  return field.startsWith('input');
}

/** Events of one process tell of one transformation. */
function linksOf(
  events: readonly Event[],
  lots: ReadonlyMap<string, Lot>,
): { links: Link[]; mixings: Mixing[] } {
  const makings = events.filter(
    (event) => !event.declaredWrong && event.links.some((link) => isInput(link) || isOutput(link)),
  );
  const links: Link[] = [];
  const mixings: Mixing[] = [];
  const processes = groupBy(makings, ({ process, book, record }) => process ?? `${book} ${record}`);
  for (const [id, of] of processes) {
    const ids = (is: typeof isInput) => [
      ...new Set(
        of
          .flatMap((event) => event.links.filter(is))
          .map(({ identifier }) => identifier)
          .filter((each) => lots.has(each)),
      ),
    ];
    const [inputs, outputs] = [ids(isInput), ids(isOutput)];
    const [from] = inputs;
    const [event] = of;
    if (from === undefined || event === undefined) continue;
    if (inputs.length > 1 && outputs.length > 0) mixings.push({ id: `mixing ${id}`, event, inputs, outputs });
    else links.push(...outputs.map((to): Link => ({ from, to, kind: 'MADE' })));
  }
  return { links, mixings };
}

function distinct(links: readonly Link[]): Link[] {
  return [...new Map(links.map((link) => [`${link.from} ${link.to}`, link])).values()];
}

/** A place without its extension: the dock and the shelf are at one site. */
export function siteOf(place: string): string {
  return place.replace(/\/254\/[^/]*$/, '');
}

/** From site to site, as shipments tell and as lots were seen here and then there. */
export interface Flow {
  from: string;
  to: string;
  lots: ReadonlySet<string>;
}

const SHIPPING: ReadonlySet<string> = new Set(['shipping', 'departing', 'consigning']);

export function flowsOf({ lots, events }: Pick<Chain, 'lots' | 'events'>): Flow[] {
  const flows = new Map<string, { from: string; to: string; lots: Set<string> }>();
  const add = (from: string, to: string, ids: readonly string[]): void => {
    if (from === to) return;
    const flow = flows.get(`${from} ${to}`) ?? { from, to, lots: new Set<string>() };
    for (const id of ids) flow.lots.add(id);
    flows.set(`${from} ${to}`, flow);
  };
  for (const { links, bizStep, places, sources, destinations, declaredWrong } of events) {
    if (declaredWrong || !SHIPPING.has(bizStep ?? '')) continue;
    const ids = links.map(({ identifier }) => identifier).filter((id) => lots.has(id));
    const from = places[0] ?? sources.find(isSite);
    const to = destinations.find(isSite);
    if (from && to) add(siteOf(from), siteOf(to), ids);
  }
  for (const { id, events: own } of lots.values()) {
    const stops = own
      .filter(({ declaredWrong }) => !declaredWrong)
      .flatMap(({ places }) => places.slice(0, 1));
    for (const [at, stop] of stops.entries()) {
      const before = stops[at - 1];
      if (before !== undefined) add(siteOf(before), siteOf(stop), [id]);
    }
  }
  return [...flows.values()];
}

function isSite(id: string): boolean {
  return !/\/417\/|:pgln:|:party:/.test(id);
}
