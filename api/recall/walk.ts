import { classify } from '../events/identifiers.ts';
import type { ThingLink } from '../events/links.ts';
import { Agenda, things, type Carrier, type Of, type Process, type Subject, type Visit } from './agenda.ts';
import { Fates } from './fates.ts';
import { FoundList } from './found-list.ts';
import { staysIn, type Stay } from './stays.ts';
import type { Ask, Direction, Found, FoundThing, PlaceStart, Step, TraceQuestion } from './trace.ts';
import { inputsOf, isTransformed, outputsOf, processOf, type TraceEvent } from './trace-event.ts';
import { at, isAt, isChild, isIn, isPackedIn, roleOf, staysByChild } from './roles.ts';
import { ALWAYS, meet, type Window } from './window.ts';

/** So many identifiers in one question; the first ones are small, for the first results. */
const FIRST_ASKED = 16;
const MOST_ASKED = 256;

/**
 * Traces step by step: yields what it wants to know and what it found, and is handed the answers by `next`.
 *
 * It goes level by level, a level being the things as many transformations away from the start. A thing is traced in a
 * window of time: forward since it was made, backward until it was used. What travels along costs no level: the pallet
 * that a case is in carries it, from packing to unpacking, and only the pallet's events in that time belong to the case;
 * other cases on it do not. What is in a thing when it is used, made or started from is traced itself.
 *
 * Invariants: an aggregation is never followed outside its stay; each part of time of a thing is looked at once in each
 * direction, so cycles end; an event that is declared wrong is told of and not followed.
 */
export function* walk(question: TraceQuestion): Generator<Step, void, readonly TraceEvent[]> {
  const tracing = new Walk(question);
  for (const start of question.starts) {
    if ('thing' in start) {
      tracing.startAt(start.thing);
      continue;
    }
    const events = yield { ask: askOf(start) };
    const instead = 'event' in start ? events.flatMap(correctiveEvents) : [];
    const corrections = instead.length > 0 ? yield { ask: { records: instead } } : [];
    tracing.startFrom(start, [...events, ...corrections]);
  }
  yield { found: tracing.findings.take() };
  let size = FIRST_ASKED;
  for (let visits = tracing.agenda.take(size); visits.length > 0; visits = tracing.agenda.take(size)) {
    size = Math.min(size * 2, MOST_ASKED);
    const ahead = tracing.agenda.peek(size);
    tracing.look(visits, yield { ask: { links: things(visits), ahead } });
    const found = tracing.findings.take();
    if (found.length > 0) yield { found };
    if (tracing.isFull()) break;
  }
  yield { found: tracing.finish() };
}

function askOf(start: PlaceStart | { event: string }): Ask {
  return 'place' in start ? { links: [start.place] } : { records: [start.event] };
}

function correctiveEvents({ declaredWrong }: TraceEvent): readonly string[] {
  return declaredWrong?.correctiveEvents ?? [];
}

class Walk {
  readonly agenda = new Agenda();
  readonly findings = new FoundList();
  private readonly fates = new Fates();

  constructor(private readonly question: TraceQuestion) {}

  startAt(thing: string): void {
    for (const direction of this.question.directions) {
      this.trace(thing, direction, 0, 'START', { window: ALWAYS, holding: ALWAYS });
    }
  }

  /** The things of events: of a transformation forward what came out, backward what went in; else all, from or until then. */
  startFrom(start: PlaceStart | { event: string }, answer: readonly TraceEvent[]): void {
    const events = 'place' in start ? answer.filter((event) => isAt(start, event)) : answer;
    for (const direction of this.question.directions) {
      const id = 'place' in start ? start.place : start.event;
      if (events.length === 0) this.fates.of(id, direction, 0).note('NO_RECORD');
    }
    for (const event of events) {
      if ('place' in start && !this.isAsked(event)) continue;
      this.findings.event(event, 0);
      if (event.declaredWrong) continue;
      for (const direction of this.question.directions) {
        const made = direction === 'FORWARD' ? outputsOf(event) : inputsOf(event);
        const things = event.things.some(isTransformed) ? made : event.things;
        for (const { identifier } of things)
          this.trace(identifier, direction, 0, 'START', at(event, direction));
      }
    }
  }

