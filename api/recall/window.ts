/** A span of time in whole ms, both ends in it; -Infinity and Infinity where it has no end. */
export interface Window {
  from: number;
  until: number;
}

export const ALWAYS: Window = { from: -Infinity, until: Infinity };

/** What both have; null where they do not meet. */
export function meet(a: Window, b: Window): Window | null {
  const from = Math.max(a.from, b.from);
  const until = Math.min(a.until, b.until);
  return from <= until ? { from, until } : null;
}

export function holds(window: Window, time: number): boolean {
  return window.from <= time && time <= window.until;
}

/** Time that has been looked at. */
export class Covered {
  /** Apart from each other. */
  private windows: Window[] = [];

  /** Whether all of a window has been looked at. */
  has(window: Window): boolean {
    return this.windows.some(({ from, until }) => from <= window.from && window.until <= until);
  }

  /** Takes a window in; answers the parts of it that are new. */
  add(window: Window): Window[] {
    let fresh = [window];
    for (const known of this.windows) fresh = fresh.flatMap((part) => without(part, known));
    const joined = { ...window };
    const apart: Window[] = [];
    for (const known of this.windows) {
      if (!meet(known, joined)) {
        apart.push(known);
        continue;
      }
      joined.from = Math.min(joined.from, known.from);
      joined.until = Math.max(joined.until, known.until);
    }
    this.windows = [...apart, joined];
    return fresh;
  }
}

/** Time is counted in whole ms: the next moment after one is 1 ms later. */
function without(part: Window, known: Window): Window[] {
  if (!meet(part, known)) return [part];
  const rest: Window[] = [];
  if (part.from < known.from) rest.push({ from: part.from, until: known.from - 1 });
  if (part.until > known.until) rest.push({ from: known.until + 1, until: part.until });
  return rest;
}
