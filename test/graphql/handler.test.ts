import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RequestView } from '../../api/approval/update.ts';
import { LotbookError } from '../../api/errors.ts';
import type { Services } from '../../api/graphql/context.ts';
import { ownCaller, partnerCaller } from '../support/approval.ts';
import { serveGraphql, type GraphqlEndpoint, type StreamEvent } from '../support/graphql.ts';

const ID = '6e0b4c1a-0f6c-4b64-9a7e-1d1a6c0f9d10';
const STATE = 'subscription($id: ID!) { requestState(id: $id) { id state } }';
const callers = {
  admin: ownCaller('a.example', 'ADMINISTRATOR'),
  viewer: ownCaller('a.example', 'VIEWER'),
  partner: partnerCaller('p.example'),
};

let endpoint: GraphqlEndpoint;
let books: () => Promise<never[]>;
let createBook: () => Promise<never>;
let state: RequestView['state'];
let listeners: Set<() => void>;
const logged: object[] = [];
const stopping = new AbortController();

beforeAll(async () => {
  const request = () =>
    Promise.resolve({
      id: ID,
      book: 'b',
      key: 'k',
      state,
      requester: 'p',
      outcome: [],
    } as Partial<RequestView>);
  const services: Partial<Services> = {
    reading: { books: () => books() } as unknown as Services['reading'],
    approval: { request, createBook: () => createBook() } as unknown as Services['approval'],
    bell: { on: (_topic, listener) => (listeners.add(listener), () => listeners.delete(listener)) },
    log: { error: (details) => void logged.push(details) },
    signal: stopping.signal,
  };
  endpoint = await serveGraphql(callers, services, { maxRequestStates: 2 });
});

beforeEach(() => {
  books = () => Promise.resolve([]);
  createBook = () =>
    Promise.reject(new LotbookError('CONFLICT', 'There is a book with this name.', { place: 'input.name' }));
  state = 'PENDING';
  listeners = new Set();
  logged.length = 0;
});

afterAll(() => endpoint.close());

