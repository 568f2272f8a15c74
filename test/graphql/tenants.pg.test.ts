import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectOwnNode, type OwnNode } from '../../api/cli/own-node.ts';
import { readConfig } from '../../api/config.ts';
import { access } from '../../api/graphql/access.ts';
import { type PrivateJwk, publicPart } from '../../api/identity/jwk.ts';
import { signRequest } from '../../api/identity/request-token.ts';
import { localSigner } from '../../api/identity/signer.ts';
import { sendAnywhere } from '../../api/peers/outbound.ts';
import { openTokens } from '../../api/peers/tokens.ts';
import { generateKey } from '../support/key.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { until } from '../support/nodes.ts';
import { soundCalls } from '../support/wrong-arguments.ts';

/*
 * Two partners at one node, each with its own share of one book, and a second book for the owner alone. Whatever the one has
 * just called, the other gets by each of its operations what it got before, and of what it may not see the same answer, by the
 * same work, as of what does not exist. The operations are those of the contract that the table of access opens to partners.
 */
const OWNER = 'owner.example';
const SHARED = `${OWNER}/season`;
const SECRET = `${OWNER}/hidden`;
const lot = (name: string) => `https://id.gs1.org/01/09521141012345/10/${name}`;
/** One that each sees a part of, one that neither sees, one of the other book. */
const [SEEN, UNSEEN, SECRET_LOT] = [lot('TENANT1'), lot('TENANT2'), lot('SECRET1')];
const ERROR = 'error { code message duty }';

const CANARY = {
  north: 'canaryfornorthonly',
  south: 'canaryforsouthonly',
  owner: 'canaryforowneronly',
  title: 'canaryofthetitle',
  request: 'canaryoftherequest',
  webhook: 'canaryofthewebhook',
};
type Tenant = 'north' | 'south';
const TENANTS: Tenant[] = ['north', 'south'];
const NOT_FOR: Record<Tenant, string[]> = {
  north: [CANARY.south, CANARY.owner, CANARY.title],
  south: [CANARY.north, CANARY.owner, CANARY.title, CANARY.request, CANARY.webhook],
};

let node: TestNode;
let own: OwnNode;
const keys: Record<Tenant, PrivateJwk> = { north: generateKey(), south: generateKey() };
const tokens = {} as Record<Tenant, string>;
/** Of the north. */
let request = '';
let webhook = '';

const idOf = (tenant: Tenant): string => `${tenant}.example`;
const fieldOf = (tenant: Tenant): string => `{https://values.example/}${tenant}`;

beforeAll(async () => {
  // Nothing that happens by itself comes between two calls.
  const rest = { checkpointSeconds: 3_600, retentionPollMs: 86_400_000, partnerPollMs: 86_400_000 };
  node = await startTestNode(OWNER, { config: rest });
  own = await connectOwnNode(readConfig({}, { dir: node.dir, port: Number(new URL(node.localUrl).port) }));
  for (const [name, title] of [
    ['season', 'Season'],
    ['hidden', CANARY.title],
  ])
    await own.mutate(`mutation { createBook(input: { name: "${name}", title: "${title}" }) { ${ERROR} } }`);
  await record(SHARED, SEEN, {
    'https://values.example/north': CANARY.north,
    'https://values.example/south': CANARY.south,
    note: CANARY.owner,
  });
  await record(SHARED, UNSEEN, { note: CANARY.owner });
  await record(SECRET, SECRET_LOT, { note: CANARY.owner });
  for (const tenant of TENANTS) await letIn(tenant);
  request = await askForChange();
  const { addWebhook } = (await answerOf(
    'north',
    `mutation { addWebhook(input: { book: "${SHARED}", url: "https://10.0.0.1/${CANARY.webhook}" }) { webhook { id } } }`,
  )) as { addWebhook: { webhook: { id: string } } };
  webhook = addWebhook.webhook.id;
  await until('it was tried', async () =>
    (await call('north', '{ webhooks { deliveries { id } } }')).includes('"id"'),
  );
});
afterAll(() => node?.remove());

