import type { Stay } from './stays.ts';
import type { Found, FoundThing } from './trace.ts';
import { keyOf, type TraceEvent } from './trace-event.ts';

/** What is found, each once, until it is taken. */
export class FoundList {
  /** Events found so far. */
  events = 0;
  private found: Found[] = [];
  private readonly told = new Set<string>();

  event(event: TraceEvent, depth: number): void {
    if (!this.isNew(`event ${keyOf(event)}`)) return;
    this.events += 1;
    this.found.push({ kind: 'EVENT', event, depth });
  }

  thing(thing: FoundThing): void {
    const as = thing.as === 'CARRIER' ? 'carrier' : 'thing';
    if (this.isNew(`${thing.direction} ${as} ${thing.identifier}`)) this.found.push({ kind: 'THING', thing });
  }

  stay(stay: Stay): void {
    if (this.isNew(`stay ${stay.child} ${stay.parent} ${stay.from}`)) this.found.push({ kind: 'STAY', stay });
  }

  isNew(key: string): boolean {
    if (this.told.has(key)) return false;
    this.told.add(key);
    return true;
  }

  take(): Found[] {
    const { found } = this;
    this.found = [];
    return found;
  }
}
