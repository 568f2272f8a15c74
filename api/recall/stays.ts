import type { ThingLink } from '../events/links.ts';
import { Exact } from './exact.ts';
import { CHILD_FIELDS, type TraceEvent } from './trace-event.ts';
import type { Window } from './window.ts';

/** A time in which a thing was in, or on, another one: from its packing to its unpacking. */
export interface Stay extends Window {
  child: string;
  parent: string;
  /** The event by which it is known that it was in. */
  packed: TraceEvent;
  unpacked: TraceEvent | null;
  /** How much of a lot was in, since when; in order of time. */
  amounts: readonly { since: number; amount: Amount | null }[];
}

interface OpenStay {
  from: number;
  packed: TraceEvent;
  amounts: { since: number; amount: Amount | null }[];
}

/** Null instead of one where a quantity is not told, or not in one unit. */
export interface Amount {
  quantity: Exact;
  uom: string | undefined;
}

/**
 * The stays in `parent`, from the events that link it; events of unknown time and those declared wrong tell nothing.
 * ADD begins a stay and DELETE ends it (EPCIS 2.0, section 7.4.3); a DELETE without children ends all. Of a lot, a part
 * may be taken out. Seen inside at a moment, it is in from then on; unpacked without having been packed, it was in since
 * it was last taken out. At one moment the unpacking comes first.
 */
export function staysIn(parent: string, events: readonly TraceEvent[]): Stay[] {
  const stays: Stay[] = [];
  const open = new Map<string, OpenStay>();
  const outSince = new Map<string, number>();
  let emptiedAt = -Infinity;
  const close = (child: string, time: number, unpacked: TraceEvent): void => {
    const before = Math.max(emptiedAt, outSince.get(child) ?? -Infinity);
    const { from, packed, amounts } = open.get(child) ?? { from: before, packed: unpacked, amounts: [] };
    open.delete(child);
    outSince.set(child, time);
    stays.push({ child, parent, from, until: time, packed, unpacked, amounts });
  };
  for (const { event, time } of inOrder(parent, events)) {
    const children = event.things.filter(({ role }) => role === 'child');
    if (event.action === 'DELETE') {
      if (children.length === 0 && CHILD_FIELDS.every((name) => !event.closed.includes(name))) {
        for (const child of open.keys()) close(child, time, event);
        emptiedAt = time;
      }
      for (const link of children) if (!takesPart(open, link, time)) close(link.identifier, time, event);
    } else if (event.action === null) {
      for (const { identifier: child } of children) {
        stays.push({ child, parent, from: time, until: time, packed: event, unpacked: null, amounts: [] });
      }
    } else {
      for (const link of children) put(open, link, time, event);
    }
  }
  for (const [child, stay] of open) stays.push({ child, parent, ...stay, until: Infinity, unpacked: null });
  return stays;
}

function inOrder(parent: string, events: readonly TraceEvent[]): { event: TraceEvent; time: number }[] {
  const timed = events.flatMap((event) => {
    const { time, declaredWrong, things } = event;
    const isParent = things.some(({ role, identifier }) => role === 'parent' && identifier === parent);
    return time === null || declaredWrong || !isParent ? [] : [{ event, time }];
  });
  const first = ({ action }: TraceEvent): number => (action === 'DELETE' ? 0 : 1);
  return timed.sort((a, b) => a.time - b.time || first(a.event) - first(b.event));
}

function put(open: Map<string, OpenStay>, link: ThingLink, from: number, packed: TraceEvent): void {
  const stay = open.get(link.identifier);
  if (!stay) open.set(link.identifier, { from, packed, amounts: [{ since: from, amount: amountOf(link) }] });
  else if (packed.action === 'ADD') {
    stay.amounts.push({ since: from, amount: sum(stay.amounts.at(-1)?.amount, amountOf(link), 1) });
  }
}

/** Takes a part of a lot out, if it is known that some is left. */
function takesPart(open: Map<string, OpenStay>, link: ThingLink, since: number): boolean {
  const stay = open.get(link.identifier);
  const left = stay && sum(stay.amounts.at(-1)?.amount, amountOf(link), -1);
  if (!stay || !left || left.quantity.lte(0)) return false;
  stay.amounts.push({ since, amount: left });
  return true;
}

export function amountOf({ quantity, uom }: Pick<ThingLink, 'quantity' | 'uom'>): Amount | null {
  return quantity === undefined ? null : { quantity: new Exact(quantity), uom };
}

function sum(a: Amount | null | undefined, b: Amount | null, sign: 1 | -1): Amount | null {
  if (!a || !b || a.uom !== b.uom) return null;
  return { uom: a.uom, quantity: a.quantity.plus(b.quantity.times(sign)) };
}
