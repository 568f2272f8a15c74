import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Services } from '../../api/graphql/context.ts';
import { createGraphqlHandler } from '../../api/graphql/handler.ts';
import { LotbookError } from '../../api/errors.ts';
import type { Caller } from '../../api/sharing/caller.ts';

export interface GraphqlAnswer {
  status: number;
  headers: Headers;
  data: Record<string, unknown> | null | undefined;
  errors: { message: string; extensions: Record<string, unknown> }[] | undefined;
}

export interface GraphqlEndpoint {
  url: string;
  /** Calls as the caller of that name; `body` replaces the usual one. */
  call(
    as: string,
    query: string,
    variables?: Record<string, unknown>,
    init?: RequestInit,
  ): Promise<GraphqlAnswer>;
  /** The events of a subscription; leave the loop to go away. */
  subscribe(as: string, query: string, variables?: Record<string, unknown>): AsyncGenerator<StreamEvent>;
  close(): Promise<void>;
}

export interface StreamEvent {
  event: string;
  data: Record<string, Record<string, unknown>> | null;
}

function missing(name: string): never {
  throw new Error(`the test gives no ${name}`);
}

/** The GraphQL endpoint over given services, where a bearer token is the name of a caller. */
export async function serveGraphql(
  callers: Readonly<Record<string, Caller>>,
  given: Partial<Services>,
  options: Parameters<typeof createGraphqlHandler>[1] = {},
): Promise<GraphqlEndpoint> {
  const services = {
    node: { organisation: 'a.example', name: 'A', url: 'http://a.example', protocol: '1', version: '0' },
    authenticate: (req) => {
      const caller = callers[(req.headers.authorization ?? '').slice('Bearer '.length)];
      if (caller) return Promise.resolve(caller);
      return Promise.reject(new LotbookError('UNAUTHENTICATED', 'An access token is needed.'));
    },
    addressOf: () => '192.0.2.1',
    callLimit: { take: () => Promise.resolve() },
    people: { log: { note: () => Promise.resolve(), noteLater: () => undefined } } as unknown,
    clock: Date.now,
    randomId: () => 'request-1',
    config: { maxBodyBytes: 100_000, heartbeatMs: 60_000, sessionDocuments: 'any' },
    log: { error: () => undefined },
    signal: new AbortController().signal,
    bell: { on: () => () => undefined },
    ackFeed: () => missing('ackFeed'),
    ...given,
  } as Services;
  const server = createServer(createGraphqlHandler(services, options));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  const headers = (as: string, accept: string) => ({
    'content-type': 'application/json',
    accept,
    ...(as && { authorization: `Bearer ${as}` }),
  });
  return {
    url,
    call: async (as, query, variables = {}, init = {}) => {
      const res = await fetch(url, {
        method: 'POST',
        headers: headers(as, 'application/json'),
        body: JSON.stringify({ query, variables }),
        ...init,
      });
      const { data, errors } = (await res.json()) as Pick<GraphqlAnswer, 'data' | 'errors'>;
      return { status: res.status, headers: res.headers, data, errors };
    },
    subscribe: (as, query, variables = {}) =>
      events(url, headers(as, 'text/event-stream'), JSON.stringify({ query, variables })),
    close: () => closeServer(server),
  };
}

async function* events(
  url: string,
  headers: Record<string, string>,
  body: string,
): AsyncGenerator<StreamEvent> {
  const gone = new AbortController();
  const res = await fetch(url, { method: 'POST', headers, body, signal: gone.signal });
  if (res.status !== 200) throw new Error(`${res.status}: ${await res.text()}`);
  const text = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of res.body ?? []) {
      rest += text.decode(chunk as Uint8Array, { stream: true });
      const blocks = rest.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, event = ''] = /^event: (.*)$/m.exec(block) ?? [];
        const [, data = ''] = /^data: (.*)$/m.exec(block) ?? [];
        if (event !== '')
          yield { event, data: data === '' ? null : ((JSON.parse(data) as { data: never }).data ?? null) };
      }
    }
  } finally {
    gone.abort();
  }
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => void server.close(() => resolve()));
}
