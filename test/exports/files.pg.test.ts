import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import readWorkbook from 'read-excel-file/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectOwnNode, type OwnNode } from '../../api/cli/own-node.ts';
import { fetchToken } from '../../api/cli/token.ts';
import { type Config, readConfig } from '../../api/config.ts';
import { hashText } from '../../api/events/check.ts';
import type { JsonObject } from '../../api/identity/strict-json.ts';
import { documentOf, hasSharedData, sharedText } from '../events/support.ts';
import { runCli } from '../support/cli.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { makePartners, until } from '../support/nodes.ts';

const GROWER = 'grower.example';
const SHOP = 'shop.example';
const BOOK = `${GROWER}/season`;
const DOCK = 'https://id.gs1.org/414/9521321000018';
const lot = (name: string): string => `https://id.gs1.org/01/09521141012345/10/${name}`;

let grower: TestNode;
let shop: TestNode;
let own: OwnNode;
let dir: string;

const configOf = ({ dir: home, localUrl }: TestNode): Config =>
  readConfig({}, { dir: home, port: Number(new URL(localUrl).port) });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lotbook-files-'));
  [grower, shop] = await Promise.all([
    startTestNode(GROWER, { config: { partnerPollMs: 200 } }),
    startTestNode(SHOP, { config: { partnerPollMs: 200 } }),
  ]);
  own = await connectOwnNode(configOf(grower));
  await makePartners(own, await connectOwnNode(configOf(shop)));
  await openBook('season');
  await importFile('season', documentOf([made('a', 'b', 1), shipped('b', 2), shipped('c', 3)]));
  await own.mutate('mutation ($input: AddGrantInput!) { addGrant(input: $input) { error { message } } }', {
    input: {
      book: BOOK,
      right: 'READ',
      audience: { organisations: [SHOP] },
      fields: ['type', 'bizStep', 'action', 'eventTime', 'quantityList[].epcClass'],
      backfill: true,
    },
  });
});
afterAll(async () => {
  await Promise.all([grower.remove(), shop.remove()]);
  await rm(dir, { recursive: true });
});

const base = (day: number) => ({
  eventTime: `2026-06-0${day}T12:00:00Z`,
  eventTimeZoneOffset: '-07:00',
  bizLocation: { id: DOCK },
});
const made = (from: string, to: string, day: number) => ({
  ...base(day),
  type: 'TransformationEvent',
  inputQuantityList: [{ epcClass: lot(from), quantity: 10, uom: 'KGM' }],
  outputQuantityList: [{ epcClass: lot(to), quantity: 9, uom: 'KGM' }],
});
const shipped = (name: string, day: number) => ({
  ...base(day),
  type: 'ObjectEvent',
  action: 'OBSERVE',
  bizStep: 'shipping',
  quantityList: [{ epcClass: lot(name), quantity: 4.5, uom: 'KGM' }],
  bizTransactionList: [{ type: 'po', bizTransaction: 'urn:x:order' }],
});

async function openBook(name: string): Promise<void> {
  const text = 'mutation ($input: CreateBookInput!) { createBook(input: $input) { error { message } } }';
  await own.mutate(text, { input: { name, title: name } });
}

const cli = (...args: string[]) =>
  runCli(['--dir', grower.dir, '--port', new URL(grower.localUrl).port, ...args]).ended;

async function importFile(book: string, text: string): Promise<void> {
  const path = join(dir, 'document.json');
  await writeFile(path, text);
  const { code, stdout } = await cli('import', path, '--book', book);
  expect([code, stdout]).toEqual([0, expect.any(String)]);
}

/** What another program reads in a sheet: its rows without the head. */
async function rowsIn(path: string, title: string): Promise<unknown[][]> {
  const sheets = await readWorkbook(path);
  return sheets.find(({ sheet }) => sheet === title)?.data.slice(1) ?? [];
}

