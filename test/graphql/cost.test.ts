import { describe, expect, it } from 'vitest';
import { costOf, MAX_COST } from '../../api/graphql/cost.ts';
import { openEngine } from '../../api/graphql/engine.ts';
import { readContract } from '../../api/graphql/schema.ts';
import { ownCaller } from '../support/approval.ts';
import { serveGraphql } from '../support/graphql.ts';

const schema = readContract();
const engine = openEngine(schema);
const cost = (query: string, variables = {}) =>
  costOf({ schema, variables, ...engine.read(query, null) }).requested;

const PAGE = 'query ($n: Int) { records(book: "b", first: $n) { edges { node { id version } } } }';

describe('the cost of a call', () => {
  it('counts fields, below a page as often as the page may have entries', () => {
    expect(cost('{ books { id title } }')).toBe(3);
    expect(cost(PAGE, { n: 10 })).toBe(1 + 10 * 4);
    // The default of the contract.
    expect(cost(PAGE)).toBe(1 + 50 * 4);
    expect(cost('{ authority(book: "b") { terms(last: 7) { n } } }')).toBe(1 + 1 + 7);
  });

  it('counts what fragments and aliases say', () => {
    const fragment = 'fragment part on Book { id title }';
    expect(cost(`{ a: books { ...part } b: books { ...part ... on Book { owner } } } ${fragment}`)).toBe(
      3 + 4,
    );
  });

  it('does not go beyond the limit', () => {
    const many = Array.from(
      { length: 10 },
      (_, at) => `a${at}: records(book: "b", first: 9000) { edges { cursor } }`,
    );
    expect(() => cost(`{ ${many.join(' ')} }`)).toThrow(`${MAX_COST} are the most`);
    expect(() => cost(PAGE, { n: 2_147_483_647 })).toThrow('ask for less');
  });

  it('is told in the answer, and counted', async () => {
    const taken: unknown[] = [];
    const callLimit = { take: (caller: object, calls: number) => Promise.resolve(void taken.push(calls)) };
    const reading = { books: () => Promise.resolve([]) } as never;
    const endpoint = await serveGraphql({ me: ownCaller('a.example', 'VIEWER') }, { callLimit, reading });
    const ask = (query: string) =>
      fetch(endpoint.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer me' },
        body: JSON.stringify({ query }),
      });
    expect(await (await ask('{ books { id } }')).json()).toEqual({
      data: { books: [] },
      extensions: { cost: { requested: 2, limit: MAX_COST } },
    });
    await ask('{ books { id } records(book: "b", first: 1000) { edges { node { id version } } } }');
    expect(taken).toEqual([1, 5]);
    await endpoint.close();
  });
});
