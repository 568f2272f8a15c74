import { classify } from '../events/identifiers.ts';
import { siteOf } from './movements.ts';
import type { Found, TraceEnd } from './trace.ts';
import { placesOf, type TraceEvent } from './trace-event.ts';

/** One leg of an outbreak: a point where cases were, with everything upstream of it. */
export interface Leg {
  name: string;
  /** What it weighs: cases of illness, say. */
  cases: number;
  /** Lots, items and shipments, with how many transformations away they are. */
  things: ReadonlyMap<string, number>;
  /** Sites, likewise. */
  places: ReadonlyMap<string, number>;
  events: readonly TraceEvent[];
  ends: readonly TraceEnd[];
}

/** What a trace back found, as a leg. What only carried a thing, and products without a lot, explain nothing. */
export function legOf(name: string, cases: number, found: readonly Found[]): Leg {
  const things = new Map<string, number>();
  const places = new Map<string, number>();
  const events: TraceEvent[] = [];
  const ends: TraceEnd[] = [];
  for (const each of found) {
    if (each.kind === 'END') ends.push(each.end);
    if (each.kind === 'THING' && each.thing.as !== 'CARRIER') {
      const { identifier, depth } = each.thing;
      if (classify(identifier).kind !== 'product') nearer(things, identifier, depth);
    }
    if (each.kind === 'EVENT' && !each.event.declaredWrong) {
      events.push(each.event);
      for (const place of placesOf(each.event)) nearer(places, siteOf(place), each.depth);
    }
  }
  return { name, cases, things, places, events, ends };
}

function nearer(distances: Map<string, number>, id: string, depth: number): void {
  distances.set(id, Math.min(depth, distances.get(id) ?? Infinity));
}