test('the node writes the spreadsheet of all events, of a lot, and of what a trace from it finds', async () => {
  const [all, named, traced] = ['all.xlsx', 'named.xlsx', 'traced.xlsx'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  expect(await cli('extract', all)).toMatchObject({ code: 0, stdout: expect.stringContaining('3 events') });
  await cli('extract', named, '--lot', '(01)09521141012345(10)b');
  await cli('extract', traced, '--lot', lot('a'), '--trace', 'forward');
  const lots = async (path: string) => (await rowsIn(path, 'Shipping')).map((row) => row[1]);
  const label = (name: string) => `(01)09521141012345(10)${name}`;
  expect(await lots(all)).toEqual([label('b'), label('c')]);
  expect(await lots(named)).toEqual([label('b')]);
  expect(await lots(traced)).toEqual([label('b')]);
  expect((await rowsIn(named, 'Transformation')).map((row) => row[1])).toEqual(['used', 'made']);
  expect(await rowsIn(traced, 'About')).toContainEqual([
    expect.stringMatching(/The trace ends/),
    expect.any(String),
  ]);
});

test('with the eyes of a partner it holds what may be given to it, and says what is not shown', async () => {
  const path = join(dir, 'shop.csv.zip');
  expect(await cli('extract', path, '--audience', SHOP)).toMatchObject({ code: 0 });
  const files = unzipSync(await readFile(path));
  const text = (name: string): string => new TextDecoder().decode(files[`${name}.csv`]);
  expect(text('Shipping')).toContain('(01)09521141012345(10)b');
  expect(text('Shipping')).not.toMatch(/4\.5|urn:x:order|9521321000018/);
  expect(text('Missing')).toContain('not shown by grower.example');
});

test('a file is for whoever asked for it, and goes with a record that is erased', async () => {
  const text = `mutation ($input: StartFileInput!) { startFile(input: $input) {
    file { id state path } error { code place } } }`;
  const [started] = Object.values(await own.query(text, { input: { format: 'XLSX' } })) as [JsonObject];
  const { id } = started['file'] as JsonObject;
  const look = async () =>
    (await own.query('query ($id: ID!) { dataFile(id: $id) { state path } }', { id }))['dataFile'];
  await until('the file is made', async () => ((await look()) as JsonObject)['state'] === 'DONE');
  const get = async (authorization: string) =>
    (await fetch(`${grower.localUrl}/exports/${String(id)}`, { headers: { authorization } })).status;
  expect(await get(`Bearer ${await fetchToken(configOf(grower))}`)).toBe(200);
  const created = await own.mutate(
    'mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { token error { message } } }',
    { input: { name: 'other', roles: [{ role: 'AUDITOR' }, { role: 'VIEWER' }] } },
  );
  expect(await get(`Bearer ${String(created['token'])}`)).toBe(404);
  const { dataFiles } = await own.query('{ dataFiles { id } }');
  expect(dataFiles).toContainEqual({ id });
  const { records } = await own.query(
    `query ($book: ID!) { records(book: $book, first: 1, filter: { kinds: [EVENT] }) { edges { node { id } } } }`,
    { book: BOOK },
  );
  const [edge] = (records as JsonObject)['edges'] as JsonObject[];
  await own.mutate(
    'mutation ($book: ID!, $record: ID!) { eraseRecord(book: $book, record: $record, reason: "asked for") { error { message } } }',
    { book: BOOK, record: (edge as { node: JsonObject }).node['id'] },
  );
  expect(await look()).toEqual({ state: 'REMOVED', path: null });
});

test.each([
  [{ lots: [] }, 'BAD_INPUT', 'input.lots'],
  [{ trace: 'BACK' }, 'BAD_INPUT', 'input.lots'],
  [{ books: ['grower.example/none'] }, 'NOT_FOUND', 'input.books'],
  [{ case: BOOK }, 'NOT_FOUND', 'input.case'],
  [{ from: '2026-06-02T00:00:00Z', until: '2026-06-01T00:00:00Z' }, 'BAD_INPUT', 'input.until'],
])('a file of %j is refused', async (input, code, place) => {
  const text = 'mutation ($input: StartFileInput!) { startFile(input: $input) { error { code place } } }';
  const { startFile } = await own.query(text, { input: { format: 'XLSX', ...input } });
  expect(startFile).toEqual({ error: { code, place } });
});

test('an EPCIS document that was captured is written again, and captured again as the same events', async () => {
  const text = hasSharedData ? sharedText('chains/traceback_tests.jsonld') : documentOf([made('d', 'e', 4)]);
  const out = join(dir, 'out.jsonld');
  await openBook('once');
  await importFile('once', text);
  expect(await cli('extract', out, '--book', 'once')).toMatchObject({ code: 0 });
  await openBook('again');
  await importFile('again', await readFile(out, 'utf8'));
  expect(hashText(await readFile(out, 'utf8'))).toEqual(hashText(text));
  expect(await events('again')).toEqual(await events('once'));
});

/** The events of a book, as it holds them. */
async function events(book: string): Promise<unknown> {
  const text = `query ($book: ID!) { records(book: $book, first: 100, filter: { kinds: [EVENT] }) { edges { node { id fields } } } }`;
  return (await own.query(text, { book: `${GROWER}/${book}` }))['records'];
}
