import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectOwnNode, type OwnNode } from '../../api/cli/own-node.ts';
import { readConfig } from '../../api/config.ts';
import { verificationKey, publicPart } from '../../api/identity/jwk.ts';
import { peekClaims } from '../../api/identity/jws.ts';
import { tokenHash } from '../../api/ledger/change.ts';
import { verifyChange } from '../../api/ledger/verify-change.ts';
import { runCli } from '../support/cli.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { makePartners, until } from '../support/nodes.ts';
import { canaryRecords, type CanaryRecord } from './canary/records.ts';
import { databaseText, occurring, unwrapped } from './canary/search.ts';

/*
 * Every field of every kind of record holds a value that occurs nowhere else. Once the records are erased, no table of the owner's
 * node, the backup's, or a partner's that was shown all of them holds any such value, in whatever coat.
 */
const BOOK = 'farm.example/harvest';
const NAMES = ['farm', 'packer', 'buyer', 'stranger'] as const;
type Name = (typeof NAMES)[number];
type Json = Record<string, unknown>;

const ERROR = 'error { code message place }';
const UPDATE = `mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { id state ${ERROR} } } }`;
const ERASE = `mutation ($book: ID!, $record: ID!, $reason: String!) {
  eraseRecord(book: $book, record: $record, reason: $reason) { record { id version fields erased } ${ERROR} } }`;
const RECORD =
  'query ($book: ID!, $id: ID!) { record(book: $book, id: $id) { version fields content erased token disclosures } }';
const RECORDS =
  'query ($book: ID!, $filter: RecordFilter) { records(book: $book, filter: $filter) { edges { node { id } } } }';
const TRACE =
  'subscription ($input: TraceInput!) { trace(input: $input) { events { record } summary { events } } }';

const nodes = {} as Record<Name, TestNode>;
const own = {} as Record<Name, OwnNode>;
const records: CanaryRecord[] = [];
const canaries = new Set<string>();

beforeAll(async () => {
  for (const name of NAMES) {
    const node = await startTestNode(`${name}.example`, {
      config: { partnerPollMs: 300, retentionPollMs: 300 },
    });
    nodes[name] = node;
    own[name] = await connectOwnNode(
      readConfig({}, { dir: node.dir, port: Number(new URL(node.localUrl).port) }),
    );
  }
  for (const name of NAMES.slice(1)) await makePartners(own.farm, own[name]);
  await own.farm.mutate(`mutation { createBook(input: { name: "harvest", title: "Harvest" }) { ${ERROR} } }`);
  await grant('buyer', 'READ', ['*'], ['buyer.example']);
  await grant('ask', 'REQUEST', ['*'], ['buyer.example']);
  await grant('stranger', 'READ', ['*'], ['stranger.example'], { kinds: ['PARTY'] });
  await own.farm.mutate(
    `mutation ($input: AppointAuthorityInput!) { appointAuthority(input: $input) { ${ERROR} } }`,
    { input: { book: BOOK, backup: 'packer.example', leaseMs: 2_000 } },
  );
  await until('the backup has everything', async () => (await authority())?.['insync']?.length === 2);
  // Two versions of each, with values of their own.
  for (const [base, made] of [canaryRecords('x'), canaryRecords('x')].entries()) {
    const shown = made.filter(({ kind }) => base === 0 || kind !== 'EVENT');
    if (base === 0) records.push(...shown);
    for (const { canaries: byField } of shown)
      for (const all of byField.values()) all.forEach((each) => canaries.add(each));
    const answers = await update(shown.map((record) => ({ ...changeOf(record), base })));
    expect(answers.map(({ state, error }) => error ?? state)).toEqual(shown.map(() => 'APPROVED'));
  }
  await ask();
  await until('the buyer has them', async () => (await recordAt('buyer', last().id))?.['version'] === 2);
}, 120_000);

afterAll(async () => {
  for (const name of NAMES) await nodes[name]?.remove();
});

const last = (): CanaryRecord => records.at(-1) as CanaryRecord;