  look(visits: readonly Visit[], events: readonly TraceEvent[]): void {
    const linking = new Map<string, TraceEvent[]>();
    for (const event of events) {
      const process = processOf(event);
      const ids = new Set(event.things.map(({ identifier }) => identifier));
      if (process !== null) ids.add(process);
      for (const id of ids) {
        const list = linking.get(id);
        if (list) list.push(event);
        else linking.set(id, [event]);
      }
    }
    const stays = new Map<string, Map<string, Stay[]>>();
    for (const visit of visits) {
      const about = linking.get(visit.thing) ?? [];
      if (visit.kind === 'SUBJECT') this.lookAtSubject(visit, about);
      else if (visit.kind === 'PROCESS') this.lookAtProcess(visit, about);
      else {
        let children = stays.get(visit.thing);
        if (!children) stays.set(visit.thing, (children = staysByChild(visit.thing, about)));
        this.lookAtCarrier(visit, about, children.get(visit.child) ?? []);
      }
    }
  }

  isFull(): boolean {
    return this.findings.events >= this.question.most && this.agenda.left().size > 0;
  }

  /** What is known of each thing's ends only when all is known. */
  finish(): Found[] {
    for (const direction of this.agenda.left()) this.fates.of(null, direction, 0).note('LIMIT');
    return this.fates.ends().map((end) => ({ kind: 'END', end }));
  }

  private trace(
    thing: string,
    direction: Direction,
    depth: number,
    as: FoundThing['as'],
    times: { window: Window; holding: Window },
  ): void {
    const { kind } = classify(thing);
    if (kind === 'location' || kind === 'party') return;
    this.findings.thing({ identifier: thing, direction, depth, as });
    const fate = this.fates.of(thing, direction, depth);
    if (kind === 'product') return fate.note('NO_LOT');
    this.agenda.addSubject(thing, direction, depth, times);
  }

  private lookAtSubject(visit: Of<Subject>, events: readonly TraceEvent[]): void {
    const { thing, direction, depth } = visit;
    const isFirst = !this.agenda.isCovered(direction, thing);
    const parts = this.agenda.cover(direction, thing, visit.windows);
    const contents = this.agenda.cover(direction, `in ${thing}`, visit.holding);
    if (parts.length + contents.length === 0) return;
    const fate = this.fates.of(thing, direction, depth);
    fate.isTraced = true;
    for (const event of events) {
      const leads = roleOf(event, thing, direction);
      if (leads === 'AGAINST') continue;
      const isNow = parts.some((part) => isIn(part, event));
      const isMaking = leads === 'ON' && isFirst && !this.question.inOrder;
      if (!isNow && !isMaking) {
        if (event.time === null) fate.close(event, ['eventTime']);
        else if (leads === 'ON' && isFirst) fate.note('OUT_OF_ORDER', event);
        continue;
      }
      if (!this.isAsked(event)) {
        fate.note('DATES');
        continue;
      }
      this.findings.event(event, depth);
      if (event.declaredWrong) continue;
      fate.saw(event);
      if (leads === 'ON') {
        if (!isNow && event.time !== null) fate.note('OUT_OF_ORDER', event);
        this.follow(event, thing, direction, depth);
      }
    }
    for (const part of parts) this.carry(thing, events, part, direction, depth);
    if (contents.length > 0) this.unpack(thing, events, contents, direction, depth);
  }

  /** From an input to the outputs, or back. */
  private follow(event: TraceEvent, thing: string, direction: Direction, depth: number): void {
    const fate = this.fates.of(thing, direction, depth);
    const made = direction === 'FORWARD' ? outputsOf(event) : inputsOf(event);
    const process = processOf(event);
    fate.led(
      event,
      made.some(({ identifier }) => identifier !== thing),
    );
    if (made.length === 0 && process === null) return;
    if (depth >= this.question.depth) return fate.note('DEPTH', event);
    this.step(event, made, direction, depth + 1);
    if (process !== null && this.findings.isNew(`${direction} ${thing} in ${process}`)) {
      this.agenda.add({ kind: 'PROCESS', thing: process, of: thing, direction, depth });
    }
  }

