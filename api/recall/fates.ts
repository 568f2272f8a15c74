import type { ThingRole } from '../events/links.ts';
import { inTime, unreceived } from './movements.ts';
import type { Direction, EndReason, TraceEnd } from './trace.ts';
import {
  CHILD_FIELDS,
  destinationsOf,
  INPUT_FIELDS,
  inputsOf,
  isTransformed,
  movementOf,
  OUTPUT_FIELDS,
  outputsOf,
  sourcesOf,
  type TraceEvent,
} from './trace-event.ts';
import { holds, type Window } from './window.ts';

/** What is learnt of each thing in each direction, and in the end: where its trace ends and why. */
export class Fates {
  private readonly fates = new Map<string, Fate>();

  of(thing: string | null, direction: Direction, depth: number): Fate {
    const key = `${direction} ${thing}`;
    let fate = this.fates.get(key);
    if (!fate) this.fates.set(key, (fate = new Fate(thing, direction, depth)));
    return fate;
  }

  ends(): TraceEnd[] {
    return [...this.fates.values()].flatMap((fate) => fate.ends(this.journey(fate)));
  }

  /** What happened to a thing itself and to what it rode in meanwhile. */
  private journey(fate: Fate): Journey {
    const journey: Journey = { events: new Set(fate.events), isLed: fate.isLed };
    const open: Ride[] = [...fate.rides];
    const known = new Set<string>();
    for (let ride = open.pop(); ride; ride = open.pop()) {
      const { carrier, window } = ride;
      const key = `${carrier} ${window.from} ${window.until}`;
      if (known.has(key)) continue;
      known.add(key);
      const carried = this.fates.get(`${fate.direction} ${carrier}`);
      for (const event of carried?.carried ?? []) {
        if (event.time === null || !holds(window, event.time)) continue;
        journey.events.add(event);
        journey.isLed ||= (carried?.leading.has(event) ?? false) && isOnFrom(fate, event);
      }
      open.push(...(carried?.rides ?? []));
    }
    return journey;
  }
}

/** What leads a carrier to nothing but the thing that it carries leads that thing nowhere. */
function isOnFrom({ thing, direction }: Fate, event: TraceEvent): boolean {
  const made = direction === 'FORWARD' ? outputsOf(event) : inputsOf(event);
  return made.length === 0 || made.some(({ identifier }) => identifier !== thing);
}

interface Ride {
  carrier: string;
  window: Window;
}

interface Journey {
  events: ReadonlySet<TraceEvent> & Set<TraceEvent>;
  isLed: boolean;
}

interface Closed {
  fields: Set<string>;
  event: TraceEvent;
}

export class Fate {
  /** False for what only carries. */
  isTraced = false;
  isLed = false;
  readonly events = new Set<TraceEvent>();
  readonly carried = new Set<TraceEvent>();
  /** Transformations that led on. */
  readonly leading = new Set<TraceEvent>();
  readonly rides: Ride[] = [];
  private isOpened = false;
  private made: TraceEvent | null = null;
  private by: TraceEvent | null = null;
  private readonly notes = new Map<EndReason, TraceEvent | null>();
  private readonly withheld = new Map<string, Closed>();

  constructor(
    readonly thing: string | null,
    readonly direction: Direction,
    private readonly depth: number,
  ) {}

  /** An end that shows at once. */
  note(reason: EndReason, event: TraceEvent | null = null): void {
    if (!this.notes.has(reason)) this.notes.set(reason, event);
  }

  /** By which event the trace came to it. */
  came(by: TraceEvent): void {
    this.by ??= by;
  }

  /** An event of the thing itself. */
  saw(event: TraceEvent): void {
    this.events.add(event);
    const { things } = event;
    const is = (wanted: ThingRole) =>
      things.some(({ role, identifier }) => role === wanted && identifier === this.thing);
    if (is('out') && !things.some(isTransformed)) this.made = event;
    if (is('child') && !things.some(({ role }) => role === 'parent')) this.close(event, ['parentID']);
  }

  /** A transformation that the trace came to; what of its other side is not open may hold more. */
  led(event: TraceEvent, isOn: boolean): void {
    if (isOn) {
      this.isLed = true;
      this.leading.add(event);
    }
    this.close(event, this.direction === 'FORWARD' ? OUTPUT_FIELDS : INPUT_FIELDS);
  }

  /** The thing held others; `isKnown`: which ones. */
  opened(event: TraceEvent, isKnown: boolean): void {
    if (isKnown) this.isOpened = true;
    else this.close(event, CHILD_FIELDS);
  }

  rode(carrier: string, window: Window): void {
    this.rides.push({ carrier, window });
  }

  /** Notes which of these fields are closed to the reader: set or not, they could lead on. */
  close(event: TraceEvent, names: readonly string[]): void {
    const fields = names.filter((name) => event.closed.includes(name));
    if (fields.length === 0) return;
    const closed = this.withheld.get(event.organisation) ?? { fields: new Set(), event };
    for (const name of fields) closed.fields.add(name);
    this.withheld.set(event.organisation, closed);
  }

  ends(journey: Journey): TraceEnd[] {
    const ends: TraceEnd[] = [];
    for (const [reason, event] of this.notes) ends.push(this.end(reason, event));
    for (const [organisation, { fields, event }] of this.withheld) {
      ends.push({ ...this.end('WITHHELD', event), organisation, fields: [...fields] });
    }
    if (!this.isTraced) return ends;
    const isExplained = ends.some(({ reason }) => reason !== 'OUT_OF_ORDER');
    const isOnward = journey.isLed || this.isOpened || isExplained;
    ends.push(
      ...(this.direction === 'BACK' ? this.startEnds(journey, isOnward) : this.goneEnds(journey, isOnward)),
    );
    return ends;
  }

  private startEnds({ events }: Journey, isOnward: boolean): TraceEnd[] {
    if (isOnward) return [];
    if (this.made) return [this.end('ORIGIN', this.made)];
    const [first = this.by] = inTime([...events]);
    const receipt = inTime([...events]).find((event) => sourcesOf(event).length > 0) ?? first;
    return [{ ...this.end('NO_RECORD', first), ask: receipt ? sourcesOf(receipt) : [] }];
  }

  private goneEnds({ events }: Journey, isOnward: boolean): TraceEnd[] {
    const ofKind = (kind: string) => [...events].filter((event) => movementOf(event) === kind);
    const [ended] = inTime(ofKind('ENDED'));
    const gone = unreceived(ofKind('SHIPPED'), ofKind('RECEIVED')).map((shipment) => ({
      ...this.end('NO_RECEIPT', shipment),
      ask: destinationsOf(shipment),
    }));
    if (ended) return [...gone, this.end('ENDED', ended)];
    if (isOnward || gone.length > 0) return gone;
    const last = inTime([...events]).at(-1) ?? this.by;
    return [this.end(last ? 'IN_STOCK' : 'NO_RECORD', last)];
  }

  private end(reason: EndReason, event: TraceEvent | null): TraceEnd {
    const { thing, direction, depth } = this;
    return { thing, direction, depth, reason, event, organisation: null, fields: [], ask: [], since: null };
  }
}
