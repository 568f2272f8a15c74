import { afterAll, expect, test } from 'vitest';
import { startNodeProcess, type NodeProcess } from '../support/nodes.ts';
import { freshDatabase } from '../support/postgres.ts';
import { checkAuthority } from './kill/check.ts';
import { openLoad } from './kill/load.ts';
import { answerOf, publicKeyOf } from './kill/run.ts';
import { seeded } from './kill/random.ts';

const BOOK = 'owner.example/season';
const FEEDS = 20;
const UPDATES = 30;

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

interface Answer {
  status: number;
  text: string;
}

/** Sends an update of 20 changes; null where the connection was gone before the request was taken. */
async function sendUpdate(node: NodeProcess, token: string, at: number): Promise<Answer | null> {
  const query = `mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) {
    requests { id key state outcome { record version seq } error { code } } } }`;
  const changes = Array.from({ length: 20 }, (_change, index) => {
    const content = { note: `drain ${at} ${index}` };
    return { record: `urn:drain:${at}:${index}`, kind: 'LOT', base: 0, content };
  });
  const body = JSON.stringify({
    query,
    variables: { updates: [{ book: BOOK, key: `drain ${at}`, changes }] },
  });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const res = await fetch(`${node.url}/graphql`, { method: 'POST', headers, body }).catch(() => null);
  return res && { status: res.status, text: await res.text() };
}

test('a node that is told to stop under load answers what it has, ends its feeds and exits with 0 in time', async () => {
  const { url: databaseUrl, drop } = await freshDatabase();
  undo.push(drop);
  const node = await startNodeProcess({
    organisation: 'owner.example',
    books: ['season'],
    databaseUrl,
  });
  undo.push(() => node.remove());
  const token = await node.token();
  const load = openLoad({ book: BOOK, targetOf: () => node, clients: 8, random: seeded(5) });
  await answerOf(load);
  const feeds = Array.from({ length: FEEDS }, () => openFeed(node, token));
  await answerOf(load);
  const underWay = Array.from({ length: UPDATES }, (_, at) => sendUpdate(node, token, at));
  await Promise.race(underWay);
  expect(await node.stop()).toBe(0);

  const answers = await Promise.all(underWay);
  for (const { text } of answers.filter((answer) => answer !== null)) {
    expect(text).toMatch(/"APPROVED"|"SHUTTING_DOWN"/);
  }
  // 499 is in its log for every request that it took and did not answer.
  expect(node.log()).not.toMatch(/"status":"?499|requests were cut off/);
  for (const text of await Promise.all(feeds)) {
    expect(text).toContain('"end":"SHUTDOWN"');
    expect(text.endsWith('event: complete\ndata: \n\n')).toBe(true);
  }
  await node.restart();
  await load.finish();
  const { acknowledged } = load;
  // Whatever became of a request: under its key it has one effect.
  for (const at of answers.keys()) {
    const again = await sendUpdate(node, token, at);
    const { data } = JSON.parse(again?.text ?? '') as { data: { requestUpdates: { requests: never[] } } };
    for (const request of data.requestUpdates.requests) keep(acknowledged, request);
  }
  expect(load.acknowledged.size).toBeGreaterThan(UPDATES);
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