describe('the GraphQL endpoint', () => {
  it('answers a query', async () => {
    const { status, data, errors } = await endpoint.call(
      'viewer',
      '{ books { id } node { caller { roles } } }',
    );
    expect({ status, data, errors }).toEqual({
      status: 200,
      errors: undefined,
      data: { books: [], node: { caller: { roles: ['VIEWER'] } } },
    });
  });

  it.each(['{ __schema { types { name } } }', '{ __typename }', '{ no such thing', '{ books { id } }'])(
    'tells strangers nothing: %s',
    async (query) => {
      const { status, headers, data, errors } = await endpoint.call('', query);
      expect({ status, data }).toEqual({ status: 401, data: undefined });
      expect(headers.get('www-authenticate')).toBe('Bearer');
      expect(errors?.map(({ extensions }) => extensions['code'])).toEqual(['UNAUTHENTICATED']);
    },
  );

  it('takes POST alone', async () => {
    const res = await fetch(`${endpoint.url}?query={books{id}}`, {
      headers: { authorization: 'Bearer admin' },
    });
    expect([res.status, res.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('lets no text of an unknown error out, and logs it', async () => {
    books = () => Promise.reject(new Error('quantity 1200 of lot secret'));
    const { errors } = await endpoint.call('viewer', '{ books { id } }');
    expect(JSON.stringify(errors)).not.toContain('secret');
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'INTERNAL', requestId: 'request-1' });
    expect(logged).toHaveLength(1);
  });

  it('says what is wrong, and what to do, in the payload', async () => {
    const query =
      'mutation { createBook(input: { name: "x", title: "X" }) { book { id } error { code place duty } } }';
    expect((await endpoint.call('admin', query)).data).toEqual({
      createBook: {
        book: null,
        error: { code: 'CONFLICT', place: 'input.name', duty: expect.any(String) as string },
      },
    });
    const { errors } = await endpoint.call('viewer', query);
    expect(errors?.map(({ extensions }) => extensions['code'])).toEqual(['NOT_PERMITTED']);
  });

  it.each(['TOO_BUSY', 'SHUTTING_DOWN'] as const)('says when to come back where it is %s', async (code) => {
    books = () => Promise.reject(new LotbookError(code, 'Later.', { retryAfterMs: 2500 }));
    const { status, headers, errors } = await endpoint.call('viewer', '{ books { id } }');
    expect([status, headers.get('retry-after'), errors?.[0]?.extensions['retryAfterMs']]).toEqual([
      503,
      '3',
      2500,
    ]);
  });

  it('refuses a body that is too large, announced or not', async () => {
    const large = JSON.stringify({ query: '{ books { id } }', variables: { a: 'x'.repeat(200_000) } });
    const announced = await endpoint.call('viewer', '', {}, { body: large });
    expect([announced.status, announced.errors?.[0]?.extensions['code']]).toEqual([413, 'TOO_LARGE']);
    const body = new ReadableStream({ start: (to) => (to.enqueue(Buffer.from(large)), to.close()) });
    const streamed = endpoint.call('viewer', '', {}, { body, duplex: 'half' } as RequestInit);
    // A client that still sends may miss the answer, as the connection closes.
    await streamed.then(
      ({ status }) => expect(status).toBe(413),
      (error: unknown) => expect(error).toBeInstanceOf(TypeError),
    );
  });

  it.each([
    ['a member twice', '{"query":"{ books { id } }","query":"{ books { id } }"}', 'application/json'],
    ['a list of calls', '[{"query":"{ books { id } }"}]', 'application/json'],
    ['a form', 'query={books{id}}', 'application/x-www-form-urlencoded'],
    ['no text', Buffer.from([0x7b, 0xff, 0x7d]), 'application/json'],
    ['an unknown field', '{"query":"{ secrets }"}', 'application/json'],
  ])('refuses %s', async (_what, body, type) => {
    const headers = { authorization: 'Bearer viewer', 'content-type': type };
    const { status, data, errors } = await endpoint.call('viewer', '', {}, { body, headers });
    expect([status, data, errors?.[0]?.extensions['code']]).toEqual([400, undefined, 'BAD_INPUT']);
  });

  it('answers a query as events to who accepts nothing else', async () => {
    const got: StreamEvent[] = [];
    for await (const event of endpoint.subscribe('viewer', '{ books { id } }')) got.push(event);
    expect(got).toEqual([
      { event: 'next', data: { books: [] } },
      { event: 'complete', data: null },
    ]);
  });
});

describe('a subscription', () => {
  it('needs a caller that takes events', async () => {
    const { status, errors } = await endpoint.call('partner', STATE, { id: ID });
    expect([status, errors?.[0]?.message]).toEqual([400, expect.stringContaining('text/event-stream')]);
  });

  it('tells each state of a request, and ends with its decision', async () => {
    const states: unknown[] = [];
    for await (const { event, data } of endpoint.subscribe('partner', STATE, { id: ID })) {
      states.push(event === 'next' ? data?.['requestState']?.['state'] : event);
      if (state !== 'PENDING') continue;
      state = 'APPROVED';
      for (const ring of listeners) ring();
    }
    expect(states).toEqual(['PENDING', 'APPROVED', 'complete']);
    expect(listeners.size).toBe(0);
  });

  it('tells nothing more to a caller that may not call any more', async () => {
    const callersNow: Record<string, unknown> = callers;
    const { partner } = callers;
    const seen: unknown[] = [];
    for await (const { event, data } of endpoint.subscribe('partner', STATE, { id: ID })) {
      seen.push(data?.['requestState']?.['state'] ?? event);
      delete callersNow['partner'];
      state = 'APPROVED';
      for (const ring of listeners) ring();
    }
    callersNow['partner'] = partner;
    expect(seen).toEqual(['PENDING', 'complete']);
  });

  it('keeps nothing of a caller that went away', async () => {
    for await (const { event } of endpoint.subscribe('partner', STATE, { id: ID })) {
      expect(event).toBe('next');
      expect(listeners.size).toBeGreaterThan(0);
      break;
    }
    await expect.poll(() => listeners.size).toBe(0);
  });

  it('is refused where its organisation follows as many requests as the node serves', async () => {
    const open = ['partner', 'partner', 'admin'].map((as) => endpoint.subscribe(as, STATE, { id: ID }));
    for (const each of open) await each.next();
    const one = () => endpoint.subscribe('partner', STATE, { id: ID });
    await expect(one().next()).rejects.toThrow(/TOO_BUSY/);
    await open[0]?.return(undefined);
    await expect
      .poll(async () => {
        const more = one();
        const { value } = await more.next().catch(() => ({ value: null }));
        await more.return(undefined);
        return (value as StreamEvent | null)?.event;
      })
      .toBe('next');
    for (const each of open) await each.return(undefined);
    await expect.poll(() => listeners.size).toBe(0);
  });

  it.each(['no-uuid', 'constructor'])('is refused for an unknown request: %s', async (id) => {
    await expect(endpoint.subscribe('partner', STATE, { id }).next()).rejects.toThrow(/NOT_FOUND/);
    expect(listeners.size).toBe(0);
  });

  it('is refused where its variables do not fit', async () => {
    await expect(endpoint.subscribe('partner', STATE, { id: {} }).next()).rejects.toThrow(/BAD_INPUT/);
  });

  it('ends when the node stops', async () => {
    const seen: string[] = [];
    for await (const { event } of endpoint.subscribe('partner', STATE, { id: ID })) {
      seen.push(event);
      stopping.abort();
    }
    expect(seen).toEqual(['next', 'complete']);
  });
});
