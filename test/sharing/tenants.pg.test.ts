import { randomUUID } from 'node:crypto';
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
import { soundCalls } from '../support/wrong-arguments.ts';

/*
 * Two partners at one node, each with its own share of one book, and a second book for the owner alone. Whatever the one has
 * just called, the other gets by each of its operations what it got before, and of what it may not see the same answer as of
 * what does not exist.
 */
const OWNER = 'owner.example';
const SHARED = `${OWNER}/season`;
const SECRET = `${OWNER}/hidden`;
const LOTS = ['1', '2'].map((n) => `https://id.gs1.org/01/09521141012345/10/TENANT${n}`) as [string, string];
const SECRET_LOT = 'https://id.gs1.org/01/09521141012345/10/SECRET1';
const ERROR = 'error { code message duty }';

const CANARY = {
  north: 'canaryfornorthonly',
  south: 'canaryforsouthonly',
  owner: 'canaryforowneronly',
  title: 'canaryofthetitle',
  request: 'canaryoftherequest',
};
type Tenant = 'north' | 'south';
const TENANTS: Tenant[] = ['north', 'south'];
const NOT_FOR: Record<Tenant, string[]> = {
  north: [CANARY.south, CANARY.owner, CANARY.title],
  south: [CANARY.north, CANARY.owner, CANARY.title, CANARY.request],
};

let node: TestNode;
let own: OwnNode;
const keys: Record<Tenant, PrivateJwk> = { north: generateKey(), south: generateKey() };
const tokens = {} as Record<Tenant, string>;
let request = '';

/** The field that is for a tenant alone. */
const fieldOf = (tenant: Tenant): string => `{https://values.example/}${tenant}`;
const idOf = (tenant: Tenant): string => `${tenant}.example`;

beforeAll(async () => {
  node = await startTestNode(OWNER, { config: { checkpointSeconds: 3_600, retentionPollMs: 86_400_000 } });
  own = await connectOwnNode(readConfig({}, { dir: node.dir, port: Number(new URL(node.localUrl).port) }));
  for (const [name, title] of [
    ['season', 'Season'],
    ['hidden', CANARY.title],
  ])
    await own.mutate(`mutation { createBook(input: { name: "${name}", title: "${title}" }) { ${ERROR} } }`);
  await record(SHARED, LOTS[0], {
    [fieldOf('north')]: CANARY.north,
    [fieldOf('south')]: CANARY.south,
    note: CANARY.owner,
  });
  await record(SHARED, LOTS[1], { note: CANARY.owner });
  await record(SECRET, SECRET_LOT, { note: CANARY.owner });
  for (const tenant of TENANTS) {
    const input = { organisation: idOf(tenant), name: tenant, jwk: publicPart(keys[tenant]) };
    await own.mutate(`mutation ($input: AddPartnerInput!) { addPartner(input: $input) { ${ERROR} } }`, {
      input,
    });
    const selector = { kinds: ['LOT'] };
    const fields = [fieldOf(tenant)];
    const audience = { organisations: [idOf(tenant)] };
    for (const right of ['READ', 'REQUEST'])
      await own.mutate(`mutation ($input: AddGrantInput!) { addGrant(input: $input) { ${ERROR} } }`, {
        input: { book: SHARED, right, audience, selector, fields, backfill: right === 'READ' },
      });
    const more = {
      signer: localSigner(keys[tenant]),
      now: Date.now,
      randomId: () => randomUUID(),
      send: sendAnywhere,
    };
    tokens[tenant] = await openTokens({ clientId: idOf(tenant), ...more }).tokenFor({
      url: node.localUrl,
      audience: node.url,
    });
  }
  request = await askForChange();
});
afterAll(() => node?.remove());

async function record(book: string, id: string, fields: object): Promise<void> {
  const { requests } = await own.mutate(
    `mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state ${ERROR} } } }`,
    { updates: [{ book, key: id, changes: [{ record: id, kind: 'LOT', base: 0, fields }] }] },
  );
  expect(requests).toEqual([{ state: 'APPROVED', error: null }]);
}

