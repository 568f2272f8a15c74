import type { ThingLink } from '../events/links.ts';
import { staysIn, type Stay } from './stays.ts';
import type { Direction, PlaceStart } from './trace.ts';
import { isTransformed, type TraceEvent } from './trace-event.ts';
import { ALWAYS, holds, type Window } from './window.ts';

export function staysByChild(parent: string, events: readonly TraceEvent[]): Map<string, Stay[]> {
  const stays = new Map<string, Stay[]>();
  for (const stay of staysIn(parent, events)) {
    const known = stays.get(stay.child);
    if (known) known.push(stay);
    else stays.set(stay.child, [stay]);
  }
  return stays;
}

export function isChild({ role }: ThingLink): boolean {
  return role === 'child';
}

/** As far as its reader sees: an answer may hold more than was asked for. */
export function isAt({ place, window }: PlaceStart, event: TraceEvent): boolean {
  const names = event.others.some(({ identifier, role }) => identifier === place && role !== 'process');
  return names && isIn(window, event);
}

export function isPackedIn(parent: string, { things }: TraceEvent): boolean {
  return things.some(({ role, identifier }) => role === 'parent' && identifier === parent);
}

/** ON: the way that the direction goes; AGAINST: the other way; ALONG: neither. */
export function roleOf(
  { things }: TraceEvent,
  thing: string,
  direction: Direction,
): 'ON' | 'AGAINST' | 'ALONG' {
  const made = things.filter((link) => link.identifier === thing && isTransformed(link));
  if (made.length === 0) return 'ALONG';
  const on = direction === 'FORWARD' ? 'in' : 'out';
  return made.some(({ role }) => role === on) ? 'ON' : 'AGAINST';
}

/** An event of unknown time is in no window but that of all time. */
export function isIn(window: Window, { time }: TraceEvent): boolean {
  return time === null ? window.from === -Infinity && window.until === Infinity : holds(window, time);
}

/** The windows of what an event makes, uses or links: forward since then, backward until then; what it holds, just then. */
export function at({ time }: TraceEvent, direction: Direction): { window: Window; holding: Window } {
  if (time === null) return { window: ALWAYS, holding: ALWAYS };
  const window = direction === 'FORWARD' ? { from: time, until: Infinity } : { from: -Infinity, until: time };
  return { window, holding: { from: time, until: time } };
}
