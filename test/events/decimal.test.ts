import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalDecimal, extensionNumber } from '../../api/events/decimal.ts';
import { isDateTime, toUtcMillis } from '../../api/events/date-time.ts';

describe('a canonical decimal', () => {
  it.each([
    ['1', '1'],
    ['+1', '1'],
    ['-0', '0'],
    ['0.0', '0'],
    ['-0.10', '-0.1'],
    ['007', '7'],
    ['26.0', '26'],
    ['1e3', '1000'],
    ['1.5E-3', '0.0015'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['12345678901234567890.123', '12345678901234567890.123'],
  ])('of %s is %s', (text, canonical) => expect(canonicalDecimal(text)).toBe(canonical));

  it.each([
    '',
    '.',
    '-',
    'x',
    '1x',
    '1e',
    '1e999999999',
    '--1',
    '1 ',
    'Infinity',
    'NaN',
    '0x10',
    '1'.repeat(65),
  ])('is there none for %j', (text) => expect(canonicalDecimal(text)).toBe(null));

  it('denotes the same number', () => {
    const decimal = fc
      .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: -20, max: 20 }))
      .map(([digits, exponent]) => `${digits}e${exponent}`);
    Decimal.set({ precision: 80, toExpNeg: -100, toExpPos: 100 });
    fc.assert(
      fc.property(decimal, (text) => {
        const expected = new Decimal(text).toString();
        expect(canonicalDecimal(text)).toBe(expected === '-0' ? '0' : expected);
      }),
    );
  });
});

describe('a number of an extension', () => {
  it('stays a number where floating point denotes it exactly', () => {
    expect(extensionNumber('0.10')).toBe(0.1);
    expect(extensionNumber('1e21')).toBe(1e21);
  });

  it('becomes a string where it would lose digits', () => {
    expect(extensionNumber('12345678901234567890')).toBe('12345678901234567890');
    expect(extensionNumber('0.1000000000000000000001')).toBe('0.1000000000000000000001');
  });
});

describe('a date and time', () => {
  it.each(['2005-04-03T20:33:31.116-06:00', '2022-09-05T19:04:37.5450000+00:00', '2024-02-29T00:00:00Z'])(
    '%s is one',
    (text) => expect(isDateTime(text)).toBe(true),
  );

  it.each([
    '22-07-2026',
    '2026-07-22',
    '2026-07-22T06:45:00',
    '2026-02-29T00:00:00Z',
    '2026-07-22T24:00:00Z',
    '2026-07-22T06:45:00+2:00',
    '2026-07-22 06:45:00Z',
    '2026-13-01T00:00:00Z',
  ])('%s is none', (text) => expect(isDateTime(text)).toBe(false));

  it('is rounded half up to milliseconds in UTC', () => {
    expect(toUtcMillis('2023-02-02T11:04:03.1415Z')).toBe('2023-02-02T11:04:03.142Z');
    expect(toUtcMillis('2023-02-02T11:04:03.1414999Z')).toBe('2023-02-02T11:04:03.141Z');
    expect(toUtcMillis('2023-12-31T23:59:59.9995-01:00')).toBe('2024-01-01T01:00:00.000Z');
    expect(toUtcMillis('2023-02-02T11:04:03+01:00')).toBe('2023-02-02T10:04:03.000Z');
  });
});