/** What the one asks for, and a person has not decided. */
async function askForChange(): Promise<string> {
  const jti = randomUUID();
  const changes = [{ record: LOTS[0], type: 'LOT', base: 1, fields: { [fieldOf('north')]: CANARY.request } }];
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
async function call(tenant: Tenant, query: string): Promise<string> {
  const away = new AbortController();
  const res = await fetch(`${node.localUrl}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: query.startsWith('subscription') ? 'text/event-stream' : 'application/json',
      authorization: `Bearer ${tokens[tenant]}`,
    },
    body: JSON.stringify({ query }),
    signal: away.signal,
  });
  let text = `${res.status} `;
  for await (const bytes of res.body ?? []) {
    text += Buffer.from(bytes as Uint8Array).toString('utf8');
    if (text.includes('\n\n')) break;
  }
  away.abort();
  const [first = ''] = text.split('\n\n');
  return first.replace(/"requestId":"[^"]*"/g, '');
}

interface Guess {
  book: string;
  record: string;
  request: string;
}

/** Every operation that partners may call, with these names in all the places where a name goes. */
function operationsWith({
  book,
  record: id,
  request: asked,
}: Guess): { operation: string; document: string }[] {
  const named = { book, record: id, identifier: id, organisation: OWNER };
  const lists = { ids: id, records: id, identifiers: id, books: book };
  const literals = {
    ...Object.fromEntries(Object.entries(named).map(([name, value]) => [name, JSON.stringify(value)])),
    ...Object.fromEntries(Object.entries(lists).map(([name, value]) => [name, JSON.stringify([value])])),
  };
  return soundCalls(literals)
    .filter(({ type, operation }) => access[type][operation] === 'SIGNED_IN')
    .map(({ operation, document }) => {
      // Here `id` is what the operation is about.
      const about = { book, record: id, request: asked, requestState: asked }[operation] ?? id;
      return { operation, document: document.replaceAll('"urn:sample:1"', JSON.stringify(about)) };
    });
}

/** Names that nobody has given, as long as those. */
const NOTHING: Guess = {
  book: `${OWNER}/hiddex`,
  record: 'https://id.gs1.org/01/09521141012345/10/SECRET9',
  request: randomUUID(),
};

describe('of two partners at one node', () => {
  test('each gets the same answer about what is hidden from it as about what is not there', async () => {
    const hidden: Guess = { book: SECRET, record: SECRET_LOT, request };
    const others = operationsWith(NOTHING);
    for (const [at, { operation, document }] of operationsWith(hidden).entries()) {
      const answer = await call('south', document);
      const nothing = await call('south', others[at]?.document ?? '');
      const asIf = (text: string) =>
        text
          .replaceAll(NOTHING.record, SECRET_LOT)
          .replaceAll(NOTHING.book, SECRET)
          .replaceAll(NOTHING.request, request);
      expect([operation, answer]).toEqual([operation, asIf(nothing)]);
    }
  });

  test('neither gets anything of the other after whatever the other has called', async () => {
    const mine = operationsWith({ book: SHARED, record: LOTS[0], request });
    expect(mine.length).toBeGreaterThan(15);
    for (const [first, second] of [TENANTS, TENANTS.toReversed()] as [Tenant, Tenant][]) {
      for (const { operation, document } of mine) {
        const answer = await call(second, document);
        expect([operation, NOT_FOR[second].filter((canary) => answer.includes(canary))]).toEqual([
          operation,
          [],
        ]);
      }
      const all = () => Promise.all(mine.map(({ document }) => call(second, document)));
      const before = await all();
      for (const { operation: called, document: other } of mine) {
        await call(first, other);
        expect([called, ...(await all())]).toEqual([called, ...before]);
      }
    }
  }, 600_000);

  test('each sees its own, so that the search finds what is there', async () => {
    for (const tenant of TENANTS) {
      const all = await Promise.all(
        operationsWith({ book: SHARED, record: LOTS[0], request }).map(({ document }) =>
          call(tenant, document),
        ),
      );
      expect(all.some((text) => text.includes(CANARY[tenant]))).toBe(true);
    }
    const { document } = operationsWith({ book: SHARED, record: LOTS[0], request }).find(
      ({ operation }) => operation === 'request',
    ) as { document: string };
    expect(await call('north', document)).toContain(CANARY.request);
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
    ]) {
      const right = await found(`{ name: "${name}", anyOf: ["${value}"] }`);
      expect(right).toBe(await found(`{ name: "${name}", anyOf: ["${'x'.repeat(String(value).length)}"] }`));
    }
    expect(await found(`{ name: "${fieldOf('south')}", anyOf: ["${CANARY.south}"] }`)).toContain(LOTS[0]);
  });
});
