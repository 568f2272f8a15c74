import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reconcile, type Reconciliation } from '../../api/recall/reconcile.ts';
import type { TraceEvent } from '../../api/recall/trace-event.ts';
import { hasChains, readChain } from './support/chains.ts';
import { day, lot, made, packed, pallet, place, seen } from './support/events.ts';

const [A, B, C] = ['a', 'b', 'c'].map(lot) as [string, string, string];
const at = (number: number) => ({ bizLocation: { id: place(number) } });
const added = (when: number, of: string, amount: string, site = 1) =>
  seen(when, 'commissioning', { [of]: amount }, { action: 'ADD', ...at(site) });

const lotsOf = (events: readonly TraceEvent[]) => [
  ...new Set(events.flatMap(({ things }) => things.map(({ identifier }) => identifier))),
];
const balanced = (events: readonly TraceEvent[], given: Parameters<typeof reconcile>[2] = []) =>
  reconcile(lotsOf(events), events, given);
const found = ({ findings }: Reconciliation) =>
  findings.map(
    ({ kind, lot: of, quantity, unit }) =>
      `${kind} ${of.split(/[/.:]/).at(-1)}${quantity ? ` ${quantity} ${unit}` : ''}`,
  );
const account = (result: Reconciliation, of: string) => result.lots.find((one) => one.lot === of);

describe('the balance of a lot', () => {
  it('is what was made, less all that became of it', () => {
    const result = balanced([
      added(1, A, '100 KGM'),
      made(2, { [A]: '30 KGM' }, { [B]: '29.5 KGM' }, at(1)),
      seen(3, 'shipping', { [A]: '40 KGM' }, at(1)),
      seen(4, 'receiving', { [A]: '25 KGM' }, at(2)),
      seen(5, 'destroying', { [A]: '5 KGM' }, { action: 'DELETE', ...at(2) }),
      seen(6, 'retail_selling', { [A]: '10.25 KGM' }, { action: 'DELETE', ...at(2) }),
      seen(7, 'shipping', { [A]: '2 KGM' }, { disposition: 'returned', ...at(2) }),
    ]);
    const texts = Object.fromEntries(
      Object.entries(account(result, A) ?? {}).map(([name, value]) => [name, String(value)]),
    );
    expect(texts).toMatchObject({
      made: '100',
      used: '30',
      shipped: '15',
      waste: '5',
      sold: '10.25',
      returned: '2',
      left: '37.75',
      stock: 'null',
      unexplained: '0',
    });
    expect(found(result)).toEqual(['NOT_RECEIVED a 15 KGM']);
    expect(result.transformations).toMatchObject([{ unit: 'KGM' }]);
    expect(String(result.transformations[0]?.difference)).toBe('-0.5');
  });

  it('says what a count does not explain', () => {
    const result = balanced([
      added(1, A, '100 KGM'),
      seen(3, 'cycle_counting', { [A]: '90 KGM' }, at(1)),
      seen(4, 'cycle_counting', { [A]: '94 KGM' }, at(1)),
    ]);
    expect(String(account(result, A)?.unexplained)).toBe('6');
    expect(result.totals[0]?.reconciled).toBeCloseTo(0.94);
  });

  it('converts units where it can show how, and else keeps them apart', () => {
    const events = [
      added(1, A, '100 LBR'),
      made(2, { [A]: '1000 GRM' }, { [B]: '3 CS' }, at(1)),
      seen(3, 'shipping', { [A]: '1 CS' }, at(1)),
    ];
    const result = balanced(events);
    expect(String(account(result, A)?.left)).toBe('44.359237');
    expect(
      account(result, A)?.conversions.map(({ from, to, factor, source, quantity, result: into }) => [
        from,
        to,
        factor,
        source,
        `${quantity}`,
        `${into}`,
      ]),
    ).toEqual([
      ['LBR', 'KGM', '0.45359237', 'REC20', '100', '45.359237'],
      ['GRM', 'KGM', '0.001', 'REC20', '1000', '1'],
    ]);
    expect(account(result, A)?.apart.map(({ unit, quantity }) => `${quantity} ${unit}`)).toEqual(['1 CS']);
    const product = 'https://id.gs1.org/01/09521234543213';
    const given = balanced(events, [{ product, from: 'CS', to: 'LBR', factor: '10' }]);
    expect(String(account(given, A)?.left)).toBe('39.8233133');
    expect(account(given, B)).toMatchObject({ unit: 'KGM', apart: [] });
  });

  it('loses no digit', () => {
    const result = balanced([
      added(1, A, '0.3 KGM'),
      made(2, { [A]: '0.1 KGM' }, { [B]: '1 KGM' }),
      made(3, { [A]: '0.2 KGM' }, { [C]: '1 KGM' }),
    ]);
    expect(String(account(result, A)?.left)).toBe('0');
    const large = balanced([
      added(1, A, '123456789012345678901234567890.12345 KGM'),
      seen(2, 'shipping', { [A]: '0.00001 KGM' }),
    ]);
    expect(String(account(large, A)?.left)).toBe('123456789012345678901234567890.12344');
  });

  it('says which events tell no quantity', () => {
    const untold = seen(2, 'shipping', { [A]: null });
    expect(account(balanced([added(1, A, '1 KGM'), untold]), A)?.untold).toEqual([untold]);
  });

  it('counts what left on pallets, as much as was on them then', () => {
    const [P, Q] = [pallet(1), pallet(2)];
    const result = balanced([
      added(1, A, '100 KGM'),
      packed(2, 'ADD', P, { [A]: '60 KGM' }),
      packed(3, 'DELETE', P, { [A]: '20 KGM' }),
      packed(4, 'ADD', Q, {}, { childEPCs: [P] }),
      seen(5, 'shipping', {}, { epcList: [Q] }),
    ]);
    expect(String(account(result, A)?.shipped)).toBe('40');
    expect(String(account(result, A)?.left)).toBe('60');
  });

  it('counts once what an event names by its pallet and by its amount', () => {
    const P = pallet(1);
    const result = balanced([
      added(1, A, '100 KGM'),
      packed(2, 'ADD', P, { [A]: '60 KGM' }),
      seen(3, 'shipping', { [A]: '60 KGM' }, { epcList: [P] }),
    ]);
    expect(String(account(result, A)?.shipped)).toBe('60');
  });

  it('does not count what is declared wrong, nor one event of two books twice', () => {
    const wrong = { errorDeclaration: { declarationTime: '2026-06-09T00:00:00Z' } };
    const making = added(1, A, '10 KGM');
    const result = balanced([
      making,
      { ...making, book: 'other.example/copy' },
      made(2, { [A]: '99 KGM' }, { [B]: '99 KGM' }, wrong),
    ]);
    expect(String(account(result, A)?.left)).toBe('10');
  });
});

