import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Direction } from '../../api/recall/trace.ts';
import type { TraceEvent } from '../../api/recall/trace-event.ts';
import { lot, made, packed, pallet, seen, traced, type Amounts } from './support/events.ts';
import { expected } from './support/oracle.ts';

const LOTS = ['a', 'b', 'c', 'd', 'e', 'f'].map(lot);
const PALLETS = [pallet(1), pallet(2), pallet(3)];
const THINGS = [...LOTS, ...PALLETS];

const amounts = (ids: readonly string[]): Amounts => Object.fromEntries(ids.map((id) => [id, null]));
const some = (of: readonly string[], minLength = 0) => fc.subarray([...of], { minLength, maxLength: 2 });
const wrong = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constant({ errorDeclaration: { declarationTime: '2026-07-01T00:00:00Z' } }) },
);

type Making = (at: number) => TraceEvent;

const anyEvent: fc.Arbitrary<Making> = fc.oneof(
  fc.tuple(some(THINGS, 1), some(THINGS, 1), wrong).map(
    ([inputs, outputs, more]) =>
      (at: number) =>
        made(at, amounts(inputs), amounts(outputs), more),
  ),
  fc
    .tuple(
      fc.constantFrom('ADD', 'ADD', 'OBSERVE', 'DELETE'),
      fc.constantFrom(...PALLETS),
      some(THINGS),
      wrong,
    )
    .filter(
      ([action, parent, children]) =>
        !children.includes(parent) && (action === 'DELETE' || children.length > 0),
    )
    .map(
      ([action, parent, children, more]) =>
        (at: number) =>
          packed(at, action as 'ADD', parent, amounts(children), more),
    ),
  fc.tuple(fc.constantFrom('shipping', 'receiving', 'storing'), some(THINGS, 1), wrong).map(
    ([step, ids, more]) =>
      (at: number) =>
        seen(at, step, amounts(ids), more),
  ),
);

/** Every event has a day of its own, in any order. */
const anyEvents = fc.array(anyEvent, { minLength: 1, maxLength: 14 }).chain((makings) =>
  fc
    .shuffledSubarray(
      makings.map((_, at) => at + 1),
      { minLength: makings.length },
    )
    .map((days) => makings.map((making, at) => making(days[at] as number))),
);
const anyDirection = fc.constantFrom<Direction>('BACK', 'FORWARD');
const momentsOf = (events: readonly TraceEvent[]) => events.map(({ time }) => time as number);

describe('a trace of any events', () => {
  it('finds exactly what its meaning says', () => {
    fc.assert(
      fc.property(
        anyEvents,
        some(THINGS, 1),
        anyDirection,
        fc.boolean(),
        (events, starts, direction, inOrder) => {
          const trace = traced(events, {
            starts: starts.map((thing) => ({ thing })),
            directions: [direction],
            inOrder,
          });
          const meant = expected(events, { starts, direction, inOrder }, momentsOf(events));
          expect(new Set(trace.things)).toEqual(meant.things);
          expect(new Set(trace.events)).toEqual(meant.events);
          expect(new Set(trace.carriers)).toEqual(meant.carriers);
        },
      ),
      { numRuns: 3_000 },
    );
  }, 120_000);

  it('both ways is one way and the other', () => {
    fc.assert(
      fc.property(anyEvents, fc.constantFrom(...THINGS), (events, thing) => {
        const of = (...directions: Direction[]) =>
          new Set(traced(events, { starts: [{ thing }], directions }).events);
        expect(of('BACK', 'FORWARD')).toEqual(new Set([...of('BACK'), ...of('FORWARD')]));
      }),
    );
  });

  it('in order of time, forward from where it came from comes to the start again', () => {
    fc.assert(
      fc.property(anyEvents, fc.constantFrom(...LOTS), (events, thing) => {
        const back = traced(events, { starts: [{ thing }], directions: ['BACK'], inOrder: true });
        for (const origin of back.things) {
          const { things, carriers } = traced(events, { starts: [{ thing: origin }], inOrder: true });
          expect([...things, ...carriers]).toContain(thing);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('tells each thing, each event and each stay once', () => {
    fc.assert(
      fc.property(anyEvents, fc.constantFrom(...THINGS), anyDirection, (events, thing, direction) => {
        const { found, events: records } = traced(events, { starts: [{ thing }], directions: [direction] });
        expect(new Set(records).size).toBe(records.length);
        const told = found.flatMap((each) => {
          if (each.kind === 'THING') return [`${each.thing.as === 'CARRIER'} ${each.thing.identifier}`];
          return each.kind === 'STAY' ? [`${each.stay.child} ${each.stay.parent} ${each.stay.from}`] : [];
        });
        expect(new Set(told).size).toBe(told.length);
      }),
    );
  });

  it('has an end for every thing from which it does not go on', () => {
    fc.assert(
      fc.property(anyEvents, fc.constantFrom(...LOTS), anyDirection, (events, thing, direction) => {
        const { things, ends } = traced(events, { starts: [{ thing }], directions: [direction] });
        expect(things.length).toBeGreaterThan(0);
        for (const end of ends) expect(end.direction).toBe(direction);
        const ended = ends.map((end) => end.thing);
        expect(things.length > 1 ? [thing] : ended).toContain(thing);
      }),
    );
  });
});
