import { randomUUID } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publicPart } from '../../api/identity/jwk.ts';
import { signRequest } from '../../api/identity/request-token.ts';
import { localSigner } from '../../api/identity/signer.ts';
import { sendAnywhere } from '../../api/peers/outbound.ts';
import { openTokens } from '../../api/peers/tokens.ts';
import { runCli } from '../support/cli.ts';
import { generateKey } from '../support/key.ts';
import { freePort, type NodeProcess, startNodeProcess, until } from '../support/nodes.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';
import { openReceiver, type Receiver } from '../support/webhook-receiver.ts';

/* One node in two processes, two partners without a node, and a program that takes what is posted. */

const BOOK = 'owner.example/season';
const PARTNER = 'retail.example';
const SEEN = '{https://values.example/}seen';
const OTHER = 'other.example';
const ERROR = 'error { code message duty place }';
const keys = { [PARTNER]: generateKey(), [OTHER]: generateKey() };
const tokens: Record<string, string> = {};

let database: FreshDatabase;
let sql: pg.Client;
let nodes: [NodeProcess, NodeProcess];
let receiver: Receiver;

beforeAll(async () => {
  database = await freshDatabase();
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  const first = await startNodeProcess({
    organisation: 'owner.example',
    books: ['season'],
    databaseUrl: database.url,
    env: { LOTBOOK_CHECKPOINT_SECONDS: '3600' },
  });
  nodes = [first, await another(first)];
  receiver = await openReceiver(
    async () => (await (await fetch(`${first.url}/.well-known/jwks.json`)).json()) as JSONWebKeySet,
    await freePort(),
  );
  for (const [organisation, jwk] of Object.entries(keys)) {
    const input = { organisation, name: organisation, jwk: publicPart(jwk) };
    await first.mutate(`mutation ($input: AddPartnerInput!) { addPartner(input: $input) { ${ERROR} } }`, {
      input,
    });
    const made = openTokens({
      clientId: organisation,
      signer: localSigner(jwk),
      now: Date.now,
      randomId: () => randomUUID(),
      send: sendAnywhere,
    });
    tokens[organisation] = await made.tokenFor({ url: first.url, audience: first.url });
  }
  await grant('rule', [SEEN]);
  await lot('L1');
});
afterAll(async () => {
  await receiver?.close();
  await Promise.all((nodes ?? []).toReversed().map((node) => node.remove()));
  await sql?.end();
  await database?.drop();
});

function another(first: NodeProcess): Promise<NodeProcess> {
  const { organisation, dir } = first;
  const env = { LOTBOOK_CHECKPOINT_SECONDS: '3600' };
  return startNodeProcess({ organisation, dir, databaseUrl: database.url, env });
}

async function grant(name: string, fields: string[], organisation = PARTNER): Promise<void> {
  await nodes[0].mutate(`mutation ($input: AddGrantInput!) { addGrant(input: $input) { ${ERROR} } }`, {
    input: { book: BOOK, name, audience: { organisations: [organisation] }, fields, backfill: true },
  });
}

async function lot(name: string): Promise<void> {
  const record = `https://id.gs1.org/01/09521141012345/10/${name}`;
  const content = { 'https://values.example/seen': `${name}-seen`, note: `hidden-${name}` };
  const { requests } = await nodes[0].mutate(
    `mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state ${ERROR} } } }`,
    { updates: [{ book: BOOK, key: name, changes: [{ record, kind: 'LOT', base: 0, content }] }] },
  );
  expect(requests).toEqual([{ state: 'APPROVED', error: null }]);
}

type Answer = Record<string, Record<string, unknown> & { error?: { code: string; place: string | null } }>;

