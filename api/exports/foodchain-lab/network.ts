import type { Fields } from '../../events/fields.ts';
import { siteOf, inTime } from '../../recall/movements.ts';
import {
  destinationsOf,
  inputsOf,
  movementOf,
  outputsOf,
  placesOf,
  sourcesOf,
  type TraceEvent,
} from '../../recall/trace-event.ts';

/** A lot that went from one place to another. Places are sites; null where none is shown. */
export interface Delivery {
  id: string;
  lot: string;
  from: string | null;
  to: string | null;
  /** When it left, and when it came, ms. */
  out: number | null;
  in: number | null;
  amount: string | null;
}

export interface Network {
  deliveries: readonly Delivery[];
  /** Ids of deliveries: what came with the first was used for the second, or sold on with it. */
  relations: readonly (readonly [from: string, to: string])[];
}

interface Amount {
  lot: string;
  amount: string | null;
}

/**
 * The deliveries of events, and which of them led to which (FoodChain-Lab's network). A shipment and the receipt that answers it are one
 * delivery; what is in a pallet counts as it was packed last. A delivery follows from those that brought its lot, or what the lot was made
 * of, to the place that it left, before.
 */
export function networkOf(events: readonly TraceEvent[]): Network {
  const valid = inTime(events.filter(({ declaredWrong }) => !declaredWrong));
  const deliveries = deliveriesOf(valid);
  return { deliveries, relations: relationsOf(valid, deliveries) };
}

function deliveriesOf(events: readonly TraceEvent[]): Delivery[] {
  const deliveries: Delivery[] = [];
  const open = new Map<string, Delivery[]>();
  const packed = new Map<string, Amount[]>();
  for (const event of events) {
    notePacking(packed, event);
    const movement = movementOf(event);
    if (movement !== 'SHIPPED' && movement !== 'RECEIVED') continue;
    const here = site(placesOf(event)[0]);
    const isOut = movement === 'SHIPPED';
    const from = isOut ? (here ?? site(sourcesOf(event)[0])) : site(placeIn(sourcesOf(event)));
    const to = isOut ? site(placeIn(destinationsOf(event))) : (here ?? site(placeIn(destinationsOf(event))));
    for (const { lot, amount } of movedBy(event, packed)) {
      const waiting = open.get(lot) ?? [];
      const answered = isOut
        ? undefined
        : waiting.find(
            (each) =>
              (each.to === null || each.to === to) &&
              (from === null || each.from === null || each.from === from),
          );
      if (answered) {
        answered.in = event.time;
        answered.to ??= to;
        waiting.splice(waiting.indexOf(answered), 1);
        continue;
      }
      const id = `${event.record} ${lot}`;
      const times = isOut ? { out: event.time, in: null } : { out: null, in: event.time };
      const delivery: Delivery = { id, lot, from, to, ...times, amount };
      deliveries.push(delivery);
      if (isOut) open.set(lot, [...waiting, delivery]);
    }
  }
  return deliveries;
}

function notePacking(packed: Map<string, Amount[]>, event: TraceEvent): void {
  const parent = event.things.find(({ role }) => role === 'parent');
  if (!parent || event.action !== 'ADD') return;
  packed.set(parent.identifier, amountsOf(event.things.filter(({ role }) => role === 'child')));
}

function movedBy({ things }: TraceEvent, packed: ReadonlyMap<string, Amount[]>): Amount[] {
  const lots = amountsOf(things.filter(({ kind, role }) => kind !== 'shipment' && role !== 'parent'));
  if (lots.length > 0) return lots;
  return things.flatMap(({ identifier }) => packed.get(identifier) ?? [{ lot: identifier, amount: null }]);
}

function amountsOf(things: TraceEvent['things']): Amount[] {
  return things.map(({ identifier, quantity, uom }) => ({
    lot: identifier,
    amount: quantity === undefined ? null : [quantity, uom].filter(Boolean).join(' '),
  }));
}

function placeIn(identifiers: readonly string[]): string | undefined {
  return identifiers.find((id) => id.includes('/414/') || id.includes(':location:')) ?? identifiers[0];
}

function site(place: string | undefined): string | null {
  return place === undefined ? null : siteOf(place);
}

function relationsOf(events: readonly TraceEvent[], deliveries: readonly Delivery[]): [string, string][] {
  const madeOf = new Map<string, Set<string>>();
  for (const event of events) {
    for (const { identifier: out } of outputsOf(event)) {
      const inputs = madeOf.get(out) ?? new Set<string>();
      for (const { identifier } of inputsOf(event)) inputs.add(identifier);
      madeOf.set(out, inputs);
    }
  }
  const inbound = new Map<string, Delivery[]>();
  for (const delivery of deliveries) {
    const key = `${delivery.to} ${delivery.lot}`;
    inbound.set(key, [...(inbound.get(key) ?? []), delivery]);
  }
  return deliveries.flatMap((delivery) =>
    sourcesIn(delivery, inbound, madeOf).map((from): [string, string] => [from.id, delivery.id]),
  );
}

/** Those that brought the lot, or else what it was made of, to where the delivery left, before it did. */
function sourcesIn(
  delivery: Delivery,
  inbound: ReadonlyMap<string, readonly Delivery[]>,
  madeOf: ReadonlyMap<string, ReadonlySet<string>>,
): Delivery[] {
  const found: Delivery[] = [];
  const seen = new Set([delivery.lot]);
  const left = delivery.out ?? delivery.in ?? Infinity;
  for (const lot of seen) {
    const brought = (inbound.get(`${delivery.from} ${lot}`) ?? []).filter(
      (each) => each !== delivery && (each.in ?? each.out ?? -Infinity) <= left,
    );
    found.push(...brought);
    if (brought.length === 0) for (const input of madeOf.get(lot) ?? []) seen.add(input);
  }
  return found;
}

/** A day, as FoodChain-Lab has dates. */
export function dayOf(time: number | null): string | undefined {
  return time === null ? undefined : new Date(time).toISOString().slice(0, 10);
}

/** The text of a field; undefined where it is none. */
export function textIn(fields: Readonly<Fields> | undefined, name: string): string | undefined {
  const value = fields?.[name];
  return typeof value === 'string' ? value : undefined;
}
