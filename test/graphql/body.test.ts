import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readParams } from '../../api/graphql/body.ts';

const body = (variables: string) => `{"query":"{ books { id } }","variables":${variables}}`;

describe('the body of a GraphQL request', () => {
  it('is read with its variables', () => {
    expect(readParams('{"query":"q","operationName":"n","variables":{"a":[1,"x",null,true]}}')).toEqual({
      query: 'q',
      documentId: null,
      operationName: 'n',
      variables: { a: [1, 'x', null, true] },
    });
  });

  it('keeps every digit of a decimal', () => {
    const text = '{"a":0.1,"b":12345678901234567890.12,"c":1e3,"d":9007199254740993,"e":-0.5}';
    expect(readParams(body(text)).variables).toEqual({
      a: 0.1,
      b: '12345678901234567890.12',
      c: 1000,
      d: '9007199254740993',
      e: -0.5,
    });
  });

  it('reads JSON that floating point holds as JSON.parse does', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ minLength: 1 }).filter(isPlain), fc.jsonValue().filter(isSound)),
        (value) => {
          const text = JSON.stringify(value);
          expect(readParams(body(text)).variables).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it.each([
    ['a member twice', body('{"a":1,"a":1}'), 'variables.a'],
    ['NUL', body(String.raw`{"a":"x\u0000"}`), 'variables.a'],
    ['the member __proto__', body('{"__proto__":{"a":1}}'), 'variables.__proto__'],
    ['no query', '{"variables":{}}', 'query'],
    ['a query that is no text', '{"query":1}', 'query'],
    ['variables that are a list', '{"query":"q","variables":[]}', 'variables'],
    ['a number without end', body(`{"a":${'1'.repeat(100)}}`), 'variables'],
  ])('is refused with %s', (_what, text, place) => {
    expect(() => readParams(text)).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', details: { place } }),
    );
  });

  it.each(['', '[]', '"x"', 'null', '{"query":"q"', '[{"query":"q"}]'])(
    'is refused when it is no object: %s',
    (text) => {
      expect(() => readParams(text)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
    },
  );
});

function isPlain(key: string): boolean {
  return key !== '__proto__' && !/\u0000|\p{Surrogate}/u.test(key);
}

/** What the strict reader takes, with numbers that are not too long. */
function isSound(value: unknown): boolean {
  if (typeof value === 'string') return !/\u0000|\p{Surrogate}/u.test(value);
  if (typeof value === 'number')
    return !Object.is(value, -0) && (value === 0 || Math.abs(Math.log10(Math.abs(value))) < 40);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, member]) => key !== '' && isPlain(key) && isSound(member));
}
