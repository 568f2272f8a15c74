import type { ThingLink } from '../events/links.ts';
import { siteOf } from './movements.ts';
import { amountOf, staysIn, type Amount, type Stay } from './stays.ts';
import { isTransformed, placesOf, type TraceEvent } from './trace-event.ts';
import { holds } from './window.ts';

/** What an event does to the stock of a lot. Those that add to it come first. */
export type PostingKind =
  'MADE' | 'RECEIVED' | 'USED' | 'SHIPPED' | 'WASTE' | 'SOLD' | 'RETURNED' | 'COUNTED';

/** An entry in the account of a lot. */
export interface Posting {
  kind: PostingKind;
  lot: string;
  /** Null where the event does not tell it. */
  amount: Amount | null;
  product: string | undefined;
  event: TraceEvent;
  site: string | null;
}

const SOLD = new Set(['retail_selling', 'dispensing']);
const COUNTS = new Set(['cycle_counting', 'stock_taking']);

/**
 * The accounts of lots: an event of a lot itself, and shipping, receiving and using of what the lot was in, with the
 * amount that was in it then. `events` are all events of the lots and of what they were in. An event that names a pallet and
 * how much of a lot was moved tells of the same goods twice: its own word counts.
 */
export function postingsOf(lots: ReadonlySet<string>, events: readonly TraceEvent[]): Map<string, Posting[]> {
  const valid = events.filter(({ declaredWrong }) => !declaredWrong);
  const contents = contentsOf(valid);
  const accounts = new Map<string, Posting[]>([...lots].map((lot) => [lot, []]));
  for (const event of valid) {
    const named = amountsNamedIn(event);
    for (const link of event.things) {
      const kind = kindOf(event, link);
      if (kind === null) continue;
      for (const { thing, amount } of withContents(link, event, contents)) {
        if (thing !== link.identifier && named.has(thing)) continue;
        const { product } = thing === link.identifier ? link : { product: productOf(thing) };
        accounts.get(thing)?.push({ kind, lot: thing, amount, product, event, site: siteAt(event) });
      }
    }
  }
  return accounts;
}

/** Of which things an event itself says how much. */
export function amountsNamedIn({ things }: TraceEvent): Set<string> {
  return new Set(things.flatMap(({ identifier, quantity }) => (quantity === undefined ? [] : identifier)));
}

function kindOf(
  { type, action, bizStep, disposition, things }: TraceEvent,
  link: ThingLink,
): PostingKind | null {
  if (link.role === 'out') return 'MADE';
  if (link.role === 'in') {
    if (isTransformed(link) || bizStep === 'consuming') return 'USED';
    return bizStep && SOLD.has(bizStep) ? 'SOLD' : 'WASTE';
  }
  const isPacking = type === 'AggregationEvent' || things.some(({ role }) => role === 'child');
  if (link.role === 'child' || isPacking || action === 'DELETE' || bizStep === null) return null;
  if (bizStep === 'shipping') return disposition === 'returned' ? 'RETURNED' : 'SHIPPED';
  if (bizStep === 'receiving') return 'RECEIVED';
  if (SOLD.has(bizStep)) return 'SOLD';
  return COUNTS.has(bizStep) ? 'COUNTED' : null;
}

interface Held {
  thing: string;
  amount: Amount | null;
}

/** The thing itself, and all that was in it, in what was in it, and so on, at the time of the event. */
function withContents(link: ThingLink, { time }: TraceEvent, contents: ReadonlyMap<string, Stay[]>): Held[] {
  const isPiece = link.kind === 'instance' || link.kind === 'shipment';
  const itself = amountOf(isPiece && link.quantity === undefined ? { quantity: '1' } : link);
  const held: Held[] = [{ thing: link.identifier, amount: itself }];
  if (time === null) return held;
  const seen = new Set([link.identifier]);
  for (let at = 0; at < held.length; at += 1) {
    for (const stay of contents.get((held[at] as Held).thing) ?? []) {
      if (!holds(stay, time) || seen.has(stay.child)) continue;
      seen.add(stay.child);
      const last = stay.amounts.findLast(({ since }) => since <= time);
      held.push({ thing: stay.child, amount: last?.amount ?? null });
    }
  }
  return held;
}

function contentsOf(events: readonly TraceEvent[]): Map<string, Stay[]> {
  const ofParent = new Map<string, TraceEvent[]>();
  for (const event of events) {
    const parent = event.things.find(({ role }) => role === 'parent');
    if (!parent) continue;
    const known = ofParent.get(parent.identifier);
    if (known) known.push(event);
    else ofParent.set(parent.identifier, [event]);
  }
  return new Map([...ofParent].map(([parent, list]) => [parent, staysIn(parent, list)]));
}

/** A lot's identifier begins with its product's. */
function productOf(thing: string): string | undefined {
  return /^https:\/\/id\.gs1\.org\/01\/\d{14}/.exec(thing)?.[0];
}

function siteAt(event: TraceEvent): string | null {
  const place =
    event.others.find(({ field }) => field === 'bizLocation.id')?.identifier ?? placesOf(event)[0];
  return place === undefined ? null : siteOf(place);
}
