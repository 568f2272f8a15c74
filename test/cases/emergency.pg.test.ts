import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../api/identity/strict-json.ts';
import { runCli } from '../support/cli.ts';
import { makePartners, startNodeProcess, until, type NodeProcess } from '../support/nodes.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

/* shop.example has shown nobody its receipts. A recall is declared: they are open to the packer, for its case. */

const SHOP = 'shop.example';
const PACKER = 'packer.example';
const FARM = 'farm.example';
const BOOK = `${SHOP}/season`;
const CASE = 'urn:uuid:2f0a5c8e-3f0a-4c39-9d0f-5f5d7c2f5d11';
const LOT = 'https://id.gs1.org/01/09521234543213/10/salad';
const ERROR = 'error { code message place }';
const EMERGENCY = `emergency { id state parties rules approvedBy } ${ERROR}`;
const FIELDS = ['type', 'action', 'eventTime', 'bizStep', 'quantityList[].epcClass'];

let databases: FreshDatabase[] = [];
let shop: NodeProcess;
let packer: NodeProcess;
let farm: NodeProcess;
let investigator: Program;
let approver: Program;

type Program = (document: string, variables?: object) => Promise<JsonObject>;

beforeAll(async () => {
  databases = await Promise.all([SHOP, PACKER, FARM].map(() => freshDatabase()));
  [shop, packer, farm] = (await Promise.all(
    [SHOP, PACKER, FARM].map((organisation, at) =>
      startNodeProcess({ organisation, books: ['season'], databaseUrl: databases[at]?.url ?? '' }),
    ),
  )) as [NodeProcess, NodeProcess, NodeProcess];
  await makePartners(shop, packer);
  await makePartners(shop, farm);
  [investigator, approver] = (await Promise.all(
    [['INVESTIGATOR'], ['INVESTIGATOR', 'APPROVER']].map((roles) => program(shop, roles)),
  )) as [Program, Program];
  const received = {
    eventID: `urn:uuid:${randomUUID()}`,
    eventTime: '2026-06-01T12:00:00Z',
    eventTimeZoneOffset: '+00:00',
    type: 'ObjectEvent',
    action: 'OBSERVE',
    bizStep: 'receiving',
    quantityList: [{ epcClass: LOT, quantity: '5', uom: 'KGM' }],
  };
  await shop.mutate(
    'mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state error { code message place } } } }',
    { updates: [{ book: BOOK, key: randomUUID(), changes: [{ kind: 'EVENT', content: received }] }] },
  );
}, 120_000);

afterAll(async () => {
  await Promise.all([shop, packer, farm].map((node) => node?.remove()));
  await Promise.all(databases.map((database) => database.drop()));
});

async function program(node: NodeProcess, roles: string[]): Promise<Program> {
  const { token } = await node.mutate(
    `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { token ${ERROR} } }`,
    { input: { name: roles.join(' ').toLowerCase(), roles: roles.map((role) => ({ role })) } },
  );
  return async (query, variables = {}) => {
    const answer = await fetch(`${node.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${String(token)}` },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await answer.json()) as { data: JsonObject; errors?: JsonObject[] };
    if (errors) throw new Error(JSON.stringify(errors));
    return Object.values(data)[0] as JsonObject;
  };
}

const PROPOSE = `mutation ($input: EmergencyInput!) { proposeEmergency(input: $input) { ${EMERGENCY} } }`;
const DECLARE = `mutation ($book: ID!, $id: ID!) { declareEmergency(book: $book, id: $id) { ${EMERGENCY} } }`;
const soon = (ms: number): string => new Date(Date.now() + ms).toISOString();
const DAY_MS = 86_400_000;
const terms = (more: object = {}) => ({
  input: {
    book: BOOK,
    case: CASE,
    reason: 'Listeria in salad',
    parties: [PACKER],
    until: soon(DAY_MS),
    ...more,
  },
});

/** How many records the shop shows to an inquiry. */
async function shown(node: NodeProcess, ...args: string[]): Promise<number> {
  const trace = ['trace', LOT, '--across', '--ask', SHOP, '--within', '300', '--json'];
  const text = await lotbook(node, ...trace, ...args);
  const fares = text
    .trim()
    .split('\n')
    .flatMap((line) => (JSON.parse(line) as { organisations: Fare[] }).organisations)
    .filter(({ organisation }) => organisation === SHOP);
  expect(fares.map(({ state }) => state)).toContain('ANSWERED');
  return Math.max(...fares.map(({ records }) => records));
}

interface Fare {
  organisation: string;
  state: string;
  records: number;
}

