import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberText, readJson } from '../../api/events/json.ts';

function plain(value: unknown): unknown {
  if (value instanceof NumberText) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

describe('reading JSON', () => {
  it('keeps the digits of a number', () => {
    expect(readJson('[1.000000000000000000001, 1e2, -0.0]').value).toEqual([
      new NumberText('1.000000000000000000001'),
      new NumberText('1e2'),
      new NumberText('-0.0'),
    ]);
  });

  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: false }), (text) => {
        const { value, faults } = readJson(text);
        fc.pre(faults.length === 0);
        expect(plain(value)).toEqual(plain(JSON.parse(text)));
      }),
    );
  });

  it('refuses what JSON.parse refuses, and never throws', () => {
    const fragment = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '1',
      '-',
      '.5',
      'null',
      'tru',
      '\\u12',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fragment).map((parts) => parts.join('')),
        ),
        (text) => {
          const { faults } = readJson(text);
          let good = true;
          try {
            JSON.parse(text);
          } catch {
            good = false;
          }
          expect(faults.some((fault) => fault.fatal)).toBe(
            !good && !text.includes('//') && text.charCodeAt(0) !== 0xfeff,
          );
        },
      ),
    );
  });

  it('refuses a name that is there twice, also with one value, and tells where', () => {
    const { faults } = readJson('{"a":[{"b":1,"c":2,"b":1}]}');
    expect(faults).toMatchObject([{ field: 'a[0].b', code: 'DUPLICATE_KEY', fatal: false }]);
  });

  it('refuses NUL and halves of surrogate pairs and tells where', () => {
    const { faults } = readJson(String.raw`{"a":"x\u0000","b":["\ud800"],"c":"\ud83d\ude00"}`);
    expect(faults).toMatchObject([
      { field: 'a', code: 'FORBIDDEN_CHARACTER' },
      { field: 'b[0]', code: 'FORBIDDEN_CHARACTER' },
    ]);
  });

  it('refuses empty names and __proto__', () => {
    expect(readJson('{"":1,"__proto__":{"x":1}}').faults.map((fault) => fault.code)).toEqual([
      'FORBIDDEN_NAME',
      'FORBIDDEN_NAME',
    ]);
  });

  it('refuses deep nesting however deep it is', () => {
    expect(readJson('['.repeat(64) + ']'.repeat(64)).faults).toEqual([]);
    expect(readJson('['.repeat(65) + ']'.repeat(65)).faults).toMatchObject([{ code: 'TOO_DEEP' }]);
    expect(readJson('['.repeat(1_000_000)).faults).toMatchObject([{ code: 'TOO_DEEP', fatal: true }]);
  });

  it('tells line and column of what cannot be read', () => {
    expect(readJson('{\n  "a": nope\n}').faults[0]?.message).toContain('line 2, column 8');
  });

  it('skips line comments', () => {
    expect(plain(readJson('// one\n{"a": "//not one" // two\n}// three').value)).toEqual({ a: '//not one' });
  });
});
