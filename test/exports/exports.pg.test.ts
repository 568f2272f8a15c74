import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectOwnNode, type OwnNode } from '../../api/cli/own-node.ts';
import { fetchToken } from '../../api/cli/token.ts';
import { type Config, readConfig } from '../../api/config.ts';
import { thumbprint } from '../../api/identity/jwk.ts';
import type { JsonObject } from '../../api/identity/strict-json.ts';
import { readLine } from '../../api/ledger/export/lines.ts';
import { verifyExport } from '../../api/ledger/export/verify.ts';
import { runCli } from '../support/cli.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { makePartners, until } from '../support/nodes.ts';

const GROWER = 'grower.example';
const PACKER = 'packer.example';
const BOOK = `${GROWER}/harvest`;
const QUANTITY = '{https://grower.example/}quantity';
const PRICE = '{https://grower.example/}price';
const LOT = 'https://id.gs1.org/01/09521141012345/10/L';
const FIELDS = 'id state entries done bytes path message audience';

let grower: TestNode;
let packer: TestNode;
let own: OwnNode;
let partner: OwnNode;

const configOf = ({ dir, localUrl }: TestNode): Config =>
  readConfig({}, { dir, port: Number(new URL(localUrl).port) });

beforeAll(async () => {
  [grower, packer] = await Promise.all([
    startTestNode(GROWER, { config: { partnerPollMs: 200, checkpointSeconds: 1 } }),
    startTestNode(PACKER, { config: { partnerPollMs: 200 } }),
  ]);
  own = await connectOwnNode(configOf(grower));
  partner = await connectOwnNode(configOf(packer));
  await makePartners(own, partner);
  await own.mutate(
    'mutation ($input: CreateBookInput!) { createBook(input: $input) { error { message } } }',
    {
      input: { name: 'harvest', title: 'The harvest' },
    },
  );
  await change(1, 0, { [QUANTITY]: '100', [PRICE]: '9.50' });
  await own.mutate('mutation ($input: AddGrantInput!) { addGrant(input: $input) { error { message } } }', {
    input: {
      book: BOOK,
      right: 'READ',
      audience: { organisations: [PACKER] },
      fields: [QUANTITY],
      backfill: true,
    },
  });
  await change(1, 1, { [QUANTITY]: '90', [PRICE]: '9.60' });
  await change(2, 0, { [QUANTITY]: '7', [PRICE]: '12.34' });
  await change(3, 0, { [PRICE]: '55.55' });
  await untilCheckpointed();
});
afterAll(() => Promise.all([grower.remove(), packer.remove()]));

async function change(nr: number, base: number, fields: object): Promise<void> {
  const changes = [{ record: `${LOT}${nr}`, kind: 'LOT', base, fields }];
  const { requestUpdates } = await own.query(
    'mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state error { message } } } }',
    { updates: [{ book: BOOK, key: `${nr}-${base}`, changes }] },
  );
  expect(requestUpdates).toEqual({ requests: [{ state: 'APPROVED', error: null }] });
}

/** Waits until the partner's copy has a lot. */
async function untilCopied(nr: number): Promise<void> {
  const text = 'query ($book: ID!, $id: ID!) { record(book: $book, id: $id) { id } }';
  await until(`lot ${nr} is in the copy`, async () =>
    Boolean((await partner.query(text, { book: BOOK, id: `${LOT}${nr}` }))['record']),
  );
}

/** Asks for an export, waits for it and fetches its file. */
async function fetchExport(node: OwnNode, config: Config, input: object): Promise<Buffer> {
  const started = await node.mutate(
    `mutation ($input: StartExportInput!) { startExport(input: $input) { export { ${FIELDS} } error { message duty } } }`,
    { input: { book: BOOK, ...input } },
  );
  let job = started['export'] as JsonObject;
  await until('the export is done', async () => {
    job = (await node.query(`query ($id: ID!) { auditExport(id: $id) { ${FIELDS} } }`, { id: job['id'] }))[
      'auditExport'
    ] as JsonObject;
    return job['state'] !== 'RUNNING';
  });
  expect(job).toMatchObject({ state: 'DONE', done: job['entries'], message: null });
  const authorization = `Bearer ${await fetchToken(config)}`;
  const response = await fetch(`${node.localUrl}${String(job['path'])}`, { headers: { authorization } });
  expect([response.status, response.headers.get('content-length')]).toEqual([200, String(job['bytes'])]);
  return Buffer.from(await response.arrayBuffer());
}