  private step(event: TraceEvent, made: readonly ThingLink[], direction: Direction, depth: number): void {
    for (const { identifier } of made) {
      this.trace(identifier, direction, depth, 'MADE', at(event, direction));
      this.fates.of(identifier, direction, depth).came(event);
    }
  }

  private lookAtProcess({ of, direction, depth }: Of<Process>, events: readonly TraceEvent[]): void {
    for (const event of events) {
      const made = direction === 'FORWARD' ? outputsOf(event) : inputsOf(event);
      if (made.length === 0 || !this.isAsked(event)) continue;
      this.findings.event(event, depth);
      if (event.declaredWrong) continue;
      this.fates.of(of, direction, depth).led(event, true);
      this.step(event, made, direction, depth + 1);
    }
  }

  /** Looks for what a thing was packed in, whenever that was: it may have been packed before the window began. */
  private carry(
    child: string,
    events: readonly TraceEvent[],
    window: Window,
    direction: Direction,
    depth: number,
  ): void {
    const parents = new Set<string>();
    for (const { things, declaredWrong } of events) {
      if (declaredWrong || !things.some((link) => link.role === 'child' && link.identifier === child))
        continue;
      const parent = things.find(({ role }) => role === 'parent');
      if (parent && parent.kind !== 'location') parents.add(parent.identifier);
    }
    for (const thing of parents) this.agenda.add({ kind: 'CARRIER', thing, child, window, direction, depth });
  }

  private lookAtCarrier(
    { thing, child, window, direction, depth }: Of<Carrier>,
    events: readonly TraceEvent[],
    stays: readonly Stay[],
  ): void {
    for (const stay of stays) {
      const within = meet(stay, window);
      if (!within || !this.isInDates(within)) continue;
      this.findings.thing({ identifier: thing, direction, depth, as: 'CARRIER' });
      this.findings.stay(stay);
      this.fates.of(child, direction, depth).rode(thing, within);
      for (const part of this.agenda.cover(direction, `with ${thing}`, [within])) {
        this.ride(thing, events, part, direction, depth);
        this.carry(thing, events, part, direction, depth);
      }
    }
  }

  /** What happened to a carrier while it carried a traced thing. */
  private ride(
    thing: string,
    events: readonly TraceEvent[],
    part: Window,
    direction: Direction,
    depth: number,
  ): void {
    for (const event of events) {
      const leads = roleOf(event, thing, direction);
      const isOfContents = isPackedIn(thing, event) && event.things.some(isChild);
      if (leads === 'AGAINST' || isOfContents || !isIn(part, event) || !this.isAsked(event)) continue;
      this.findings.event(event, depth);
      if (event.declaredWrong) continue;
      this.fates.of(thing, direction, depth).carried.add(event);
      if (leads === 'ON') this.follow(event, thing, direction, depth);
    }
  }

  /** What was in a traced thing, when it was, is traced: forward since then, backward until then. */
  private unpack(
    parent: string,
    events: readonly TraceEvent[],
    contents: readonly Window[],
    direction: Direction,
    depth: number,
  ): void {
    const fate = this.fates.of(parent, direction, depth);
    for (const event of events) if (isPackedIn(parent, event)) fate.opened(event, event.things.some(isChild));
    for (const stay of staysIn(parent, events)) {
      for (const content of contents) {
        const holding = meet(stay, content);
        if (!holding || !this.isInDates(holding)) continue;
        this.findings.stay(stay);
        const window =
          direction === 'FORWARD'
            ? { from: holding.from, until: Infinity }
            : { from: -Infinity, until: holding.until };
        this.trace(stay.child, direction, depth, 'CONTENT', { window, holding });
      }
    }
  }

  private isAsked({ time }: TraceEvent): boolean {
    const { from, until } = this.question;
    if (from === null && until === null) return true;
    return time !== null && (from === null || time >= from) && (until === null || time < until);
  }

  private isInDates(window: Window): boolean {
    const { from, until } = this.question;
    return (from === null || window.until >= from) && (until === null || window.from < until);
  }
}
