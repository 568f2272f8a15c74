import { Exact } from './exact.ts';
import type { LotAmount } from './notice.ts';
import { amountsNamedIn } from './postings.ts';
import type { Found } from './trace.ts';
import { destinationsOf, movementOf, type TraceEvent } from './trace-event.ts';

/** To whom lots went, as far as a trace forward tells. */
export interface Consignee {
  /** The party, or where no party is named the place, to which it was shipped. */
  party: string;
  consigned: LotAmount[];
}

export interface Consignees {
  consignees: Consignee[];
  /** The lots from which the trace started, and what was made of them. */
  lots: string[];
}

/**
 * The direct consignees of the lots that a trace forward found: of shipments in the given books, the party that the lots went
 * to. What travels inside of a carrier counts with the quantity that was packed, where the shipment itself names none.
 */
export function consigneesOf(found: readonly Found[], isOwn: (book: string) => boolean): Consignees {
  const lots = new Set<string>();
  for (const each of found)
    if (each.kind === 'THING' && each.thing.as !== 'CARRIER') lots.add(each.thing.identifier);
  const events = found.flatMap((each) =>
    each.kind === 'EVENT' && !each.event.declaredWrong ? [each.event] : [],
  );
  const sums = new Map<string, Map<string, { lot: string; uom: string; quantity: Exact }>>();
  for (const event of events) {
    if (movementOf(event) !== 'SHIPPED' || !isOwn(event.book)) continue;
    const party = partyOf(event);
    if (party === null) continue;
    const amounts = sums.get(party) ?? new Map<string, { lot: string; uom: string; quantity: Exact }>();
    sums.set(party, amounts);
    for (const { lot, quantity, uom } of shippedBy(event, events, lots)) {
      const key = `${lot} ${uom}`;
      const before = amounts.get(key)?.quantity ?? new Exact(0);
      amounts.set(key, { lot, uom, quantity: before.plus(quantity) });
    }
  }
  return {
    lots: [...lots].filter((id) => !id.startsWith('https://id.gs1.org/00/')).toSorted(),
    consignees: [...sums]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([party, amounts]) => ({
        party,
        consigned: [...amounts.values()].map(({ lot, uom, quantity }) => ({
          lot,
          quantity: quantity.toFixed(),
          uom,
        })),
      })),
  };
}

/** Who owns it at the end, else who holds it, else the place. */
function partyOf(event: TraceEvent): string | null {
  const party = event.others.find(({ role, kind }) => role === 'destination' && kind !== 'location');
  return party?.identifier ?? destinationsOf(event)[0] ?? null;
}

function shippedBy(event: TraceEvent, events: readonly TraceEvent[], lots: ReadonlySet<string>): LotAmount[] {
  const named = amountsNamedIn(event);
  return event.things.flatMap(({ identifier, quantity, uom, role }) => {
    if (lots.has(identifier) && quantity !== undefined)
      return [{ lot: identifier, quantity, uom: uom ?? 'C62' }];
    if (role === 'child') return [];
    return packedIn(identifier, event, events, lots).filter(({ lot }) => !named.has(lot));
  });
}

/** What the last packing of a carrier before the shipment put into it. */
function packedIn(
  carrier: string,
  { time }: TraceEvent,
  events: readonly TraceEvent[],
  lots: ReadonlySet<string>,
): LotAmount[] {
  const packings = events.filter(
    (each) =>
      each.action === 'ADD' &&
      (each.time ?? 0) <= (time ?? Infinity) &&
      each.things.some(({ role, identifier }) => role === 'parent' && identifier === carrier),
  );
  const last = packings.toSorted((a, b) => (a.time ?? 0) - (b.time ?? 0)).at(-1);
  if (!last) return [];
  return last.things.flatMap(({ identifier, role, quantity, uom }) =>
    role === 'child' && lots.has(identifier) && quantity !== undefined
      ? [{ lot: identifier, quantity, uom: uom ?? 'C62' }]
      : [],
  );
}