async function linesOf(node: OwnNode, of: TestNode, input: object = {}): Promise<string[]> {
  const bytes = gunzipSync(await fetchExport(node, configOf(of), input));
  return bytes.toString('utf8').trimEnd().split('\n');
}

/** What a verified export discloses, by record and version. */
async function disclosedBy(lines: string[]): Promise<Record<string, object>> {
  const told: Record<string, object> = {};
  const report = await verifyExport(lines, {
    onChange: ({ kind, record, ver, fields }) => {
      const own = Object.entries(fields).filter(([name]) => name !== 'product');
      if (kind !== 'GRANT') told[`${record} ${ver}`] = Object.fromEntries(own);
    },
  });
  expect(report.fault).toBeUndefined();
  return told;
}

const rootOf = async (lines: string[]) => {
  const { checks } = await verifyExport(lines);
  return /root (\S+)/.exec(checks.find(({ name }) => name === 'log')?.text ?? '')?.[1];
};

/** Waits until a checkpoint covers all records: until then the log may grow by itself. Gives its note. */
async function untilCheckpointed(): Promise<string> {
  let note = '';
  await until('a checkpoint covers all records', async () => {
    const text = 'query ($book: ID!) { checkpoint(book: $book) { size note } book(id: $book) { length } }';
    const { checkpoint, book } = await own.query(text, { book: BOOK });
    note = String((checkpoint as JsonObject | null)?.['note']);
    return (checkpoint as JsonObject | null)?.['size'] === (book as JsonObject)['length'];
  });
  return note;
}

