import type { Direction } from './trace.ts';

/** What is asked about, and which way. */
export interface AskedThing {
  readonly thing: string;
  readonly direction: Direction;
}

/** Where a trace stops, and who may know more. */
export interface OpenEnd extends AskedThing {
  readonly organisations: readonly string[];
}

/** From whom an inquiry came, and what may be done with it. */
export interface Turn {
  readonly self: string;
  /** Who asks, then who handed it on; empty for who asks itself. */
  readonly path: readonly string[];
  /** What it asks here. */
  readonly given: readonly AskedThing[];
  readonly hopsLeft: number;
  mayAsk(organisation: string): boolean;
}

export interface NextHops {
  /** What to ask whom. */
  readonly ask: ReadonlyMap<string, readonly AskedThing[]>;
  /** What somebody could be asked about, and is not: by the rules, or because the hops are used up. */
  readonly held: readonly AskedThing[];
}

/**
 * Whom to ask next, at one node for one inquiry, whose turns there all come by the same plan.
 *
 * Invariants: nobody is asked about a thing that came from there; who asks is never asked, for it goes over everything
 * again itself; each organisation is asked once about a thing in a direction, and once more only with more hops left than
 * before. So loops end, what comes by two ways goes on once, and a longer way does not keep a shorter one from reaching further.
 */
export class HopPlan {
  /** The hops that were left when it was asked. */
  private readonly asked = new Map<string, number>();

  next(ends: readonly OpenEnd[], { self, path, given, hopsLeft, mayAsk }: Turn): NextHops {
    const [asker, ...carriers] = path;
    const here = new Set(given.map(keyOf));
    const ask = new Map<string, AskedThing[]>();
    const held = new Map<string, AskedThing>();
    for (const { thing, direction, organisations } of ends) {
      const asked = { thing, direction };
      const key = keyOf(asked);
      for (const organisation of new Set(organisations)) {
        const isBack = organisation === asker || (here.has(key) && carriers.includes(organisation));
        if (organisation === self || isBack) continue;
        const before = this.asked.get(`${organisation} ${key}`) ?? 0;
        if (before > 0 && before >= hopsLeft) continue;
        if (hopsLeft < 1 || !mayAsk(organisation)) {
          held.set(key, asked);
          continue;
        }
        this.asked.set(`${organisation} ${key}`, hopsLeft);
        const list = ask.get(organisation);
        if (list) list.push(asked);
        else ask.set(organisation, [asked]);
      }
    }
    return { ask, held: [...held.values()] };
  }
}

export function keyOf({ thing, direction }: AskedThing): string {
  return `${direction} ${thing}`;
}