async function authority(): Promise<{ insync: string[]; holder: string } | null> {
  const { authority } = await own.farm.query(
    'query ($book: ID!) { authority(book: $book) { insync holder } }',
    { book: BOOK },
  );
  return authority as { insync: string[]; holder: string } | null;
}

async function grant(
  name: string,
  right: string,
  fields: string[],
  organisations: string[],
  selector?: Json,
) {
  const input = {
    book: BOOK,
    name,
    right,
    fields,
    audience: { organisations },
    ...(selector && { selector }),
  };
  await own.farm.mutate(`mutation ($input: AddGrantInput!) { addGrant(input: $input) { ${ERROR} } }`, {
    input,
  });
}

function changeOf({ kind, id, content }: CanaryRecord): Json {
  return { record: id, kind, content };
}

async function update(changes: Json[], from: Name = 'farm'): Promise<Json[]> {
  const updates = changes.map((change) => ({ book: BOOK, key: randomUUID(), changes: [change] }));
  const { requests } = await own[from].mutate(UPDATE, { updates });
  return requests as unknown as Json[];
}

/** A request of a partner that waits for a person, one that is refused, and one that a person rejects. */
async function ask(): Promise<void> {
  const record = lot().id;
  const value = () => {
    const canary = `canary${randomUUID().replaceAll('-', '')}`;
    canaries.add(canary);
    return canary;
  };
  await until('the buyer has the lot', async () => (await recordAt('buyer', record))?.['version'] === 2);
  const change = (base: number) => ({ record, kind: 'LOT', base, fields: { note: value() } });
  const asked = await update([change(2), change(2), change(1)], 'buyer');
  const stateOf = async ({ id }: Json) =>
    ((await own.buyer.query('query ($id: ID!) { request(id: $id) { state } }', { id }))['request'] as Json)[
      'state'
    ];
  for (const [at, state] of ['PENDING', 'PENDING', 'REFUSED'].entries())
    await until(`the request is ${state}`, async () => (await stateOf(asked[at] as Json)) === state);
  const { rows } = await nodes.farm.context.database.pool.query<{ id: string }>(
    `SELECT id FROM request WHERE state = 'PENDING' ORDER BY "createdAt" LIMIT 1`,
  );
  await own.farm.mutate(
    `mutation ($id: ID!) { rejectRequest(id: $id, reason: "no") { request { state } ${ERROR} } }`,
    { id: rows[0]?.id },
  );
}

const lot = (): CanaryRecord => records.find(({ kind }) => kind === 'LOT') as CanaryRecord;

async function recordAt(name: Name, id: string): Promise<Json | null> {
  return (await own[name].query(RECORD, { book: BOOK, id }))['record'] as Json | null;
}

async function erasedAt(name: Name): Promise<number> {
  const sql = 'SELECT count(*)::int AS count FROM record WHERE book = $1 AND erased';
  const { rows } = await nodes[name].context.database.pool.query<{ count: number }>(sql, [BOOK]);
  return rows[0]?.count ?? 0;
}

async function foundAt(name: Name): Promise<string[]> {
  return occurring(unwrapped(await databaseText(nodes[name].context.config.databaseUrl ?? '')), canaries);
}

async function erase({ id }: CanaryRecord, from: Name = 'farm'): Promise<Json> {
  const result = await own[from].mutate(ERASE, { book: BOOK, record: id, reason: 'the grower asked' });
  return result['record'] as Json;
}

function lotbook(args: string[]) {
  const { dir, localUrl } = nodes.farm;
  return runCli(args, { LOTBOOK_DIR: dir, LOTBOOK_PORT: new URL(localUrl).port }).ended;
}

async function logOf(name: Name): Promise<{ record: string; version: number; token: string }[]> {
  const { rows } = await nodes[name].context.database.pool.query<{
    record: string;
    version: number;
    token: string;
  }>('SELECT record, version, token FROM entry WHERE book = $1 ORDER BY seq', [BOOK]);
  return rows;
}

