import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AskedThing, HopPlan, keyOf, type OpenEnd } from '../../api/recall/hops.ts';

/*
 * Organisations in any order of trade, with loops and diamonds: at each, a thing leads on to others there, as the same or as
 * another thing. Inquiries go from node to node in any order of arrival.
 */

interface World {
  /** By organisation and thing: the ends that show there. */
  leads: Map<string, OpenEnd[]>;
  hops: number;
  /** Which of the inquiries under way arrives next. */
  order: number[];
}

const COUNT = 6;
const organisation = fc.integer({ min: 0, max: COUNT - 1 }).map((nr) => `o${nr}`);
const thing = fc.integer({ min: 0, max: 3 }).map((nr) => `t${nr}`);
const lead = fc.record({ at: organisation, of: thing, to: organisation, as: thing });

const world: fc.Arbitrary<World> = fc
  .record({
    leads: fc.array(lead, { maxLength: 24 }),
    hops: fc.integer({ min: 1, max: 6 }),
    order: fc.array(fc.nat(1000), { minLength: 1, maxLength: 40 }),
  })
  .map(({ leads, hops, order }) => {
    const ends = new Map<string, OpenEnd[]>();
    for (const { at, of, to, as } of leads) {
      const list = ends.get(`${at} ${of}`) ?? [];
      ends.set(`${at} ${of}`, list);
      list.push({ thing: as, direction: 'BACK', organisations: [to] });
    }
    return { leads: ends, hops, order };
  });

interface Sent {
  from: string;
  to: string;
  path: string[];
  things: readonly AskedThing[];
  hopsLeft: number;
}

const ASKER = 'o0';
const START: AskedThing = { thing: 't0', direction: 'BACK' };

/** What a node goes over itself: what it is asked about, and what that leads on to, wherever. */
function walked(leads: World['leads'], at: string, given: readonly string[]): string[] {
  const things = new Set(given);
  for (const id of things) for (const end of leads.get(`${at} ${id}`) ?? []) things.add(end.thing);
  return [...things];
}

/** All that is sent, until nothing is under way. */
function send({ leads, hops, order }: World): Sent[] {
  const plans = new Map<string, HopPlan>();
  const sent: Sent[] = [];
  const underWay: Sent[] = [];
  const turn = (self: string, path: string[], given: readonly AskedThing[], hopsLeft: number): void => {
    const plan = plans.get(self) ?? new HopPlan();
    plans.set(self, plan);
    const ends = walked(
      leads,
      self,
      given.map(({ thing: id }) => id),
    ).flatMap((id) => leads.get(`${self} ${id}`) ?? []);
    const came = path.length === 0 ? [] : given;
    const { ask } = plan.next(ends, { self, path, given: came, hopsLeft, mayAsk: () => true });
    for (const [to, things] of ask) {
      const next = { from: self, to, path: [...path, self], things, hopsLeft: hopsLeft - 1 };
      sent.push(next);
      underWay.push(next);
    }
  };
  turn(ASKER, [], [START], hops);
  for (let nr = 0; underWay.length > 0; nr += 1) {
    const at = (order[nr % order.length] as number) % underWay.length;
    const [next] = underWay.splice(at, 1) as [Sent];
    turn(next.to, next.path, next.things, next.hopsLeft);
  }
  return sent;
}

test('whatever the trade, nobody is asked twice for the same, but with more hops left than before', () => {
  fc.assert(
    fc.property(world, (given) => {
      const before = new Map<string, number>();
      for (const { from, to, things, hopsLeft, path } of send(given)) {
        expect(to).not.toBe(ASKER);
        expect(path.length + hopsLeft).toBe(given.hops);
        for (const asked of things) {
          const key = `${from} ${to} ${keyOf(asked)}`;
          expect(before.get(key) ?? -1).toBeLessThan(hopsLeft);
          before.set(key, hopsLeft);
        }
      }
    }),
  );
});

test('everybody to whom the trade leads within so many hops goes over it, in whatever order inquiries arrive', () => {
  fc.assert(
    fc.property(world, (given) => {
      const { leads } = given;
      const over = new Set(walked(leads, ASKER, [START.thing]).map((id) => `${ASKER} ${id}`));
      for (const { to, things } of send(given)) {
        for (const id of walked(
          leads,
          to,
          things.map((asked) => asked.thing),
        ))
          over.add(`${to} ${id}`);
      }
      const missed = [...reachable(given)].filter((each) => !over.has(each));
      expect(missed).toEqual([]);
    }),
  );
});

/** By going over the trade as a whole, breadth first. What leads back to who asks, that goes over by itself. */
function reachable({ leads, hops }: World): Set<string> {
  const reached = new Set<string>();
  let level = new Map([[ASKER, [START.thing]]]);
  for (let hop = 0; hop <= hops; hop += 1) {
    const next = new Map<string, string[]>();
    for (const [at, things] of level) {
      for (const id of walked(leads, at, things)) {
        if (reached.has(`${at} ${id}`)) continue;
        reached.add(`${at} ${id}`);
        for (const { thing: as, organisations } of leads.get(`${at} ${id}`) ?? []) {
          const [to] = organisations as [string];
          if (to !== ASKER) next.set(to, [...(next.get(to) ?? []), as]);
        }
      }
    }
    level = next;
  }
  return reached;
}

test('where the hops are used up, or the rules forbid it, it is said of what', () => {
  const ends: OpenEnd[] = [{ ...START, organisations: ['o1', 'o2'] }];
  const turn = { self: 'o3', path: ['o0'], given: [], mayAsk: (id: string) => id === 'o1' };
  const some = new HopPlan().next(ends, { ...turn, hopsLeft: 1 });
  expect([...some.ask]).toEqual([['o1', [START]]]);
  expect(some.held).toEqual([START]);
  expect(new HopPlan().next(ends, { ...turn, hopsLeft: 0 })).toEqual({ ask: new Map(), held: [START] });
});
