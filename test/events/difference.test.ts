import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { differencesOf, mergeOf } from '../../api/events/difference.ts';
import type { Fields } from '../../api/events/fields.ts';
import type { JsonValue } from '../../api/events/value.ts';

const names = ['quantity', 'uom', 'variety', 'note', '__proto__'];
const value: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue>('1', '2', true, ['1'], ['1', null], {});
const fields: fc.Arbitrary<Fields> = fc.dictionary(fc.constantFrom(...names.slice(0, 4)), value, {
  noNullPrototype: true,
});
const patch = fc.dictionary(fc.constantFrom(...names.slice(0, 4)), fc.oneof(value, fc.constant(null)), {
  noNullPrototype: true,
});

/** A record with a change put on it. */
function changed(record: Readonly<Fields>, change: Readonly<Record<string, JsonValue>>): Fields {
  const after: Fields = { ...record, ...change };
  for (const [name, given] of Object.entries(change)) if (given === null) delete after[name];
  return after;
}

function get(record: Readonly<Fields>, name: string): JsonValue {
  return record[name] ?? null;
}

describe('the difference of three versions', () => {
  test('tells field by field what was, what I want and what others made of it', () => {
    const base = { quantity: '12', uom: 'KGM', variety: 'Lollo', note: 'old' };
    const theirs = { quantity: '13', uom: 'KGM', variety: 'Romana', harvestDate: '2026-07-01' };
    expect(differencesOf(base, { quantity: '14', uom: 'LBR', note: null }, theirs)).toEqual([
      { field: 'harvestDate', base: null, mine: null, theirs: '2026-07-01', standing: 'THEIRS' },
      { field: 'note', base: 'old', mine: null, theirs: null, standing: 'SAME' },
      { field: 'quantity', base: '12', mine: '14', theirs: '13', standing: 'CONFLICT' },
      { field: 'uom', base: 'KGM', mine: 'LBR', theirs: 'KGM', standing: 'MINE' },
      { field: 'variety', base: 'Lollo', mine: 'Lollo', theirs: 'Romana', standing: 'THEIRS' },
    ]);
  });

  test('says of a field that I may change and not see that I cannot know, and merges nothing then', () => {
    const found = differencesOf({}, { price: '3' }, {}, (name) => name !== 'price');
    expect(found).toEqual([{ field: 'price', base: null, mine: '3', theirs: null, standing: 'UNSEEN' }]);
    expect(mergeOf(found)).toBeNull();
  });

  test('is empty exactly where nobody changed anything', () => {
    fc.assert(
      fc.property(fields, patch, fields, (base, mine, theirs) => {
        const touched = names.filter(
          (name) =>
            JSON.stringify(get(changed(base, mine), name)) !== JSON.stringify(get(base, name)) ||
            JSON.stringify(get(theirs, name)) !== JSON.stringify(get(base, name)),
        );
        expect(differencesOf(base, mine, theirs).map(({ field }) => field)).toEqual(touched.toSorted());
      }),
    );
  });

  test('is the same from the other side, with mine and theirs exchanged', () => {
    const mirrored = { MINE: 'THEIRS', THEIRS: 'MINE', SAME: 'SAME', CONFLICT: 'CONFLICT', UNSEEN: 'UNSEEN' };
    fc.assert(
      fc.property(fields, patch, patch, (base, mine, theirs) => {
        const there = differencesOf(base, theirs, changed(base, mine));
        const here = differencesOf(base, mine, changed(base, theirs));
        expect(here.map(({ field, standing }) => [field, standing])).toEqual(
          there.map(({ field, standing }) => [field, mirrored[standing]]),
        );
      }),
    );
  });

  test('merges so that no change of either side is lost, or not at all', () => {
    fc.assert(
      fc.property(fields, patch, patch, (base, mine, others) => {
        const theirs = changed(base, others);
        const merge = mergeOf(differencesOf(base, mine, theirs));
        const wanted = changed(base, mine);
        const isChanged = (side: Fields, name: string) =>
          JSON.stringify(get(side, name)) !== JSON.stringify(get(base, name));
        const isContested = names.some(
          (name) =>
            isChanged(wanted, name) &&
            isChanged(theirs, name) &&
            JSON.stringify(get(wanted, name)) !== JSON.stringify(get(theirs, name)),
        );
        expect(merge === null).toBe(isContested);
        if (merge === null) return;
        const merged = changed(theirs, merge);
        for (const name of names) {
          const from = isChanged(wanted, name) ? wanted : theirs;
          expect(get(merged, name)).toEqual(get(from, name));
        }
      }),
    );
  });
});
