import { afterAll, expect, test } from 'vitest';
import { startNodeProcess, type NodeProcess } from '../support/nodes.ts';
import { freshDatabase } from '../support/postgres.ts';
import { checkAuthority } from './kill/check.ts';
import { openLoad } from './kill/load.ts';
import { answerOf, publicKeyOf } from './kill/run.ts';
import { seeded } from './kill/random.ts';

const BOOK = 'owner.example/season';
const DRAIN_MS = 10_000;
const FEEDS = 20;

const undo: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const step of undo.toReversed()) await step();
});

/** A feed that is read until its end. */
function openFeed(node: NodeProcess, token: string): Promise<string> {
  const query = 'subscription ($book: ID!) { feed(book: $book) { cursor items { kind } caughtUp end } }';
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'text/event-stream',
  };
  const body = JSON.stringify({ query, variables: { book: BOOK } });
  return fetch(`${node.url}/graphql`, { method: 'POST', headers, body }).then((res) => res.text());
}

/** Requests of which the node has the whole, sent without looking at the answers before. */
function sendUpdates(
  node: NodeProcess,
  token: string,
  count: number,
): Promise<{ status: number; text: string }>[] {
  const query = `mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) {
    requests { id key state outcome { record version seq } error { code } } } }`;
  return Array.from({ length: count }, async (_, at) => {
    const changes = Array.from({ length: 20 }, (_change, index) => ({
      ...{
        record: `urn:drain:${at}:${index}`,
        kind: 'LOT',
        base: 0,
        content: { note: `drain ${at} ${index}` },
      },
    }));
    const body = JSON.stringify({
      query,
      variables: { updates: [{ book: BOOK, key: `drain ${at}`, changes }] },
    });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const res = await fetch(`${node.url}/graphql`, { method: 'POST', headers, body });
    return { status: res.status, text: await res.text() };
  });
}

test('a node that is told to stop under load answers what it has, ends its feeds and exits with 0 in time', async () => {
  const { url: databaseUrl, drop } = await freshDatabase();
  undo.push(drop);
  const node = await startNodeProcess({
    organisation: 'owner.example',
    books: ['season'],
    databaseUrl,
    env: { LOTBOOK_DRAIN_MS: String(DRAIN_MS) },
  });
  undo.push(() => node.remove());
  const token = await node.token();
  const load = openLoad({ book: BOOK, targetOf: () => node, clients: 8, random: seeded(5) });
  await answerOf(load);
  const feeds = Array.from({ length: FEEDS }, () => openFeed(node, token));
  await answerOf(load);
  const underWay = sendUpdates(node, token, 30);
  // The first answer says that the others have arrived.
  await Promise.race(underWay);
  expect(await node.stop()).toBe(0);

  // Answered with its outcome, or with the refusal of a node that stops: cut off is none.
  const answers = await Promise.all(underWay);
  for (const { status, text } of answers) {
    expect([text.includes('"APPROVED"'), text.includes('SHUTTING_DOWN')]).toContain(true);
    expect([200, 503]).toContain(status);
  }
  for (const text of await Promise.all(feeds)) {
    expect(text).toContain('"end":"SHUTDOWN"');
    expect(text.endsWith('event: complete\ndata: \n\n')).toBe(true);
  }
  // It says so where the time of the drain was not enough.
  expect(node.log()).not.toContain('requests were cut off');

  await node.restart();
  await load.finish();
  const { acknowledged } = load;
  for (const { text } of answers) {
    const { data } = JSON.parse(text) as { data?: { requestUpdates: { requests: never[] } } };
    for (const request of data?.requestUpdates.requests ?? []) keep(acknowledged, request);
  }
  const findings = await checkAuthority(databaseUrl, {
    book: BOOK,
    jwk: await publicKeyOf(node),
    acknowledged,
  });
  expect([...load.faults, ...findings.faults]).toEqual([]);
});

function keep(
  acknowledged: ReturnType<typeof openLoad>['acknowledged'],
  request: {
    id: string;
    key: string;
    state: string;
    outcome: { record: string; version: number; seq: number }[];
  },
): void {
  if (request.state !== 'APPROVED') return;
  const marks = request.outcome.map((_change, index) => `${request.key} ${index}`);
  acknowledged.set(request.key, { ...request, marks });
}