/** As a partner's program calls. */
async function call(as: string, query: string, variables: object = {}): Promise<Answer> {
  const res = await fetch(`${nodes[1].url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens[as]}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await res.json()) as { data: Answer; errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

const ALL = `{ webhooks { id book subscriber url state reason cursor failures lastError deliveredAt
  deliveries { id after cursor items state attempts status error } } }`;
type Webhook = Record<string, unknown> & {
  id: string;
  deliveries: { id: string; state: string; attempts: number; status: number | null; error: string | null }[];
};

async function add(path: string, url = receiver.url(path)): Promise<string> {
  const { addWebhook } = await call(
    PARTNER,
    `mutation ($input: AddWebhookInput!) { addWebhook(input: $input) { webhook { id } ${ERROR} } }`,
    { input: { book: BOOK, url } },
  );
  expect(addWebhook?.error).toBe(null);
  return String((addWebhook?.['webhook'] as { id?: string } | undefined)?.id);
}

async function webhook(id: string): Promise<Webhook> {
  const { webhooks } = await call(PARTNER, ALL);
  return (webhooks as unknown as Webhook[]).find((each) => each.id === id) as Webhook;
}

const change = (id: string, name: string, as = PARTNER) =>
  call(as, `mutation ($id: ID!) { ${name}(id: $id) { webhook { state } ${ERROR} } }`, { id });

/** What a stream of the feed gives, up to its end. */
async function feedItems(as: string): Promise<unknown[]> {
  const gone = new AbortController();
  const res = await fetch(`${nodes[0].url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${tokens[as]}`,
    },
    body: JSON.stringify({
      query: `subscription { feed(book: "${BOOK}") { items { kind token seq disclosures grants } caughtUp } }`,
    }),
    signal: gone.signal,
  });
  let text = '';
  for await (const bytes of res.body ?? []) {
    text += Buffer.from(bytes as Uint8Array).toString('utf8');
    if (text.includes('"caughtUp":true')) break;
  }
  gone.abort();
  return [...text.matchAll(/^data: (\{.*)$/gm)].flatMap(
    ([, data]) => (JSON.parse(data ?? '') as { data: { feed: { items: unknown[] } } }).data.feed.items,
  );
}

/** A stream of the partner, read as it comes. */
async function openStream(url: string, query: string): Promise<{ text(): string; hasEnded(): boolean }> {
  const res = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${tokens[PARTNER]}`,
    },
    body: JSON.stringify({ query }),
  });
  expect(res.status).toBe(200);
  let [text, hasEnded] = ['', false];
  void (async () => {
    for await (const bytes of res.body ?? []) text += Buffer.from(bytes as Uint8Array).toString('utf8');
    hasEnded = true;
  })();
  return { text: () => text, hasEnded: () => hasEnded };
}

const opened = (path: string): string[] =>
  receiver
    .items(path)
    .flatMap(({ disclosures }) => disclosures)
    .map((each) => Buffer.from(each, 'base64url').toString('utf8'));
const hasGot = (path: string, name: string) =>
  until(`${name} has come to ${path}`, async () =>
    opened(path).some((each) => each.includes(`${name}-seen`)),
  );

