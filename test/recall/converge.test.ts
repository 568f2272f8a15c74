import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comminglings, contacts } from '../../api/recall/contacts.ts';
import { missingRecords, rank } from '../../api/recall/converge.ts';
import { legOf, type Leg } from '../../api/recall/leg.ts';
import type { TraceEvent } from '../../api/recall/trace-event.ts';
import { lot, made, place, seen, traced } from './support/events.ts';

const ids = ['farm', 'wash', 'salad', 'wrap', 'dip', 'x'];
const [FARM, WASH, SALAD, WRAP, DIP, X] = ids.map(lot) as [string, string, string, string, string, string];
const at = (number: number) => ({ bizLocation: { id: place(number) } });

const leg = (events: readonly TraceEvent[], thing: string, cases = 1): Leg =>
  legOf(
    thing.split('/').at(-1) ?? '',
    cases,
    traced(events, { starts: [{ thing }], directions: ['BACK'] }).found,
  );

/** A wash of farm lots went into salads and wraps; the dip has another source. */
const chain = [
  seen(1, 'commissioning', { [FARM]: null }, { action: 'ADD', ...at(1) }),
  made(2, { [FARM]: null }, { [WASH]: null }, at(2)),
  made(3, { [WASH]: null, [X]: null }, { [SALAD]: null }, at(3)),
  made(3, { [WASH]: null }, { [WRAP]: null }, at(4)),
  made(4, {}, { [DIP]: null }, { transformationID: 'urn:p:1', ...at(3) }),
];

describe('a convergence', () => {
  const legs = [leg(chain, SALAD, 5), leg(chain, WRAP, 3), leg(chain, DIP, 2)];

  it('ranks by the share of cases that a lot or a place reaches, the nearest first', () => {
    const [first, second, third] = rank(legs);
    expect(first).toMatchObject({
      kind: 'THING',
      identifier: WASH,
      score: 0.8,
      explains: [0, 1],
      unexplained: [2],
    });
    expect([second?.identifier, third?.identifier]).toContain(FARM);
    expect(rank(legs).find(({ identifier }) => identifier === place(3))).toMatchObject({
      explains: [0, 2],
      score: 0.7,
    });
  });

  it('says how often a candidate stays the best when a leg is left out', () => {
    expect(rank(legs)[0]?.robustness).toBeCloseTo(2 / 3);
    expect(rank([legs[0] as Leg])[0]?.robustness).toBeNull();
  });

  it('names the missing record by which another one could come first', () => {
    const missing = missingRecords([leg(chain, SALAD, 4), leg(chain, WRAP, 3), leg(chain, DIP, 4)]);
    const [first] = missing;
    expect(first).toMatchObject({
      end: { thing: DIP, reason: 'NO_RECORD' },
      legs: [2],
      score: 1,
      changesFirst: true,
    });
    expect(first?.candidate.identifier).toBe(WASH);
    expect(missing.map(({ end }) => end.thing)).toEqual([DIP, X]);
  });

  it('shows where lots were mixed, and where they met without a record', () => {
    expect(comminglings(legs).map(({ inputs, legs: of }) => [inputs, of])).toEqual([[[WASH, X], [0]]]);
    const found = contacts(legs, 36 * 3_600_000);
    expect(found).toMatchObject([{ place: place(3), legs: expect.arrayContaining([0, 2]) }]);
    expect(found[0]?.things).toEqual(expect.arrayContaining([SALAD, DIP]));
    expect(contacts(legs, 3_600_000)).toEqual([]);
  });
});

const anyLegs = fc
  .array(
    fc.tuple(
      fc.uniqueArray(fc.constantFrom(...ids.map(lot)), { maxLength: 5 }),
      fc.integer({ min: 1, max: 9 }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((list) =>
    list.map(([things, cases], nr): Leg => ({
      name: `${nr}`,
      cases,
      things: new Map(things.map((id, depth) => [id, depth])),
      places: new Map(),
      events: [],
      ends: [],
    })),
  );

describe('a ranking of any legs', () => {
  it('has the share of the cases of the legs that have the thing, and the robustness of ranking anew', () => {
    fc.assert(
      fc.property(anyLegs, (legs) => {
        const total = legs.reduce((sum, { cases }) => sum + cases, 0);
        const ranked = rank(legs);
        for (const { identifier, score, explains, unexplained, robustness } of ranked) {
          const has = legs.filter(({ things }) => things.has(identifier));
          expect(score).toBeCloseTo(has.reduce((sum, { cases }) => sum + cases, 0) / total);
          expect(explains.length + unexplained.length).toBe(legs.length);
          const rounds = legs.map((_, out) => {
            const rest = rank(legs.filter((_leg, nr) => nr !== out));
            const best = rest[0]?.score ?? 0;
            return Math.abs((rest.find((one) => one.identifier === identifier)?.score ?? 0) - best) < 1e-9;
          });
          expect(robustness).toBe(legs.length < 2 ? null : rounds.filter(Boolean).length / legs.length);
        }
        expect(ranked.map(({ score }) => score)).toEqual(
          ranked.map(({ score }) => score).toSorted((a, b) => b - a),
        );
      }),
    );
  });
});
