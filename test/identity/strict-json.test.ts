import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBase64url, encodeBase64url } from '../../api/identity/base64url.ts';
import { parseStrictJson, parseStrictObject } from '../../api/identity/strict-json.ts';

const parse = (text: string) => parseStrictJson(Buffer.from(text));

describe('strict JSON', () => {
  test('reads whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 1), (value, indent) => {
        fc.pre(!JSON.stringify(value).includes('"__proto__":'));
        const text = JSON.stringify(value, undefined, indent);
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('refuses a member written twice, however it is spelled and wherever it stands', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), fc.jsonValue(), fc.boolean(), (name, one, two, nested) => {
        const escaped = [...name].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
        fc.pre([...name].length === name.length);
        const object = `{${JSON.stringify(name)}: ${JSON.stringify(one)},"${escaped}" :${JSON.stringify(two)}}`;
        expect(parse(nested ? `[{"a":${object}}]` : object)).toBeUndefined();
      }),
    );
  });

  test('is not misled by colons, quotes and backslashes in texts', () => {
    const value = { 'a\\': ':"', 'b":"': ['\\":', 'c:', { '\\"': '"' }] };
    expect(parse(JSON.stringify(value))).toEqual(value);
  });

  test.each([
    '',
    '{',
    '{}x',
    '{"a":1,}',
    "{'a':1}",
    '\uFEFF{}',
    '{"__proto__":1}',
    '[1e999]',
    '['.repeat(40) + ']'.repeat(40),
  ])('refuses %j', (text) => {
    expect(parse(text)).toBeUndefined();
  });

  test('refuses bytes that are not UTF-8', () => {
    expect(parseStrictJson(Buffer.from([0x22, 0xff, 0x22]))).toBeUndefined();
  });

  test('takes only an object where an object is due', () => {
    expect(parseStrictObject(Buffer.from('[]'))).toBeUndefined();
    expect(parseStrictObject(Buffer.from('null'))).toBeUndefined();
    expect(parseStrictObject(Buffer.from('{}'))).toEqual({});
  });
});

describe('strict base64url', () => {
  test('gives back what was encoded', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeBase64url(encodeBase64url(bytes))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test.each(['AA==', 'AB', 'AAB', 'A', 'A A', 'AAAA\n', '+/+/', 'AA.A', 'AAAŁ'])('refuses %j', (text) => {
    expect(decodeBase64url(text)).toBeUndefined();
  });
});