describe('an export of a book', () => {
  test('holds everything for its owner', async () => {
    expect(await disclosedBy(await linesOf(own, grower))).toEqual({
      [`${LOT}1 1`]: { [QUANTITY]: '100', [PRICE]: '9.50' },
      [`${LOT}1 2`]: { [QUANTITY]: '90', [PRICE]: '9.60' },
      [`${LOT}2 1`]: { [QUANTITY]: '7', [PRICE]: '12.34' },
      [`${LOT}3 1`]: { [PRICE]: '55.55' },
    });
  });

  test('holds for a partner what its grants open, and proves the same log', async () => {
    const lines = await linesOf(own, grower, { audience: PACKER });
    expect(await disclosedBy(lines)).toEqual({
      [`${LOT}1 1`]: { [QUANTITY]: '100' },
      [`${LOT}1 2`]: { [QUANTITY]: '90' },
      [`${LOT}2 1`]: { [QUANTITY]: '7' },
      [`${LOT}3 1`]: {},
    });
    expect(await rootOf(lines)).toBe(await rootOf(await linesOf(own, grower)));
  });

  test('holds the records and the time that were asked for', async () => {
    const one = await linesOf(own, grower, { records: [`${LOT}2`] });
    expect(await disclosedBy(one)).toEqual({ [`${LOT}2 1`]: { [QUANTITY]: '7', [PRICE]: '12.34' } });
    const none = await linesOf(own, grower, { until: '2020-01-01T00:00:00.000Z' });
    expect(await disclosedBy(none)).toEqual({});
    expect(await rootOf(none)).toBe(await rootOf(one));
  });

  test('has the checkpoints of the log, and proves the heads of what is shown', async () => {
    const note = await untilCheckpointed();
    // With the rules: that of the book's editors, which is not the partner's, and that for the partner.
    const shown = [
      [{}, '5 records'],
      [{ audience: PACKER }, '4 records'],
      [{ records: [`${LOT}1`] }, '1 record '],
    ] as const;
    for (const [input, records] of shown) {
      const report = await verifyExport(await linesOf(own, grower, input), { olderCheckpoint: note });
      expect(report.fault).toBeUndefined();
      const texts = report.checks.filter(({ name }) => name === 'heads' || name === 'history');
      expect(texts.map(({ text }) => text)).toEqual([
        expect.stringContaining('continues the older checkpoint'),
        expect.stringContaining(records),
      ]);
    }
  });

  test('is made by a partner of its local copy, without what it was never given', async () => {
    await untilCopied(2);
    const lines = await linesOf(partner, packer);
    expect(readLine(lines[0] ?? '')).toMatchObject({
      kind: 'header',
      value: { copy: true, by: PACKER, owner: GROWER },
    });
    expect(await disclosedBy(lines)).toMatchObject({
      [`${LOT}1 1`]: { [QUANTITY]: '100' },
      [`${LOT}1 2`]: { [QUANTITY]: '90' },
      [`${LOT}2 1`]: { [QUANTITY]: '7' },
    });
  });

  test('holds of an erased record the word that it is, and its tokens, but no value', async () => {
    await change(4, 0, { [QUANTITY]: '4', [PRICE]: 'to be forgotten' });
    const before = await linesOf(own, grower);
    const erased = await own.mutate(
      `mutation ($book: ID!, $record: ID!) {
         eraseRecord(book: $book, record: $record, reason: "asked for") { error { message } }
       }`,
      { book: BOOK, record: `${LOT}4` },
    );
    expect(erased['error']).toBeNull();
    // What was fetched before is as true as it was.
    expect(await disclosedBy(before)).toMatchObject({ [`${LOT}4 1`]: { [PRICE]: 'to be forgotten' } });
    for (const input of [{}, { audience: PACKER }]) {
      const lines = await linesOf(own, grower, input);
      expect(await disclosedBy(lines)).toMatchObject({
        [`${LOT}4 2`]: { '@erased': { reason: 'asked for' } },
      });
      const opened = lines.flatMap((line) => {
        const read = readLine(line);
        return read?.kind === 'entry' ? read.value.disclosures : [];
      });
      expect(opened.map((each) => Buffer.from(each, 'base64url').toString()).join()).not.toContain(
        'forgotten',
      );
    }
  });

  test('is not kept once a record of the book is erased', async () => {
    await change(6, 0, { [PRICE]: 'to be forgotten' });
    await linesOf(own, grower);
    const newest = async () => {
      const { auditExports } = await own.query(`{ auditExports(first: 1) { ${FIELDS} } }`);
      return (auditExports as JsonObject[])[0];
    };
    const made = await newest();
    const files = () => readdir(join(grower.dir, 'exports'));
    expect(await files()).toContain(made?.['id']);
    await own.mutate(
      `mutation ($book: ID!, $record: ID!) {
         eraseRecord(book: $book, record: $record, reason: "asked for") { error { message } }
       }`,
      { book: BOOK, record: `${LOT}6` },
    );
    const message = expect.stringContaining('was erased');
    expect(await newest()).toMatchObject({ id: made?.['id'], state: 'REMOVED', path: null, message });
    const authorization = `Bearer ${await fetchToken(configOf(grower))}`;
    const path = `${own.localUrl}${String(made?.['path'])}`;
    expect((await fetch(path, { headers: { authorization } })).status).toBe(409);
    await until('the file is removed', async () => !(await files()).includes(String(made?.['id'])));
  });

  test('goes on under a new key of the owner, and its copy too', async () => {
    const { port } = new URL(grower.localUrl);
    const { code, stderr } = await runCli(['--dir', grower.dir, '--port', port, 'keys', 'rotate']).ended;
    expect([code, stderr]).toEqual([0, '']);
    own = await connectOwnNode(configOf(grower));
    await change(5, 0, { [QUANTITY]: '5' });
    const lines = await linesOf(own, grower);
    expect(await disclosedBy(lines)).toMatchObject({ [`${LOT}5 1`]: { [QUANTITY]: '5' } });
    const { checks, roots } = await verifyExport(lines, { trust: [thumbprint(grower.jwk)] });
    expect(checks[0]?.text).toContain('1 organisation with 2 keys');
    expect(checks[1]?.text).toContain('2 KEY');
    expect(roots).toMatchObject([{ pinned: true }]);
    await untilCopied(5);
    expect(await disclosedBy(await linesOf(partner, packer))).toMatchObject({
      [`${LOT}5 1`]: { [QUANTITY]: '5' },
    });
  });

  test('in an archive has the page beside it that verifies it', async () => {
    const bytes = await fetchExport(own, configOf(grower), { format: 'ZIP' });
    expect(bytes.subarray(0, 4).toString('latin1')).toBe('PK\u0003\u0004');
    const names = [...bytes.toString('latin1').matchAll(/PK\u0001\u0002.{42}([a-z.]+)/gs)].map(
      ([, name]) => name,
    );
    expect(names).toEqual(['audit.jsonl.gz', 'verify.html']);
  });
});

