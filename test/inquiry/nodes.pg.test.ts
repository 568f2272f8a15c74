import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { makePartners, startNodeProcess, type NodeProcess } from '../support/nodes.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

/*
 * shop <- packer <- farm, mill. The shop is a partner of the packer alone; the farm withholds what it grew from; the node
 * of the mill is down.
 */

const SHOP = 'shop.example';
const PACKER = 'packer.example';
const FARM = 'farm.example';
const MILL = 'mill.example';
const BOOK = 'season';
const CASE = '2026-07 lettuce';
/** On a busy machine answers take their time. */
const PATIENCE = ['--within', '300'];
const FOR = ['--case', CASE, '--purpose', 'recall', ...PATIENCE];
const lot = (name: string): string => `https://id.gs1.org/01/09521234543213/10/${name}`;
const [SEED, CROP, OIL, SALAD] = ['seed', 'crop', 'oil', 'salad'].map(lot) as [
  string,
  string,
  string,
  string,
];
const gln = (place: string): string => `https://id.gs1.org/414/${place}`;
const PLACES = { [PACKER]: gln('9521321000018'), [FARM]: gln('9521321000025'), [MILL]: gln('9521321000032') };

let databases: FreshDatabase[] = [];
let shop: NodeProcess;
let packer: NodeProcess;
let farm: NodeProcess;
let mill: NodeProcess;

beforeAll(async () => {
  databases = await Promise.all([SHOP, PACKER, FARM, MILL].map(() => freshDatabase()));
  const start = (organisation: string, at: number) =>
    startNodeProcess({ organisation, books: [BOOK], databaseUrl: databases[at]?.url ?? '' });
  [shop, packer] = await Promise.all([start(SHOP, 0), start(PACKER, 1)]);
  [farm, mill] = await Promise.all([start(FARM, 2), start(MILL, 3)]);
  await makePartners(shop, packer);
  await makePartners(packer, farm);
  await makePartners(packer, mill);
  await Promise.all([
    // Nothing in the ordinary course.
    grant(packer, [SHOP], ['*'], 'recall'),
    // Not what the crop was grown from.
    grant(farm, [PACKER, SHOP], FARMS_FIELDS),
    grant(mill, [PACKER, SHOP], ['*']),
    standsAt(shop, PACKER, false),
    standsAt(packer, FARM, true),
    standsAt(packer, MILL, true),
    capture(shop, [received(7, SALAD, PACKER)]),
    capture(packer, [
      received(3, CROP, FARM),
      received(3, OIL, MILL),
      made(4, [CROP, OIL], [SALAD]),
      shipped(5, SALAD),
    ]),
    capture(farm, [made(1, [SEED], [CROP]), shipped(2, CROP)]),
  ]);
  await mill.kill9();
}, 300_000);

afterAll(async () => {
  await Promise.all([shop, packer, farm, mill].map((node) => node?.remove()));
  await Promise.all(databases.map((database) => database.drop()));
});

const FARMS_FIELDS = [
  'type',
  'action',
  'eventTime',
  'bizStep',
  ...['quantityList', 'outputQuantityList'].flatMap((name) =>
    ['epcClass', 'quantity', 'uom'].map((member) => `${name}[].${member}`),
  ),
];

const base = (day: number) => ({
  eventID: `urn:uuid:${randomUUID()}`,
  eventTime: `2026-06-0${day}T12:00:00Z`,
  eventTimeZoneOffset: '+00:00',
});
const list = (lots: string[]) => lots.map((epcClass) => ({ epcClass, quantity: '5', uom: 'KGM' }));
const made = (day: number, inputs: string[], outputs: string[]) => ({
  ...base(day),
  type: 'TransformationEvent',
  inputQuantityList: list(inputs),
  outputQuantityList: list(outputs),
});
const seen = (day: number, bizStep: string, thing: string) => ({
  ...base(day),
  type: 'ObjectEvent',
  action: 'OBSERVE',
  bizStep,
  quantityList: list([thing]),
});
const shipped = (day: number, thing: string) => seen(day, 'shipping', thing);
const received = (day: number, thing: string, from: keyof typeof PLACES) => ({
  ...seen(day, 'receiving', thing),
  sourceList: [{ type: 'location', source: PLACES[from] }],
});

async function capture(node: NodeProcess, contents: object[]): Promise<void> {
  const changes = contents.map((content) => ({ kind: 'EVENT', content }));
  const { requests } = await node.mutate(
    'mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state error { code message place } } } }',
    { updates: [{ book: `${node.organisation}/${BOOK}`, key: randomUUID(), changes }] },
  );
  expect(requests).toEqual([{ state: 'APPROVED', error: null }]);
}

async function grant(
  node: NodeProcess,
  organisations: string[],
  fields: string[],
  purpose = 'traceability',
): Promise<void> {
  await node.mutate(
    'mutation ($input: AddGrantInput!) { addGrant(input: $input) { error { code message duty } } }',
    {
      input: {
        book: `${node.organisation}/${BOOK}`,
        audience: { organisations },
        selector: { kinds: ['EVENT'] },
        fields,
        purpose,
        backfill: true,
      },
    },
  );
}

async function standsAt(
  node: NodeProcess,
  organisation: keyof typeof PLACES,
  forward: boolean,
): Promise<void> {
  const hand = forward ? ['--forward'] : [];
  const { code, text } = await lotbook(
    node,
    'partners',
    'inquiries',
    organisation,
    ...hand,
    '--at',
    PLACES[organisation],
  );
  expect({ code, text }).toMatchObject({ code: 0 });
}

