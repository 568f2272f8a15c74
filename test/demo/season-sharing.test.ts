import { describe, expect, it } from 'vitest';
import { season } from '../../api/demo/season/season.ts';
import { flatten } from '../../api/events/fields.ts';
import { parsed } from './journal.ts';

const data = season(1);

describe('the sharing rules', () => {
  const grants = data.organisations.flatMap((organisation) => organisation.grants);
  const SECRET =
    /pricePerCase|crewCost|freightCost|batchCost|supplierContract|retailPrice|salesRevenue|costPerKilogram/;

  it('name no price, cost or contract, and a crew telephone only for an investigation', () => {
    for (const { fields } of grants) expect(fields.filter((name) => SECRET.test(name))).toEqual([]);
    const whole = grants.filter(({ fields }) => fields.includes('*'));
    expect(new Set(whole.flatMap(({ selector }) => selector.kinds))).toEqual(
      new Set(['PRODUCT', 'LOCATION', 'PARTY']),
    );
    const crews = grants.filter(({ fields }) => fields.some((name) => name.includes('crewPhone')));
    expect(new Set(crews.map(({ purpose }) => purpose))).toEqual(new Set(['outbreak-investigation']));
  });

  it('name only fields that events have, and withhold what is secret', () => {
    const names = new Set(parsed(data).flatMap((event) => Object.keys(flatten(event))));
    const granted = grants
      .filter(({ selector }) => selector.kinds?.includes('EVENT'))
      .flatMap(({ fields }) => fields);
    expect(granted.filter((name) => !names.has(name))).toEqual([]);
    expect([...names].filter((name) => !granted.includes(name)).every((name) => SECRET.test(name))).toBe(
      true,
    );
    expect([...names].filter((name) => SECRET.test(name))).toHaveLength(7);
  });

  it('name only fields of lots that lots have', () => {
    const lots = data.organisations.flatMap(({ records }) => records.filter(({ type }) => type === 'LOT'));
    const names = new Set(lots.flatMap(({ fields }) => Object.keys(fields)));
    const granted = grants
      .filter(({ selector }) => selector.kinds?.includes('LOT'))
      .flatMap(({ fields }) => fields);
    expect(granted.filter((name) => !names.has(name))).toEqual([]);
  });

  it('have ids of their own and books that exist', () => {
    expect(new Set(grants.map(({ id }) => id)).size).toBe(grants.length);
    for (const { books, grants: own } of data.organisations) {
      expect(own.every(({ book }) => books.some(({ slug }) => slug === book))).toBe(true);
    }
  });
});
