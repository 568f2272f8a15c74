import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { slotTable } from '../../api/ledger/slot-table.ts';
import { decodeSlotSalt, slotOf } from '../../api/ledger/slots.ts';
import { fieldName, slotKey } from './sealing.ts';

const manyNames = (count: number, mark = 'n') => Array.from({ length: count }, (_, i) => `${mark}${i}`);
const tableOf = (names: readonly string[], key = slotKey) => slotTable(names, names.length, key);

describe('a slot table', () => {
  test('gives every name a slot of its own, the one that a reader computes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fieldName, { maxLength: 20 }), (names) => {
        const table = tableOf(names);
        const salt = decodeSlotSalt(table.slotSalt) as number;
        expect(new Set(table.slots).size).toBe(names.length);
        expect([...table.slots]).toEqual(names.map((name) => slotOf(salt, table.slotCount, name)));
      }),
    );
  });

  test.each([
    [0, 16, 16],
    [1, 16, 16],
    [12, 16, 16],
    [13, 32, 32],
    [24, 32, 64],
    [25, 64, 64],
    [100, 256, 512],
    [280, 2048, 4096],
  ])('for %i names has between %i and %i slots', (count, least, most) => {
    const { slotCount } = tableOf(manyNames(count));
    expect(slotCount).toBeGreaterThanOrEqual(least);
    expect(slotCount).toBeLessThanOrEqual(most);
    expect(Math.log2(slotCount) % 1).toBe(0);
  });

  test('cannot be had for a thousand names', () => {
    expect(() => tableOf(manyNames(1000))).toThrow(/no place/);
  });

  test('has the same salt for the same names in any order, and another one under another key', () => {
    const names = manyNames(10, 'same');
    const table = tableOf(names);
    expect(tableOf([...names].reverse()).slotSalt).toBe(table.slotSalt);
    expect([...tableOf([...names].reverse()).slots].reverse()).toEqual([...table.slots]);
    expect(tableOf(names, new Uint8Array(32)).slotSalt).not.toBe(table.slotSalt);
  });
});

test('the slot function is fmix32 of a word of SHA-256 with the salt', () => {
  // printf abc | sha256sum = ba7816bf 8f01cfea 414140de 5dae2223 b00361a3 96177a9c b410ff61 f20015ad
  const fmix32 = (x: bigint) => {
    const mask = 0xffffffffn;
    let h = x & mask;
    h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & mask;
    h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & mask;
    return h ^ (h >> 16n);
  };
  const words = [
    0xba7816bfn,
    0x8f01cfean,
    0x414140den,
    0x5dae2223n,
    0xb00361a3n,
    0x96177a9cn,
    0xb410ff61n,
    0xf20015adn,
  ];
  for (const [i, word] of words.entries()) {
    const salt = i * 2 ** 29 + 12345;
    expect(slotOf(salt, 4096, 'abc')).toBe(Number(fmix32(word ^ BigInt(salt)) % 4096n));
  }
});

test('a slot salt is four bytes in canonical base64url', () => {
  expect(decodeSlotSalt('AQIDBA')).toBe(0x01020304);
  for (const bad of ['', 'AQID', 'AQIDBA==', 'AQIDBB', 'AQIDBAU'])
    expect(decodeSlotSalt(bad)).toBeUndefined();
});
