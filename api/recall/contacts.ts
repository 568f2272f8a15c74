import type { ThingLink } from '../events/links.ts';
import type { Leg } from './leg.ts';
import { siteOf } from './movements.ts';
import { inputsOf, keyOf, outputsOf, placesOf, type TraceEvent } from './trace-event.ts';

/** A transformation that mixes lots: whatever was in one of its inputs may be in all of its outputs. */
export interface Commingling {
  event: TraceEvent;
  inputs: readonly string[];
  outputs: readonly string[];
  /** Places of the legs that lie downstream of it. */
  legs: readonly number[];
}

/**
 * Things of several legs that were at one place within a time, though no record links them: a possible
 * cross-contamination, by a line, a tool, a room.
 */
export interface Contact {
  place: string;
  /** ms */
  from: number;
  until: number;
  things: readonly string[];
  legs: readonly number[];
}

export function comminglings(legs: readonly Leg[]): Commingling[] {
  const mixed = new Map<string, { event: TraceEvent; legs: number[] }>();
  for (const [at, { events }] of legs.entries()) {
    for (const event of events) {
      if (identifiersOf(inputsOf(event)).length < 2 || outputsOf(event).length === 0) continue;
      const known = mixed.get(keyOf(event)) ?? { event, legs: [] };
      known.legs.push(at);
      mixed.set(keyOf(event), known);
    }
  }
  return [...mixed.values()].map(({ event, legs: of }) => ({
    event,
    inputs: identifiersOf(inputsOf(event)),
    outputs: identifiersOf(outputsOf(event)),
    legs: of,
  }));
}

interface Presence {
  time: number;
  legs: number[];
  things: string[];
}

/**
 * Runs of events at one site, each at most `withinMs` after the one before, whose things explain more legs together than
 * any one of them alone.
 */
export function contacts(legs: readonly Leg[], withinMs: number): Contact[] {
  const explains = new Map<string, Set<number>>();
  for (const [at, { things }] of legs.entries()) {
    for (const id of things.keys()) explains.set(id, (explains.get(id) ?? new Set()).add(at));
  }
  const found: Contact[] = [];
  for (const [place, presences] of presencesBySite(legs)) {
    let run: Presence[] = [];
    const close = (): void => {
      const contact = contactOf(place, run, explains);
      if (contact) found.push(contact);
      run = [];
    };
    for (const presence of presences) {
      const before = run.at(-1);
      if (before && presence.time - before.time > withinMs) close();
      run.push(presence);
    }
    close();
  }
  return found.sort((a, b) => b.legs.length - a.legs.length || a.from - b.from);
}

function contactOf(
  place: string,
  run: readonly Presence[],
  explains: ReadonlyMap<string, ReadonlySet<number>>,
): Contact | null {
  const things = [...new Set(run.flatMap((presence) => presence.things))].filter((id) => explains.has(id));
  const legs = new Set(things.flatMap((id) => [...(explains.get(id) ?? [])]));
  const isNew = legs.size > 0 && things.every((id) => (explains.get(id)?.size ?? 0) < legs.size);
  const [first, last] = [run.at(0), run.at(-1)];
  if (!isNew || !first || !last) return null;
  return { place, from: first.time, until: last.time, things, legs: [...legs].sort((a, b) => a - b) };
}

/** In order of time. */
function presencesBySite(legs: readonly Leg[]): Map<string, Presence[]> {
  const sites = new Map<string, Map<string, Presence>>();
  for (const [at, { events }] of legs.entries()) {
    for (const event of events) {
      if (event.time === null) continue;
      for (const site of new Set(placesOf(event).map(siteOf))) {
        const ofSite = sites.get(site) ?? new Map<string, Presence>();
        const things = identifiersOf(event.things);
        const presence = ofSite.get(keyOf(event)) ?? { time: event.time, legs: [], things };
        presence.legs.push(at);
        ofSite.set(keyOf(event), presence);
        sites.set(site, ofSite);
      }
    }
  }
  return new Map(
    [...sites].map(([site, ofSite]) => [site, [...ofSite.values()].sort((a, b) => a.time - b.time)]),
  );
}

function identifiersOf(links: readonly ThingLink[]): string[] {
  return [...new Set(links.map(({ identifier }) => identifier))];
}
