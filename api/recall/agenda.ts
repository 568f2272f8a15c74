import type { Direction } from './trace.ts';
import { Covered, type Window } from './window.ts';

/** A thing that is traced: its events in these windows count, and what it holds at any time in `holding`. */
export interface Subject {
  kind: 'SUBJECT';
  thing: string;
  windows: Window[];
  holding: Window[];
}

/** What a traced thing may have travelled in: only what happened to it while the thing was in counts. */
export interface Carrier {
  kind: 'CARRIER';
  thing: string;
  child: string;
  window: Window;
}

/** A transformation that several events tell of, one of them of a traced thing. */
export interface Process {
  kind: 'PROCESS';
  thing: string;
  of: string;
}

export type Of<K> = K & { direction: Direction; depth: number };
export type Visit = Of<Subject> | Of<Carrier> | Of<Process>;

export function things(visits: readonly Visit[]): string[] {
  return [...new Set(visits.map(({ thing }) => thing))];
}

/** What is still to be looked at, level by level, and what time of each thing has been. */
export class Agenda {
  private level: Visit[] = [];
  private nextLevel: Visit[] = [];
  private depth = 0;
  /** Subjects among them, to which more windows may be added. */
  private readonly waiting = new Map<string, Of<Subject>>();
  private readonly covered = new Map<string, Covered>();

  /** Of this level, or of the next. */
  add(visit: Visit): void {
    (visit.depth === this.depth ? this.level : this.nextLevel).push(visit);
  }

  /** Not again what has been looked at. */
  addSubject(
    thing: string,
    direction: Direction,
    depth: number,
    times: { window: Window; holding: Window },
  ): void {
    const isKnown =
      this.covered.get(`${direction} ${thing}`)?.has(times.window) &&
      this.covered.get(`${direction} in ${thing}`)?.has(times.holding);
    if (isKnown) return;
    const key = `${depth} ${direction} ${thing}`;
    const waits = this.waiting.get(key);
    if (waits) {
      waits.windows.push(times.window);
      waits.holding.push(times.holding);
      return;
    }
    const { window, holding } = times;
    const visit: Of<Subject> = {
      kind: 'SUBJECT',
      thing,
      direction,
      depth,
      windows: [window],
      holding: [holding],
    };
    this.waiting.set(key, visit);
    this.add(visit);
  }

  /** Those of one level before those of the next. */
  take(size: number): Visit[] {
    if (this.level.length === 0 && this.nextLevel.length > 0) {
      [this.level, this.nextLevel] = [this.nextLevel, []];
      this.depth += 1;
    }
    const visits = this.level.splice(0, size);
    for (const { kind, depth, direction, thing } of visits) {
      if (kind === 'SUBJECT') this.waiting.delete(`${depth} ${direction} ${thing}`);
    }
    return visits;
  }

  /** What the next `take` will begin with, as far as that is known already. */
  peek(size: number): string[] {
    const next = this.level.length > 0 ? this.level : this.nextLevel;
    return things(next.slice(0, size));
  }

  /** The directions in which something is left. */
  left(): Set<Direction> {
    return new Set([...this.level, ...this.nextLevel].map(({ direction }) => direction));
  }

  /** Takes windows of a thing as looked at; answers what of them had not been. */
  cover(direction: Direction, what: string, windows: readonly Window[]): Window[] {
    const key = `${direction} ${what}`;
    let covered = this.covered.get(key);
    if (!covered) this.covered.set(key, (covered = new Covered()));
    const known = covered;
    return windows.flatMap((window) => known.add(window));
  }

  isCovered(direction: Direction, what: string): boolean {
    return this.covered.has(`${direction} ${what}`);
  }
}