interface End {
  thing: string;
  direction: string;
  reason: string;
  organisation: string | null;
  since: string | null;
}

interface Batch {
  things: { identifier: string; direction: string }[];
  events: { book: string }[];
  ends: End[];
  organisations: { organisation: string; via: string[]; state: string; records: number; refused: number }[];
}

async function lotbook(node: NodeProcess, ...args: string[]): Promise<{ code: number | null; text: string }> {
  const { port } = new URL(node.url);
  const { code, stdout, stderr } = await runCli(['--dir', node.dir, '--port', port, ...args]).ended;
  return { code, text: code === 0 ? stdout : stdout + stderr };
}

async function traceAcross(...args: string[]): Promise<Batch[]> {
  const { code, text } = await lotbook(shop, 'trace', SALAD, '--across', ...FOR, '--json', ...args);
  expect({ code, text }).toMatchObject({ code: 0 });
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Batch);
}

describe('a trace across organisations', { timeout: 300_000 }, () => {
  it('goes from node to node, says who withholds and who does not answer, and keeps what was shown', async () => {
    const batches = await traceAcross();
    const back = batches.flatMap(({ things }) => things).filter(({ direction }) => direction === 'BACK');
    expect(back.map(({ identifier }) => identifier).sort()).toEqual([CROP, OIL, SALAD].sort());
    const books = batches.flatMap(({ events }) => events.map(({ book }) => book));
    expect(new Set(books)).toEqual(new Set([SHOP, PACKER, FARM].map((each) => `${each}/${BOOK}`)));

    const ends = batches.flatMap((batch) => batch.ends).filter(({ direction }) => direction === 'BACK');
    expect(ends).toEqual([
      expect.objectContaining({ thing: CROP, reason: 'WITHHELD', organisation: FARM }),
      expect.objectContaining({
        thing: OIL,
        reason: 'UNREACHABLE',
        organisation: MILL,
        since: expect.any(String),
      }),
    ]);
    const fares = new Map(
      batches.flatMap((batch) => batch.organisations).map((each) => [each.organisation, each]),
    );
    expect(fares.get(PACKER)).toMatchObject({ via: [], state: 'ANSWERED', records: 4, refused: 0 });
    expect(fares.get(FARM)).toMatchObject({ via: [PACKER], state: 'ANSWERED', records: 2, refused: 0 });
    expect(fares.get(MILL)).toMatchObject({ via: [PACKER], state: 'UNREACHABLE' });
  });

  it('keeps the proofs of what was shown for the case, and goes on from them', async () => {
    const { text } = await lotbook(shop, 'received', CASE, '--json');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const records = lines.filter((line) => 'token' in line);
    expect(records.map(({ organisation }) => organisation).sort()).toEqual([
      FARM,
      FARM,
      ...Array<string>(4).fill(PACKER),
    ]);
    expect(records.every(({ disclosures }) => (disclosures as string[]).length > 0)).toBe(true);
    expect(lines.filter((line) => 'papers' in line)).toMatchObject([
      { book: `${FARM}/${BOOK}`, via: [PACKER] },
      { book: `${PACKER}/${BOOK}`, via: [] },
    ]);
    const [again] = await traceAcross('--back', '--hops', '1');
    expect(again?.things.map(({ identifier }) => identifier)).toEqual([SALAD]);
  });

  it('ends where a firm does not hand inquiries on', async () => {
    await standsAt(packer, FARM, false);
    const batches = await traceAcross('--back', '--case', 'another case');
    const ends = batches.flatMap((batch) => batch.ends);
    expect(ends).toContainEqual(
      expect.objectContaining({ thing: CROP, reason: 'NOT_FORWARDED', organisation: PACKER }),
    );
    expect(
      batches.flatMap(({ organisations }) => organisations.map((each) => each.organisation)),
    ).not.toContain(FARM);
  });

  it('is told to people in words', async () => {
    const { text } = await lotbook(shop, 'trace', SALAD, '--across', ...FOR, '--back');
    expect(text).toMatch(/mill\.example \(by packer\.example\) {2}UNREACHABLE since \d{4}-.*Z/);
    expect(text).toMatch(/BACK +\S+oil +UNREACHABLE since .* mill\.example/);
  });

  it('is for a stated case, and asked by partners alone', async () => {
    expect(await lotbook(shop, 'trace', SALAD, '--across')).toMatchObject({
      code: 1,
      text: expect.stringContaining('--case'),
    });
    const call = { query: 'subscription { inquire(inquiry: "a", hops: ["b"], ask: "{}") { state } }' };
    const headers = async (node: NodeProcess) => ({
      authorization: `Bearer ${await node.token(packer)}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    });
    const ask = async (node: NodeProcess, body: object) => {
      const answer = await fetch(`${packer.url}/graphql`, {
        method: 'POST',
        headers: await headers(node),
        body: JSON.stringify(body),
      });
      return answer.text();
    };
    expect(await ask(packer, call)).toContain('NOT_PERMITTED');
    expect(await ask(shop, call)).toContain('BAD_INPUT');
    const asked = JSON.stringify({
      things: [{ thing: SALAD, direction: 'BACK' }],
      depth: 1,
      from: null,
      until: null,
      most: 1,
    });
    const query =
      'subscription ($ask: String!) { inquire(inquiry: "a.b.c", hops: ["a.b.c"], ask: $ask) { state } }';
    expect(await ask(shop, { query, variables: { ask: asked } })).toContain('UNVERIFIED');
  });
});