async function lotbook(node: NodeProcess, ...args: string[]): Promise<string> {
  const { port } = new URL(node.url);
  const { code, stdout, stderr } = await runCli(['--dir', node.dir, '--port', port, ...args]).ended;
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

describe('an emergency rule', { timeout: 300_000 }, () => {
  let id = '';

  it('is not declared where none is prepared, and opens nothing while it is only prepared', async () => {
    expect(await investigator(PROPOSE, terms())).toMatchObject({ error: { code: 'CONFLICT' } });
    await lotbook(
      shop,
      'emergency',
      'rule',
      BOOK,
      '--name',
      'receipts',
      '--kind',
      'EVENT',
      '--field',
      ...FIELDS,
    );
    expect(await shown(packer, '--case', CASE)).toBe(0);
  });

  it('is proposed with all that it needs to be bounded, or refused whole', async () => {
    for (const [more, place] of [
      [{ until: soon(-1) }, 'input.until'],
      [{ until: soon(100 * DAY_MS) }, 'input.until'],
      [{ parties: [] }, 'input.parties'],
      [{ parties: [PACKER, 'nobody.example'] }, 'input.parties[1]'],
      [{ rules: ['urn:lotbook:grant:other'] }, 'input.rules[0]'],
    ] as const)
      expect(await investigator(PROPOSE, terms(more))).toMatchObject({ error: { code: 'BAD_INPUT', place } });
    const proposed = await investigator(PROPOSE, terms());
    expect(proposed).toMatchObject({
      emergency: {
        state: 'PROPOSED',
        parties: [PACKER],
        rules: ['urn:lotbook:grant:emergency-rule-receipts'],
      },
    });
    ({ id } = proposed['emergency'] as { id: string });
    expect(await shown(packer, '--case', CASE)).toBe(0);
  });

  it('is not declared by one person twice, nor by a change of its record', async () => {
    await expect(investigator(DECLARE, { book: BOOK, id })).rejects.toThrow(/APPROVER/);
    const own = (await approver(PROPOSE, terms()))['emergency'] as { id: string };
    await expect(approver(DECLARE, { book: BOOK, id: own.id })).rejects.toThrow(/Another person/);
    const { requests } = await shop.mutate(
      'mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state error { code } } } }',
      {
        updates: [
          {
            book: BOOK,
            key: randomUUID(),
            changes: [
              { record: own.id, kind: 'EMERGENCY', base: 1, fields: { state: 'DECLARED', approvedBy: 'me' } },
            ],
          },
        ],
      },
    );
    expect(requests).toEqual([{ state: 'REFUSED', error: { code: 'BAD_INPUT' } }]);
  });

  it('opens what was prepared to its parties for its case, and to nobody else, and for nothing else', async () => {
    const declared = await approver(DECLARE, { book: BOOK, id });
    expect(declared).toMatchObject({ error: null, emergency: { state: 'DECLARED' } });
    // Again, as somebody does who was cut off.
    expect(await approver(DECLARE, { book: BOOK, id })).toMatchObject({ emergency: { state: 'DECLARED' } });
    expect(await shown(packer, '--case', CASE)).toBe(1);
    expect(await shown(packer, '--case', CASE, '--purpose', 'recall')).toBe(1);
    expect(await shown(packer, '--case', `${CASE}1`)).toBe(0);
    expect(await shown(farm, '--case', CASE)).toBe(0);
  });

  it('is told to its parties, as far as it concerns them, and stands in the access log', async () => {
    const told = async (node: NodeProcess): Promise<JsonObject[]> =>
      (await node.query(`{ emergencies { id state case reason parties approvedBy } }`))[
        'emergencies'
      ] as JsonObject[];
    await until('the packer is told', async () => (await told(packer)).length === 1);
    expect(await told(packer)).toEqual([
      { id, state: 'DECLARED', case: CASE, reason: 'Listeria in salad', parties: [], approvedBy: null },
    ]);
    expect(await told(farm)).toEqual([]);
    expect((await told(shop)).map(({ state }) => state).toSorted()).toEqual(['DECLARED', 'PROPOSED']);
    const log = await lotbook(shop, 'access-log');
    expect(log).toMatch(/proposeEmergency/);
    expect(log).toMatch(/declareEmergency[^\n]*OK/);
    expect(log).toMatch(new RegExp(`inquire[^\\n]*${CASE}`));
  });

  it('is closed by hand, at once', async () => {
    const text = await lotbook(shop, 'emergency', 'end', BOOK, id, '--reason', 'The lots are found');
    expect(text).toContain('ENDED');
    expect(await shown(packer, '--case', CASE)).toBe(0);
    expect(await approver(DECLARE, { book: BOOK, id })).toMatchObject({ error: { code: 'CONFLICT' } });
  });
});