describe('an erased record', () => {
  let exported: Json;
  beforeAll(async () => {
    // A member knows nothing of requests that wait at another one.
    for (const name of ['farm', 'packer', 'buyer'] as const)
      expect((await foundAt(name)).length).toBeGreaterThan(0.95 * canaries.size);
    exported = (await recordAt('buyer', last().id)) as Json;
    const [first, ...others] = records as [CanaryRecord, ...CanaryRecord[]];
    const command = ['erase', 'harvest', first.id, '--reason', 'the grower asked'];
    expect(await lotbook(command)).toMatchObject({ code: 2, stderr: expect.stringContaining('--confirm') });
    expect(await recordAt('farm', first.id)).toMatchObject({ version: 1, erased: null });
    expect(await lotbook([...command, '--confirm'])).toMatchObject({
      code: 0,
      stdout: `${first.id} is erased: the grower asked.\n`,
    });
    expect(await erase(first)).toEqual({
      id: first.id,
      version: 2,
      fields: {},
      erased: 'the grower asked',
    });
    for (const record of others.slice(0, -1)) await erase(record);
    await own.farm.mutate(`mutation ($book: ID!) { handOverAuthority(book: $book) { ${ERROR} } }`, {
      book: BOOK,
    });
    expect((await authority())?.holder).toBe('packer.example');
    await erase(last());
    for (const name of ['packer', 'buyer'] as const)
      await until(`${name} has erased them`, async () => (await erasedAt(name)) === records.length);
    await until('the buyer knows what became of its requests', async () => {
      const { rows } = await nodes.buyer.context.database.pool.query(
        'SELECT 1 FROM request WHERE "decidedAt" IS NULL',
      );
      return rows.length === 0;
    });
  }, 120_000);

  test.each(['farm', 'packer', 'buyer'] as const)('leaves nothing of what it held at %s', async (name) => {
    expect(await foundAt(name)).toEqual([]);
    // The backup's own people see of the book what it is granted: nothing.
    if (name === 'packer') return;
    for (const { id } of records)
      expect(await recordAt(name, id)).toMatchObject({ fields: {}, content: {}, erased: 'the grower asked' });
  });

  test('is not found by a search, nor by a trace', async () => {
    const identifiers = [lot().id, 'https://id.gs1.org/01/09521141012345'];
    for (const name of ['farm', 'buyer'] as const) {
      for (const filter of [{}, { ids: records.map(({ id }) => id) }, { identifiers }]) {
        const { edges } = (await own[name].query(RECORDS, { book: BOOK, filter }))['records'] as {
          edges: { node: { id: string } }[];
        };
        const found = edges.map(({ node }) => node.id).filter((id) => !id.startsWith('urn:lotbook:grant:'));
        expect(found).toEqual([]);
      }
      const starts = [{ event: records[0]?.id }, { thing: lot().id }];
      for await (const data of own[name].subscribe(TRACE, { input: { starts } }))
        expect((data['trace'] as Json)['events']).toEqual([]);
    }
  });

  test('keeps its place in the chain of tokens, the same at the members', async () => {
    const [farm, packer] = [await logOf('farm'), await logOf('packer')];
    expect(packer).toEqual(farm);
    for (const { id } of records) {
      const tokens = farm.filter(({ record }) => record === id);
      for (const [at, { token, version }] of tokens.entries()) {
        expect(version).toBe(at + 1);
        const before = tokens[at - 1]?.token;
        expect(peekClaims(token)?.['prev']).toBe(before && tokenHash(before));
      }
      expect(tokens.length).toBeGreaterThan(1);
    }
  });

  test('can still be shown by whoever kept a copy of what it was given, as what was approved', () => {
    const key = verificationKey(publicPart(nodes.farm.jwk));
    const verified = verifyChange({
      token: exported['token'] as string,
      disclosures: exported['disclosures'] as string[],
      keys: new Map([[key.kid, key]]),
      expect: { issuer: 'farm.example', book: BOOK },
    });
    expect(verified).toMatchObject({ ok: true, change: { fields: exported['fields'] } });
  });

  test('leaves exports of the log that can be verified, with nothing of it in them', async () => {
    const file = join(nodes.farm.dir, 'after.jsonl.gz');
    expect(await lotbook(['export', file, '--book', BOOK])).toMatchObject({ code: 0 });
    const { code, stdout } = await lotbook(['verify', file, '--json']);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(occurring(unwrapped(gunzipSync(readFileSync(file)).toString('utf8')), canaries)).toEqual([]);
  });

  test('is not brought back by whoever hands in once more what it held', async () => {
    for (const { state, id } of await update(records.map((record) => ({ ...changeOf(record), base: null }))))
      await until('it is refused', async () => {
        const { request } = await own.farm.query(
          'query ($id: ID!) { request(id: $id) { state error { code } } }',
          { id },
        );
        return JSON.stringify([state, request]).includes('CONFLICT');
      });
    await until('nothing of it is kept', async () => (await foundAt('farm')).length === 0);
    expect(await foundAt('packer')).toEqual([]);
  });

  test('is told of to nobody who could not see it', async () => {
    await until('the stranger has what is for it', async () => {
      const party = records.find(({ kind }) => kind === 'PARTY') as CanaryRecord;
      return (await recordAt('stranger', party.id))?.['erased'] === 'the grower asked';
    });
    const { rows } = await nodes.stranger.context.database.pool.query<{ kind: string }>(
      `SELECT DISTINCT kind FROM entry WHERE book = $1 ORDER BY kind`,
      [BOOK],
    );
    expect(rows.map(({ kind }) => kind)).toEqual(['GRANT', 'PARTY']);
  });

  test('is erased by nobody but the owner’s administrators, and for a reason', async () => {
    await expect(erase(last(), 'buyer')).rejects.toMatchObject({
      message: expect.stringContaining('authority of this book'),
    });
    await expect(own.farm.mutate(ERASE, { book: BOOK, record: last().id, reason: ' ' })).rejects.toThrow(
      'why',
    );
    await expect(own.farm.mutate(ERASE, { book: BOOK, record: 'urn:none', reason: 'x' })).rejects.toThrow(
      'no such',
    );
  });
});