describe('what cannot be, or is missing', () => {
  it('is more taken than there was, in all or at one place', () => {
    expect(
      found(balanced([added(1, A, '10 KGM'), made(2, { [A]: '12 KGM' }, { [B]: '12 KGM' }, at(1))])),
    ).toEqual(['OVERDRAWN a 2 KGM']);
    const events = [
      added(1, A, '10 KGM'),
      seen(2, 'shipping', { [A]: '5 KGM' }, at(1)),
      seen(3, 'receiving', { [A]: '5 KGM' }, at(2)),
      made(4, { [A]: '7 KGM' }, { [B]: '7 KGM' }, at(2)),
    ];
    expect(balanced(events).findings).toMatchObject([{ kind: 'OVERDRAWN', lot: A, site: place(2) }]);
  });

  it('is a use before the receipt', () => {
    const events = [
      seen(5, 'receiving', { [A]: '10 KGM' }, at(2)),
      made(4, { [A]: '7 KGM' }, { [B]: '7 KGM' }, at(2)),
    ];
    expect(found(balanced(events))).toEqual(['USED_BEFORE_RECEIPT a 7 KGM']);
  });

  it('is a shipment without a receipt, or a receipt without a shipment', () => {
    expect(found(balanced([added(1, A, '10 KGM'), seen(2, 'shipping', { [A]: '10 KGM' })]))).toEqual([
      'NOT_RECEIVED a 10 KGM',
    ]);
    expect(found(balanced([added(1, A, '10 KGM'), seen(2, 'receiving', { [A]: '10 KGM' }, at(2))]))).toEqual([
      'NOT_SHIPPED a 10 KGM',
    ]);
  });

  it('is a date before the making, or after it was put on record', () => {
    expect(
      found(
        balanced([
          added(3, A, '10 KGM'),
          seen(2, 'storing', { [A]: '10 KGM' }),
          seen(1, 'cycle_counting', { [A]: '10 KGM' }),
        ]),
      ),
    ).toEqual(['IMPOSSIBLE_DATE a']);
    const future = { ...added(3, A, '10 KGM'), approvedAt: day(2) };
    expect(found(balanced([future]))).toEqual(['IMPOSSIBLE_DATE a']);
  });
});