async function record(book: string, id: string, content: object): Promise<void> {
  const { requests } = await own.mutate(
    `mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state ${ERROR} } } }`,
    { updates: [{ book, key: id, changes: [{ record: id, kind: 'LOT', base: 0, content }] }] },
  );
  expect(requests).toEqual([{ state: 'APPROVED', error: null }]);
}

async function letIn(tenant: Tenant): Promise<void> {
  const input = { organisation: idOf(tenant), name: tenant, jwk: publicPart(keys[tenant]) };
  await own.mutate(`mutation ($input: AddPartnerInput!) { addPartner(input: $input) { ${ERROR} } }`, {
    input,
  });
  for (const right of ['READ', 'REQUEST'])
    await own.mutate(`mutation ($input: AddGrantInput!) { addGrant(input: $input) { ${ERROR} } }`, {
      input: {
        book: SHARED,
        right,
        audience: { organisations: [idOf(tenant)] },
        selector: { kinds: ['LOT'] },
        fields: [fieldOf(tenant)],
        backfill: right === 'READ',
      },
    });
  tokens[tenant] = await openTokens({
    clientId: idOf(tenant),
    signer: localSigner(keys[tenant]),
    now: Date.now,
    randomId: () => randomUUID(),
    send: sendAnywhere,
  }).tokenFor({ url: node.localUrl, audience: node.url });
}

/** What the north asks for, and a person has not decided. */
async function askForChange(): Promise<string> {
  const jti = randomUUID();
  const changes = [{ record: SEEN, type: 'LOT', base: 1, fields: { [fieldOf('north')]: CANARY.request } }];
  const claims = {
    iss: idOf('north'),
    aud: OWNER,
    book: SHARED,
    jti,
    key: jti,
    iat: Date.now() / 1000,
    changes,
  };
  const token = await signRequest(claims, localSigner(keys.north));
  const text = await call(
    'north',
    `mutation { deliverRequests(tokens: ["${token}"]) { requests { id state } } }`,
  );
  const [, id = ''] = /"id":"([^"]+)","state":"PENDING"/.exec(text) ?? [];
  expect(id).not.toBe('');
  return id;
}