describe('who may have an export', () => {
  const START =
    'mutation ($input: StartExportInput!) { startExport(input: $input) { export { id } error { code place } } }';

  test('nobody without a token, and no partner', async () => {
    const path = `${grower.localUrl}/exports/00000000-0000-4000-8000-000000000000`;
    expect((await fetch(path)).status).toBe(401);
    const asPartner = await packer.context.peers.call(GROWER, '{ __typename }', {}, { timeoutMs: 5_000 });
    expect(asPartner).toEqual({ __typename: 'Query' });
    await expect(
      packer.context.peers.call(GROWER, START, { input: { book: BOOK } }, { timeoutMs: 5_000 }),
    ).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
  });

  test('only of what there is, for a partner that there is', async () => {
    const start = async (input: object) => (await own.query(START, { input }))['startExport'];
    expect(await start({ book: `${GROWER}/nothing` })).toMatchObject({ error: { code: 'NOT_FOUND' } });
    expect(await start({ book: BOOK, audience: 'nobody.example' })).toMatchObject({
      error: { code: 'NOT_FOUND' },
    });
    const [from, until] = ['2026-02-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'];
    expect(await start({ book: BOOK, from, until })).toMatchObject({
      error: { code: 'BAD_INPUT', place: 'input.until' },
    });
  });

  test('a job whose process is gone is shown as failed', async () => {
    const { prisma } = grower.context.database;
    const id = '00000000-0000-4000-8000-000000000001';
    const beatAt = new Date(Date.now() - 60_000);
    const row = {
      id,
      books: [BOOK],
      client: GROWER,
      format: 'ZIP',
      state: 'RUNNING',
      entries: 9,
      done: 4,
      beatAt,
    };
    await prisma.exportJob.create({ data: row });
    const { auditExport } = await own.query(`query ($id: ID!) { auditExport(id: $id) { ${FIELDS} } }`, {
      id,
    });
    expect(auditExport).toMatchObject({
      state: 'FAILED',
      done: 4,
      message: expect.stringContaining('stopped'),
    });
    const { auditExports } = await own.query('{ auditExports { id } }');
    expect((auditExports as JsonObject[]).map((job) => job['id'])).toContain(id);
  });

  test('an auditor of one book is shown the exports of that book, however many there are of others', async () => {
    const { prisma } = grower.context.database;
    const id = '00000000-0000-4000-8000-000000000002';
    const row = { id, client: GROWER, format: 'ZIP', entries: 1, done: 1, beatAt: new Date() };
    await prisma.exportJob.create({ data: { ...row, books: [`${GROWER}/other`], state: 'FAILED' } });
    const { token } = await own.mutate(
      `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { token error { message } } }`,
      { input: { name: 'auditor', roles: [{ role: 'AUDITOR', book: BOOK }], days: 1 } },
    );
    const listed = async (first: number): Promise<JsonObject[]> => {
      const response = await fetch(`${own.localUrl}/graphql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${String(token)}`, 'content-type': 'application/json' },
        body: JSON.stringify({ query: `{ auditExports(first: ${first}) { id book } }` }),
      });
      return ((await response.json()) as { data: { auditExports: JsonObject[] } }).data.auditExports;
    };
    const newest = (await own.query('{ auditExports(first: 1) { id } }'))['auditExports'];
    expect(newest).toEqual([{ id }]);
    expect(await listed(1)).toEqual([expect.objectContaining({ book: BOOK })]);
    expect((await listed(100)).every(({ book }) => book === BOOK)).toBe(true);
  });
});