/** Lots are split, mixed, sold, thrown away and counted so that nothing is lost. */
const consistent = fc
  .array(
    fc.record({
      of: fc.nat(),
      take: fc.integer({ min: 1, max: 999 }),
      what: fc.constantFrom('MIX', 'SELL', 'WASTE', 'SHIP', 'COUNT'),
      unit: fc.constantFrom('KGM', 'GRM', 'LBR'),
    }),
    { minLength: 1, maxLength: 25 },
  )
  .map((steps) => {
    // In micrograms-of-a-gram steps: of each unit a whole number of 10 ug.
    const worth = { KGM: 100_000_000n, GRM: 100_000n, LBR: 45_359_237n };
    const stock = new Map<string, bigint>([
      [A, 10n ** 12n],
      [B, 10n ** 12n],
    ]);
    const events = [added(1, A, '10000 KGM'), added(1, B, '10000 KGM')];
    for (const [nr, { of, take, what, unit }] of steps.entries()) {
      const lots = [...stock.keys()];
      const from = lots[of % lots.length] as string;
      const amount = BigInt(take) * worth[unit as keyof typeof worth];
      const text = `${take} ${unit}`;
      const when = nr + 2;
      if ((stock.get(from) ?? 0n) < amount) continue;
      if (what !== 'COUNT') stock.set(from, (stock.get(from) ?? 0n) - amount);
      if (what === 'MIX') {
        const into = lot(`m${nr}`);
        stock.set(into, amount);
        events.push(made(when, { [from]: text }, { [into]: text }, at(1)));
      }
      if (what === 'SELL')
        events.push(seen(when, 'retail_selling', { [from]: text }, { action: 'DELETE', ...at(1) }));
      if (what === 'WASTE')
        events.push(seen(when, 'destroying', { [from]: text }, { action: 'DELETE', ...at(1) }));
      if (what === 'SHIP') {
        events.push(
          seen(when, 'shipping', { [from]: text }, at(1)),
          seen(when + 0.5, 'receiving', { [from]: text }, at(2)),
        );
        stock.set(from, (stock.get(from) ?? 0n) + amount);
      }
    }
    for (const [of, left] of stock) {
      const kilograms = `${left / 100_000_000n}.${String(left % 100_000_000n).padStart(8, '0')}`;
      events.push(seen(28, 'stock_taking', { [of]: `${kilograms} KGM` }, at(1)));
    }
    return events;
  });

describe('a chain in which nothing is lost', () => {
  it('balances to zero, for each lot and in all', () => {
    fc.assert(
      fc.property(consistent, (events) => {
        const result = balanced(events);
        for (const { unexplained, apart, untold } of result.lots)
          expect([`${unexplained}`, apart, untold]).toEqual(['0', [], []]);
        for (const one of result.totals) {
          const { used, shipped, waste, sold, returned, left } = one;
          const out = [used, shipped, waste, sold, returned, left].reduce((sum, each) => sum.plus(each));
          expect(`${one.in.minus(out)}`).toBe('0');
          expect(one.reconciled).toBe(1);
        }
        for (const { difference } of result.transformations) expect(`${difference}`).toBe('0');
        expect(result.findings.filter(({ kind, site }) => kind !== 'OVERDRAWN' || site === null)).toEqual([]);
      }),
    );
  });

  it('shows exactly what is taken out of it', () => {
    fc.assert(
      fc.property(consistent, fc.integer({ min: 1, max: 10_000 }), (events, grams) => {
        const result = balanced([
          ...events,
          seen(29, 'destroying', { [A]: `${grams} GRM` }, { action: 'DELETE', ...at(1) }),
        ]);
        expect(`${account(result, A)?.unexplained}`).toBe(`-${grams / 1000}`);
      }),
    );
  });
});

describe('a chain that somebody else wrote (skipped where ../shared/data is absent)', () => {
  it.skipIf(!hasChains())('has its two true faults found', () => {
    const events = readChain('traceback_tests.jsonld');
    expect(events).toHaveLength(21);
    const faults = found(balanced(events));
    expect(faults).toContain('OVERDRAWN v1-0122-2022 124 KGM');
    expect(faults).toContain('USED_BEFORE_RECEIPT ff11252021 10000 KGM');
    expect(faults.filter((fault) => /^(OVERDRAWN|USED_BEFORE)/.test(fault))).toHaveLength(2);
  });
});