/** The answer without what differs with each call. A stream is left after what it says first. */
async function call(tenant: Tenant, query: string, more: Record<string, string> = {}): Promise<string> {
  const away = new AbortController();
  const isStream = query.startsWith('subscription');
  const res = await fetch(`${node.localUrl}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: isStream ? 'text/event-stream' : 'application/json',
      authorization: `Bearer ${tokens[tenant]}`,
      ...more,
    },
    body: JSON.stringify({ query }),
    signal: away.signal,
  });
  let text = `${res.status} `;
  if (!isStream) text += await res.text();
  else
    for await (const bytes of res.body ?? []) {
      text += Buffer.from(bytes as Uint8Array).toString('utf8');
      if (text.includes('\n\n')) break;
    }
  if (isStream) away.abort();
  // A webhook that fails is tried again meanwhile.
  return (isStream ? text.slice(0, text.indexOf('\n\n')) : text)
    .replace(/"requestId":"[^"]*"/g, '')
    .replace(
      /"(failures|attempts)":\d+|"(nextAttemptAt|attemptedAt|failingSince|lastError|error)":("[^"]*"|null)/g,
      '',
    );
}

async function answerOf(tenant: Tenant, query: string): Promise<object> {
  const text = await call(tenant, query);
  return (JSON.parse(text.slice(4)) as { data: object }).data;
}

/** Names for all the places in which an operation takes one. */
interface Guess {
  book: string;
  record: string;
  request: string;
  webhook: string;
}

/** Every operation that partners may call, with these names. */
function operationsWith({ book, record: id, request: asked, webhook: hook }: Guess) {
  const named = { book, record: id, identifier: id, text: id, organisation: OWNER, ofRecord: id };
  const lists = { ids: id, records: id, identifiers: id, books: book };
  const literals = {
    ...Object.fromEntries(Object.entries(named).map(([name, value]) => [name, JSON.stringify(value)])),
    ...Object.fromEntries(Object.entries(lists).map(([name, value]) => [name, JSON.stringify([value])])),
  };
  return soundCalls(literals)
    .filter(({ type, operation }) => access[type][operation] === 'SIGNED_IN')
    .map(({ operation, document }) => {
      // Here `id` is what the operation is about.
      const abouts: Record<string, string> = { book, record: id, request: asked, requestState: asked };
      const about = abouts[operation] ?? (operation.endsWith('Webhook') ? hook : id);
      return { operation, document: document.replaceAll('"urn:sample:1"', JSON.stringify(about)) };
    });
}

/** The queries, and the mutations, as many to a document as the node takes; subscriptions by themselves. */
function together(calls: readonly { document: string }[]): string[] {
  const packed = new Map<string, { parts: string[]; size: number }[]>();
  const single: string[] = [];
  for (const { document } of calls) {
    const [, root = '', field = ''] = /^(query|mutation|subscription) \{ (.*) \}$/s.exec(document) ?? [];
    if (root === 'subscription') single.push(document);
    else {
      const packs = packed.get(root) ?? [];
      const size = field.split(/[\s{}]+/).length;
      let last = packs.at(-1);
      if (!last || last.parts.length === MOST_PARTS || last.size + size > MOST_WORDS)
        packs.push((last = { parts: [], size: 0 }));
      last.parts.push(`a${last.parts.length}: ${field}`);
      last.size += size;
      packed.set(root, packs);
    }
  }
  return [...packed]
    .flatMap(([root, packs]) => packs.map(({ parts }) => `${root} { ${parts.join(' ')} }`))
    .concat(single);
}
const MOST_PARTS = 10;
const MOST_WORDS = 480;

/** Names that nobody has given, as long as those of what there is. */
const NOTHING: Guess = {
  book: `${OWNER}/hiddex`,
  record: lot('SECRET9'),
  request: randomUUID(),
  webhook: randomUUID(),
};

/** What is there and hidden from the south, and the same with names that nobody has given. */
function hiddenAndAbsent(): [what: string, hidden: Guess, absent: Guess][] {
  const about = { book: SHARED, record: SEEN, request, webhook };
  return [
    ['another book and what is in it', { book: SECRET, record: SECRET_LOT, request, webhook }, NOTHING],
    [
      'a record of a book of which it sees others',
      { ...about, record: UNSEEN },
      { ...NOTHING, book: SHARED, record: lot('TENANT9') },
    ],
  ];
}

/** In whose course something is done: the node is in this process, and marks what it does by the request that it is for. */
const course = new AsyncLocalStorage<string>();
const MARK = 'x-course';
const onRequest = (message: unknown): void => {
  const { request: asked } = message as { request: IncomingMessage };
  course.enterWith(String(asked.headers[MARK] ?? ''));
};
const statements = new Map<string, string[]>();
const { query } = pg.Client.prototype;

/** Notes each statement to the database with the call in whose course it is sent. */
function watchStatements(): () => void {
  subscribe('http.server.request.start', onRequest);
  pg.Client.prototype.query = function noted(this: pg.Client, ...given: never[]) {
    const [first] = given as unknown as [string | { text?: string }];
    statements.get(course.getStore() ?? '')?.push(typeof first === 'string' ? first : String(first?.text));
    return (query as (...args: never[]) => unknown).apply(this, given);
  } as typeof query;
  return () => {
    pg.Client.prototype.query = query;
    unsubscribe('http.server.request.start', onRequest);
  };
}

async function statementsOf(document: string): Promise<string[]> {
  const mark = randomUUID();
  statements.set(mark, []);
  await call('south', document, { [MARK]: mark });
  // Who may call is read anew once a second, whatever is asked.
  return (statements.get(mark) ?? []).filter((text) => !text.includes('AS version')).toSorted();
}

describe('of two partners at one node', () => {
  test('each gets of what is hidden from it the answer of what is not there', async () => {
    const told: unknown[] = [];
    for (const [what, hidden, absent] of hiddenAndAbsent()) {
      const others = operationsWith(absent);
      const names = (['record', 'book', 'request', 'webhook'] as const).map((name) => [
        absent[name],
        hidden[name],
      ]);
      const lots = [absent.record, hidden.record].map((id) => id.split('/').at(-1) ?? id);
      for (const [at, { operation, document }] of operationsWith(hidden).entries()) {
        // It draws what it is given, and reads nothing.
        if (operation === 'label') continue;
        const answer = await call('south', document);
        let nothing = await call('south', others[at]?.document ?? '');
        for (const [from = '', to = ''] of [...names, lots]) nothing = nothing.replaceAll(from, to);
        if (answer !== nothing) told.push([what, operation, answer, nothing]);
      }
    }
    expect(told).toEqual([]);
  });

  test('the node asks its database the same about both, so that no time tells them apart', async () => {
    const stop = watchStatements();
    const told: unknown[] = [];
    let seen = 0;
    for (const [what, hidden, absent] of hiddenAndAbsent()) {
      const others = operationsWith(absent);
      for (const [at, { operation, document }] of operationsWith(hidden).entries()) {
        // What a stream waits for is read for all that listen, by nobody's call.
        if (document.startsWith('subscription')) continue;
        const other = others[at]?.document ?? '';
        let pair: string[][] = [];
        // What the node keeps in memory it reads anew from time to time, whoever asks.
        for (let tries = 0; tries < 3 && (tries === 0 || String(pair[0]) !== String(pair[1])); tries++)
          pair = [await statementsOf(document), await statementsOf(other)];
        seen += pair[0]?.length ?? 0;
        if (String(pair[0]) !== String(pair[1])) told.push([what, operation, ...pair]);
      }
    }
    stop();
    expect(told).toEqual([]);
    expect(seen).toBeGreaterThan(20);
  });

  test('neither gets anything of the other after whatever the other has called', async () => {
    const about = { book: SHARED, record: SEEN, request, webhook };
    const mine = operationsWith(about).filter(({ operation }) => operation !== 'removeWebhook');
    expect(mine.length).toBeGreaterThan(20);
    for (const [first, second] of [TENANTS, TENANTS.toReversed()] as [Tenant, Tenant][]) {
      const refused: string[] = [];
      const answered: typeof mine = [];
      for (const each of mine) {
        const answer = await call(second, each.document);
        const found = NOT_FOR[second].filter((canary) => answer.includes(canary));
        expect([each.operation, found]).toEqual([each.operation, []]);
        // It tells of the caller itself, also of a stream of it that has just ended.
        if (each.operation === 'presence') continue;
        // An error of one would leave nothing of the others in an answer.
        if (answer.includes('"errors":')) refused.push(each.document);
        else answered.push(each);
      }
      const all = [...together(answered), ...refused];
      const before = await Promise.all(all.map((document) => call(second, document)));
      expect(before.every((text) => text.startsWith('200') || text.includes('"code"'))).toBe(true);
      for (const { operation, document } of mine) {
        await call(first, document);
        const after = await Promise.all(all.map((each) => call(second, each)));
        expect([operation, ...after]).toEqual([operation, ...before]);
      }
    }
  }, 300_000);

  test('each sees its own, so that the search finds what is there', async () => {
    const about = { book: SHARED, record: SEEN, request, webhook };
    for (const tenant of TENANTS) {
      const all = await Promise.all(
        operationsWith(about)
          .filter(({ operation }) => operation !== 'removeWebhook')
          .map(({ document }) => call(tenant, document)),
      );
      expect(all.some((text) => text.includes(CANARY[tenant]))).toBe(true);
    }
    expect(await call('north', '{ webhooks { url } }')).toContain(CANARY.webhook);
    const asked = operationsWith(about).find(({ operation }) => operation === 'request');
    expect(await call('north', asked?.document ?? '')).toContain(CANARY.request);
  });

  test('neither finds a hidden value by filters, pages or counts', async () => {
    const found = (fields: string) =>
      call(
        'south',
        `{ records(book: "${SHARED}", filter: { fields: [${fields}] }) { edges { cursor node { id } } pageInfo { hasNextPage endCursor } } }`,
      );
    for (const [name, value] of [
      [fieldOf('north'), CANARY.north],
      ['note', CANARY.owner],
    ] as const) {
      const right = await found(`{ name: "${name}", anyOf: ["${value}"] }`);
      expect(right).toBe(await found(`{ name: "${name}", anyOf: ["${'x'.repeat(value.length)}"] }`));
    }
    expect(await found(`{ name: "${fieldOf('south')}", anyOf: ["${CANARY.south}"] }`)).toContain(SEEN);
  });
});
