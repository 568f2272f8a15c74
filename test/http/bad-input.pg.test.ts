import { describe, expect, test } from 'vitest';
import { errorCodes } from '../../api/errors.ts';
import { memoryOf, sendLarge, sendRaw, sendTruncated } from '../support/raw-http.ts';
import { BOOK, codeOf, expectRefused, JSON_TYPE, LOT, targetNode, UPDATES } from '../support/target-node.ts';
import { wrongCalls } from '../support/wrong-arguments.ts';

/* Whatever comes in: a clear refusal with a code of the closed list, never a fault of the node, and nothing changes. */
const target = targetNode();
const OK = '{ books { id } }';
const bodyWith = (value: string): string =>
  `{"query":${JSON.stringify(UPDATES)},"variables":{"updates":[{"book":"${BOOK}","key":"k","changes":[{"kind":"LOT","record":"${LOT}","fields":${value}}]}]}}`;

describe('a body', () => {
  const faulty: Record<string, string | Uint8Array> = {
    'that is empty': '',
    'that is no JSON': 'query { books { id } }',
    'that ends in the middle': '{"query":"{ books',
    'with a member twice': `{"query":"${OK}","query":"${OK}"}`,
    'with a member twice in a value': bodyWith('{"note":"a","note":"a"}'),
    'with a raw NUL': bodyWith('{"note":"a\0b"}'),
    'with an escaped NUL': bodyWith('{"note":"a\\u0000b"}'),
    'with half a surrogate pair': bodyWith('{"note":"a\\ud800b"}'),
    'with the member __proto__': bodyWith('{"__proto__":{"note":"a"}}'),
    'that is not UTF-8': Buffer.from(bodyWith('{"note":"\xff\xfe"}'), 'latin1'),
    'that nests deeply': bodyWith('['.repeat(50_000) + ']'.repeat(50_000)),
    'with a number of 10,000 digits': bodyWith(`{"quantity":${'9'.repeat(10_000)}}`),
    'that is a batch': `[{"query":"${OK}"},{"query":"${OK}"}]`,
    'that is a text': '"query"',
    'whose query is no text': '{"query":1}',
    'whose variables are a list': `{"query":"${OK}","variables":[1]}`,
  };
  for (const [name, body] of Object.entries(faulty)) {
    test(`${name} is refused`, async () => expectRefused(await target.post(body)));
  }

  test('of another type than JSON is refused', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      expectRefused(await target.post(JSON.stringify({ query: OK }), { headers: { 'content-type': type } }));
    }
  });

  test('that is cut off on the way changes nothing', async () => {
    const body = JSON.stringify({ query: OK });
    const { status } = await sendTruncated(
      target.node.url,
      { authorization: target.authorization, ...JSON_TYPE },
      body,
    );
    expect([0, 400]).toContain(status);
  });

  test('of 50 MB is refused without being held in memory', async () => {
    const doors = [
      ['/graphql', 'application/json'],
      ['/epcis/capture', 'application/ld+json'],
      ['/oauth/token', 'application/x-www-form-urlencoded'],
      ['/partners/acceptances', 'application/jose'],
    ] as const;
    const atFirst = memoryOf(target.node.pid());
    for (const [path, type] of doors) {
      for (const saysLength of [true, false]) {
        const headers = { authorization: target.authorization, 'content-type': type };
        const answer = await sendLarge(target.node.url, {
          path,
          headers,
          bytes: 800 * 64 * 1024,
          saysLength,
        });
        expect([path, answer.status, codeOf(answer)]).toEqual([path, 413, 'TOO_LARGE']);
      }
    }
    expect(memoryOf(target.node.pid()) - atFirst).toBeLessThan(100);
  });
});

describe('a GraphQL document', () => {
  test('in a GET request is refused, a mutation above all', async () => {
    const query = encodeURIComponent(
      'mutation { createBook(input: { name: "x", title: "x" }) { error { code } } }',
    );
    expectRefused(
      await sendRaw(target.node.url, {
        method: 'GET',
        path: `/graphql?query=${query}`,
        headers: { authorization: target.authorization },
      }),
    );
  });

  test('with 10,000 aliases, or deeper or longer than allowed, is refused', async () => {
    const aliases = Array.from({ length: 10_000 }, (_, at) => `a${at}: books { id }`).join(' ');
    expectRefused(await target.graphql(`{ ${aliases} }`), 'TOO_LARGE');
    expectRefused(await target.graphql(`{ ${aliases.slice(0, 50_000)} }`));
    // Within the limit of tokens, and deeper than a parser's stack.
    for (const bracket of ['books { ', 'book(id: ['])
      expectRefused(await target.graphql(`{ ${bracket.repeat(1_900)}`));
    expectRefused(await target.graphql(`{ book(id: ${'['.repeat(3_900)}`));
  });

  test('with an unknown field, argument, type or operation is refused', async () => {
    for (const document of [
      '{ secrets }',
      '{ books { secret } }',
      '{ book(name: 1) { id } }',
      'query ($x: Secret) { books { id } }',
      'nonsense',
      '',
    ]) {
      expectRefused(await target.graphql(document));
    }
  });

  test('is refused for a value of a wrong type in any argument', async () => {
    const calls = wrongCalls((type) => {
      if (type === 'JSON') return undefined;
      if (type.endsWith('Input')) return '"text"';
      return type === 'Int' || type === 'Boolean' ? '"text"' : '{ wrong: 1 }';
    });
    expect(calls.length).toBeGreaterThan(60);
    await refusedAll(calls);
  });

  test('is refused for a NUL or half a surrogate pair in any text', async () => {
    for (const bad of ['"a\\u0000b"', '"a\\ud800b"']) {
      await refusedAll(
        wrongCalls((type) =>
          type === 'ID' || type === 'String' ? bad : type === 'JSON' ? `{ note: ${bad} }` : undefined,
        ),
      );
    }
  });

  test('is refused for numbers and dates out of range', async () => {
    await refusedAll(
      wrongCalls((type) =>
        type === 'Int' ? '99999999999' : type === 'DateTime' ? '"2026-02-30T00:00:00Z"' : undefined,
      ),
    );
  });

  async function refusedAll(calls: ReturnType<typeof wrongCalls>): Promise<void> {
    const accepted: string[] = [];
    for (const { place, document } of calls) {
      const answer = await target.graphql(document);
      const code = codeOf(answer);
      if (answer.status >= 500 || !(code in errorCodes) || code === 'INTERNAL')
        accepted.push(`${place}: ${code}`);
    }
    expect(accepted).toEqual([]);
  }
});