describe('a webhook', () => {
  test('is posted the very items of the feed, signed by the key of the node', async () => {
    const id = await add('/hook');
    await hasGot('/hook', 'L1');
    await lot('L2');
    await hasGot('/hook', 'L2');
    expect(receiver.items('/hook')).toEqual(await feedItems(PARTNER));
    expect(JSON.stringify(opened('/hook'))).not.toContain('hidden');
    expect(receiver.forged).toEqual([]);
    const [first] = receiver.at('/hook');
    expect(first?.typ).toBe('trace-webhook+jwt');
    expect(first?.claims).toMatchObject({ iss: 'owner.example', aud: receiver.url('/hook'), book: BOOK });
    await until('it says so', async () => (await webhook(id))['failures'] === 0);
    expect(await webhook(id)).toMatchObject({ state: 'ACTIVE', subscriber: PARTNER, lastError: null });
  });

  test('is tried again under the same id, with the same content, until it answers 2xx', async () => {
    receiver.answer('/failing', 500);
    const id = await add('/failing');
    await until('it was tried twice', async () => receiver.at('/failing').length >= 2);
    expect(await webhook(id)).toMatchObject({ cursor: null, lastError: 'it answered 500' });
    receiver.answer('/failing', 200);
    await hasGot('/failing', 'L2');
    const came = receiver.at('/failing');
    const [first] = came;
    const same = came.filter(({ claims }) => claims.jti === first?.claims.jti);
    expect(same.length).toBeGreaterThanOrEqual(3);
    for (const { claims } of same) expect(claims.feed).toEqual(first?.claims.feed);
    await until('it is taken', async () => (await webhook(id))['failures'] === 0);
    const { deliveries, cursor } = await webhook(id);
    expect(deliveries.find((each) => each.id === first?.claims.jti)).toMatchObject({
      state: 'DELIVERED',
      attempts: same.length,
      status: 200,
      error: null,
    });
    expect(cursor).toBe(came.at(-1)?.claims.feed.cursor);
  });

  test('that is slow gets nothing twice meanwhile, from whichever process', async () => {
    let finish = (): void => undefined;
    receiver.answer('/slow', (res) => (finish = () => void res.writeHead(204).end()));
    await add('/slow');
    await until('it is posted to', async () => receiver.at('/slow').length === 1);
    await lot('L3');
    await hasGot('/hook', 'L3');
    expect(receiver.at('/slow')).toHaveLength(1);
    receiver.answer('/slow', 204);
    finish();
    await hasGot('/slow', 'L3');
    const tokensOf = receiver.items('/slow').map(({ token }) => token);
    // A rule that reaches back opens what was before it, and then the log goes on: nothing else comes twice.
    expect(tokensOf).toEqual(((await feedItems(PARTNER)) as { token: string }[]).map(({ token }) => token));
  });

  test('is not posted what was withdrawn while it was down', async () => {
    await grant('soon-gone', ['note']);
    await until('the rule came', async () => opened('/hook').some((each) => each.includes('hidden-L1')));
    await receiver.close();
    await lot('L4');
    const { webhooks } = await call(PARTNER, ALL);
    const [{ id }] = webhooks as unknown as [Webhook];
    await until('it fails', async () => Number((await webhook(id))['failures']) > 0);
    await nodes[0].mutate(
      `mutation { endGrant(book: "${BOOK}", id: "urn:lotbook:grant:soon-gone") { ${ERROR} } }`,
    );
    await receiver.open();
    await hasGot('/hook', 'L4');
    expect(JSON.stringify(opened('/hook'))).not.toContain('hidden-L4');
    expect((await webhook(id)).deliveries.some(({ state }) => state === 'REPLACED')).toBe(true);
  });

  test('goes on in the other process when the one that posts is killed', async () => {
    receiver.answer('/hook', 'hold');
    const before = receiver.at('/hook').length;
    await lot('L5');
    await until('it is posted', async () => receiver.at('/hook').length > before);
    await nodes[0].kill9();
    await nodes[1].kill9();
    receiver.answer('/hook', 204);
    // As if the time of the lease had passed.
    await sql.query(`UPDATE webhook SET "leasedUntil" = now() - interval '1 s'`);
    await Promise.all(nodes.map((node) => node.restart()));
    await hasGot('/hook', 'L5');
    const [held, again] = receiver.at('/hook').slice(before);
    // A checkpoint may have come to it meanwhile: then it is another delivery, with all that this one had.
    const items = held?.claims.feed.items ?? [];
    expect(items.length).toBeGreaterThan(0);
    expect(again?.claims.feed.items.slice(0, items.length)).toEqual(items);
  });

  test('is posted all once more from a cursor, or from the beginning', async () => {
    const { webhooks } = await call(PARTNER, ALL);
    const [{ id, cursor }] = webhooks as unknown as [Webhook];
    const before = receiver.items('/hook').length;
    await change(id, 'replayWebhook');
    const whole = await feedItems(PARTNER);
    await until('it came again', async () => receiver.items('/hook').length >= before + whole.length);
    expect(receiver.items('/hook').slice(before)).toEqual(whole);
    const bad = await call(
      PARTNER,
      `mutation ($id: ID!) { replayWebhook(id: $id, after: "nonsense") { ${ERROR} } }`,
      { id },
    );
    expect(bad['replayWebhook']?.error?.code).toBe('CURSOR_EXPIRED');
    expect((await webhook(id))['cursor']).toBe(cursor);
  });

  test('that says 410, or fails for days, is given up with a reason until it is enabled', async () => {
    receiver.answer('/gone', 410);
    const id = await add('/gone');
    await until('it is given up', async () => (await webhook(id))['state'] === 'DISABLED');
    expect((await webhook(id))['reason']).toBe('It answered 410.');
    expect(nodes.map((node) => node.log()).join('')).toContain('a webhook was given up');
    receiver.answer('/gone', 500);
    await change(id, 'enableWebhook');
    await until('it fails', async () => Number((await webhook(id))['failures']) > 0);
    await sql.query(
      `UPDATE webhook SET "failingSince" = now() - interval '6 days', "nextAt" = now() WHERE id = $1`,
      [id],
    );
    await until('it is given up', async () => (await webhook(id))['state'] === 'DISABLED');
    expect((await webhook(id))['reason']).toMatch(/^Nothing was taken since \d{4}-.*it answered 500\.$/);
    receiver.answer('/gone', 204);
    await change(id, 'enableWebhook');
    await hasGot('/gone', 'L5');
    await change(id, 'removeWebhook');
    expect(await webhook(id)).toBeUndefined();
  });

  test('is its own partner’s, and leads to no network that the operator did not allow', async () => {
    const { webhooks } = await call(PARTNER, ALL);
    const [{ id }] = webhooks as unknown as [Webhook];
    expect((await call(OTHER, ALL))['webhooks']).toEqual([]);
    for (const name of ['replayWebhook', 'enableWebhook', 'removeWebhook'])
      expect((await change(id, name, OTHER))[name]?.error?.code).toBe('NOT_FOUND');
    const tried = async (input: object, as = PARTNER) => {
      const { addWebhook } = await call(
        as,
        `mutation ($input: AddWebhookInput!) { addWebhook(input: $input) { ${ERROR} } }`,
        { input: { book: BOOK, url: receiver.url('/x'), ...input } },
      );
      return addWebhook?.error?.code;
    };
    expect(await tried({}, OTHER)).toBe('NOT_FOUND');
    expect(await tried({ url: 'http://192.0.2.1/x' })).toBe('BAD_INPUT');
    expect(await tried({ url: 'https://user:secret@example.com/x' })).toBe('BAD_INPUT');
    expect(await tried({ url: receiver.url('/hook') })).toBe('CONFLICT');
    await expect(tried({ subscriber: 'owner.example' })).rejects.toThrow('NOT_PERMITTED');
    const inside = await add('/inside', 'https://10.1.2.3/hook');
    await until('it fails', async () => Number((await webhook(inside))['failures']) > 0);
    expect((await webhook(inside))['lastError']).toContain('LOTBOOK_OUTBOUND_NETWORKS');
    await change(inside, 'removeWebhook');
  });

  test('is cut off within the delivery when its partner is suspended, and goes on when it is resumed', async () => {
    receiver.answer('/hook', 'hold');
    const [before, cut] = [receiver.at('/hook').length, receiver.abandoned('/hook')];
    await lot('L6');
    await until('it is posted', async () => receiver.at('/hook').length > before);
    const move = (name: string) =>
      nodes[1].mutate(`mutation { ${name}(organisation: "${PARTNER}") { ${ERROR} } }`);
    await move('suspendPartner');
    await until('the call is cut', async () => receiver.abandoned('/hook') > cut, 5_000);
    receiver.answer('/hook', 204);
    await lot('L7');
    const states = async () => (await sql.query(`SELECT DISTINCT state FROM webhook`)).rows;
    await until('all are held', async () => JSON.stringify(await states()) === '[{"state":"HELD"}]');
    expect(opened('/hook').some((each) => each.includes('L7-seen'))).toBe(false);
    await move('resumePartner');
    await hasGot('/hook', 'L7');
  });

  test('and every stream of a suspended partner ends at once, in each process', async () => {
    const record = 'https://id.gs1.org/01/09521141012345/10/L1';
    await nodes[0].mutate(`mutation ($input: AddGrantInput!) { addGrant(input: $input) { ${ERROR} } }`, {
      input: {
        book: BOOK,
        name: 'asks',
        right: 'REQUEST',
        audience: { organisations: [PARTNER] },
        fields: [SEEN],
      },
    });
    const jti = randomUUID();
    const changes = [{ record, type: 'LOT', base: 1, fields: { [SEEN]: 'asked' } }];
    const claims = {
      iss: PARTNER,
      aud: 'owner.example',
      book: BOOK,
      jti,
      key: jti,
      iat: Date.now() / 1000,
      changes,
    };
    const token = await signRequest(claims, localSigner(keys[PARTNER]));
    const { deliverRequests } = await call(
      PARTNER,
      'mutation ($tokens: [String!]!) { deliverRequests(tokens: $tokens) { requests { id state } } }',
      { tokens: [token] },
    );
    const asked = (deliverRequests?.['requests'] as { id: string; state: string }[] | undefined)?.[0];
    expect(asked?.state).toBe('PENDING');
    const streams = await Promise.all(
      nodes.flatMap(({ url }) => [
        openStream(url, `subscription { feed(book: "${BOOK}") { items { token } caughtUp end } }`),
        openStream(url, `subscription { requestState(id: "${asked?.id}") { id state } }`),
      ]),
    );
    await until('all have begun', async () => streams.every(({ text }) => text().includes('event: next')));
    await nodes[1].mutate(`mutation { suspendPartner(organisation: "${PARTNER}") { ${ERROR} } }`);
    await until('all have ended', async () => streams.every(({ hasEnded }) => hasEnded()), 5_000);
    for (const { text } of streams) expect(text()).toContain('event: complete');
    await nodes[1].mutate(`mutation { resumePartner(organisation: "${PARTNER}") { ${ERROR} } }`);
  });

  test('is added, told of and removed at the command line, by administrators for a partner', async () => {
    const [{ dir, url }] = nodes;
    const lotbook = async (...args: string[]) => {
      const run = await runCli(['--dir', dir, '--port', new URL(url).port, 'webhooks', ...args]).ended;
      expect(run.stderr).toBe('');
      return run.stdout;
    };
    expect(await lotbook('add', 'season', receiver.url('/cli'), '--for', PARTNER)).toContain(
      `What ${PARTNER} may see of ${BOOK} is posted there`,
    );
    await hasGot('/cli', 'L7');
    const rows = JSON.parse(await lotbook('list', '--json')) as Webhook[];
    const { id } = rows.find((each) => each['url'] === receiver.url('/cli')) as Webhook;
    await until('it is noted', async () => (await lotbook('deliveries', id)).includes('DELIVERED'));
    expect(await lotbook('remove', id)).toContain('Nothing is posted there any more');
    expect(await lotbook('list')).not.toContain('/cli');
  });
});