test('A rule erases by itself what is over, also while the backup holds the right, and spares what is held', async () => {
  const events = ['urn:old:held', 'urn:old:free', 'urn:new:free'].map((eventID) => ({
    kind: 'EVENT',
    base: 0,
    content: {
      type: 'ObjectEvent',
      eventID,
      action: 'OBSERVE',
      eventTime: eventID.startsWith('urn:old') ? '2020-01-01T00:00:00Z' : new Date().toISOString(),
      eventTimeZoneOffset: '+00:00',
      epcList: ['urn:epc:id:sgtin:9521141.012345.7'],
    },
  }));
  await update(events);
  for (const { content } of events)
    await until('it is there', async () => (await recordAt('farm', content.eventID)) !== null);
  const retention = (...args: string[]) => lotbook(['retention', ...args]);
  await own.farm.mutate(
    `mutation ($book: ID!) {
      holdRecord(book: $book, record: "urn:old:held", reason: "a claim") { ${ERROR} }
    }`,
    { book: BOOK },
  );
  const rule = ['set', 'harvest', 'EVENT', '--days', '30', '--by', 'event'];
  expect(await retention(...rule)).toMatchObject({ code: 2, stderr: expect.stringContaining('--confirm') });
  expect(await retention(...rule, '--confirm')).toMatchObject({ code: 0, stderr: '' });
  await until('it is erased', async () => (await recordAt('buyer', 'urn:old:free'))?.['erased'] !== null);
  const { stdout } = await retention('show', 'harvest', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    rules: [{ kind: 'EVENT', days: 30, by: 'EVENT_TIME', erased: 1 }],
    holds: [{ record: 'urn:old:held', reason: 'a claim', by: 'farm.example' }],
  });
  for (const id of ['urn:old:held', 'urn:new:free'])
    expect(await recordAt('farm', id)).toMatchObject({ version: 1, erased: null });
});
