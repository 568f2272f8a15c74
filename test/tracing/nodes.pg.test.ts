import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { makePartners, startNodeProcess, until, type NodeProcess } from '../support/nodes.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

const FARM = 'farm.example';
const PACKER = 'packer.example';
const HARVEST = `${FARM}/harvest`;
const SEASON = `${PACKER}/season`;
const lot = (name: string): string => `https://id.gs1.org/01/09521234543213/10/${name}`;
const [SEED, CROP, SALAD, WRAP] = ['seed', 'crop', 'salad', 'wrap'].map(lot) as [
  string,
  string,
  string,
  string,
];
const PLANT = 'https://id.gs1.org/414/9521321000018';

let databases: FreshDatabase[] = [];
let farm: NodeProcess;
let packer: NodeProcess;

beforeAll(async () => {
  databases = await Promise.all([freshDatabase(), freshDatabase()]);
  const [first, second] = databases.map(({ url }) => url) as [string, string];
  [farm, packer] = await Promise.all([
    startNodeProcess({ organisation: FARM, books: ['harvest'], databaseUrl: first }),
    startNodeProcess({ organisation: PACKER, books: ['season'], databaseUrl: second }),
  ]);
  await makePartners(farm, packer);
  const error = 'error { code message duty }';
  await farm.mutate(`mutation ($input: AddGrantInput!) { addGrant(input: $input) { ${error} } }`, {
    input: {
      book: HARVEST,
      audience: { organisations: [PACKER] },
      selector: { kinds: ['EVENT'] },
      // Not what the crop was grown from.
      fields: GRANTED,
    },
  });
  await capture(farm, HARVEST, [
    made(1, { [SEED]: '2 KGM' }, { [CROP]: '500 KGM' }),
    seen(2, 'shipping', { [CROP]: '500 KGM' }),
  ]);
  await capture(packer, SEASON, [
    seen(3, 'receiving', { [CROP]: '500 KGM' }),
    made(4, { [CROP]: '300 KGM' }, { [SALAD]: '290 KGM' }),
    made(5, { [CROP]: '250 KGM' }, { [WRAP]: '240 KGM' }),
  ]);
  const copied =
    'query ($book: ID!) { records(book: $book, filter: { kinds: [EVENT] }) { edges { node { id } } } }';
  await until('the packer has what the farm shares', async () => {
    const { records } = await packer.query(copied, { book: HARVEST });
    return (records as { edges: unknown[] }).edges.length === 2;
  });
}, 120_000);

afterAll(async () => {
  await Promise.all([farm, packer].map((node) => node?.remove()));
  await Promise.all(databases.map((database) => database.drop()));
});

const GRANTED = [
  'type',
  'action',
  'eventTime',
  'bizStep',
  'outputQuantityList[].epcClass',
  'outputQuantityList[].quantity',
  'outputQuantityList[].uom',
  'quantityList[].epcClass',
  'quantityList[].quantity',
  'quantityList[].uom',
];

const base = (day: number) => ({
  eventID: `urn:uuid:${randomUUID()}`,
  eventTime: `2026-06-0${day}T12:00:00Z`,
  eventTimeZoneOffset: '+00:00',
});
const list = (amounts: Record<string, string>) =>
  Object.entries(amounts).map(([epcClass, amount]) => {
    const [quantity = '', uom = ''] = amount.split(' ');
    return { epcClass, quantity, uom };
  });
const made = (day: number, inputs: Record<string, string>, outputs: Record<string, string>) => ({
  ...base(day),
  type: 'TransformationEvent',
  inputQuantityList: list(inputs),
  outputQuantityList: list(outputs),
  bizLocation: { id: PLANT },
});
const seen = (day: number, bizStep: string, amounts: Record<string, string>) => ({
  ...base(day),
  type: 'ObjectEvent',
  action: 'OBSERVE',
  bizStep,
  quantityList: list(amounts),
});

async function capture(node: NodeProcess, book: string, contents: object[]): Promise<void> {
  const changes = contents.map((content) => ({ kind: 'EVENT', content }));
  const { requests } = await node.mutate(
    'mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state error { code message place } } } }',
    { updates: [{ book, key: randomUUID(), changes }] },
  );
  expect(requests).toEqual([{ state: 'APPROVED', error: null }]);
}

interface Batch {
  things: { identifier: string; direction: string }[];
  events: { book: string }[];
  ends: { thing: string; reason: string; organisation: string | null }[];
  summary: object | null;
}

async function traceBy(
  node: NodeProcess,
  ...args: string[]
): Promise<{ code: number | null; text: string; batches: Batch[] }> {
  const port = new URL(node.url).port;
  const { code, stdout, stderr } = await runCli(['--dir', node.dir, '--port', port, 'trace', ...args]).ended;
  const isJson = args.includes('--json');
  const lines = stdout.trim().split('\n');
  return {
    code,
    text: stdout + stderr,
    batches: isJson ? lines.map((line) => JSON.parse(line) as Batch) : [],
  };
}

describe('a trace at a node with a local copy of a partner', () => {
  it('goes through both, and names who withholds what at its end', async () => {
    const { code, batches } = await traceBy(packer, SALAD, '--json');
    expect(code).toBe(0);
    const back = batches.flatMap(({ things }) => things).filter(({ direction }) => direction === 'BACK');
    expect(back.map(({ identifier }) => identifier)).toEqual([SALAD, CROP]);
    expect(new Set(batches.flatMap(({ events }) => events.map(({ book }) => book)))).toEqual(
      new Set([HARVEST, SEASON]),
    );
    const ends = batches.flatMap((batch) => batch.ends);
    expect(ends).toContainEqual(
      expect.objectContaining({ thing: CROP, reason: 'WITHHELD', organisation: FARM }),
    );
    expect(batches.map(({ summary }) => summary !== null)).toEqual(
      batches.map((_, nr) => nr === batches.length - 1),
    );
  });

  it('comes streaming, what is near first', async () => {
    const { batches } = await traceBy(packer, CROP, '--forward', '--json');
    expect(batches.length).toBeGreaterThan(2);
    expect(batches[0]?.things).toMatchObject([{ identifier: CROP }]);
  });

  it('is told to people in words', async () => {
    const { code, text } = await traceBy(packer, CROP, '--forward');
    expect({ code, text }).toEqual({ code: 0, text: expect.stringContaining(SALAD) });
    expect(text).toMatch(/IN_STOCK/);
    expect(text).toContain('3 things, 4 events, 2 ends');
    expect(await traceBy(packer, CROP, '--depth', 'deep')).toMatchObject({ code: 2 });
  });

  it('is refused where it makes no sense', async () => {
    const { code, text } = await traceBy(packer, CROP, '--book', 'nobody.example/none');
    expect({ code, text }).toEqual({ code: 1, text: expect.stringContaining('no such thing') });
  });
});

describe('what investigators ask a node', () => {
  it('is which lot explains the legs of an outbreak', async () => {
    const legs = [SALAD, WRAP].map((thing) => ({ name: thing.split('/').at(-1), starts: [{ thing }] }));
    const { converge } = await packer.query(
      `query ($input: ConvergeInput!) {
         converge(input: $input) {
           candidates { kind identifier explains unexplained score robustness distance }
           missing { end { thing reason organisation } legs score changesFirst }
         }
       }`,
      { input: { legs } },
    );
    const { candidates, missing } = converge as { candidates: object[]; missing: object[] };
    expect(candidates[0]).toMatchObject({
      kind: 'PLACE',
      identifier: PLANT,
      score: 1,
      explains: ['salad', 'wrap'],
    });
    expect(candidates[1]).toEqual({
      kind: 'THING',
      identifier: CROP,
      explains: ['salad', 'wrap'],
      unexplained: [],
      score: 1,
      robustness: 1,
      distance: 2,
    });
    expect(missing).toEqual([]);
  });

  it('is what became of a lot, and what cannot be', async () => {
    const { reconcile } = await packer.query(
      `query ($input: ReconcileInput!) {
         reconcile(input: $input) {
           lots { lot unit received shipped used left unexplained }
           transformations { unit input output difference }
           totals { unit lots reconciled }
           findings { kind lot quantity unit events }
         }
       }`,
      { input: { starts: [{ thing: CROP }], direction: 'FORWARD' } },
    );
    expect(reconcile).toMatchObject({
      lots: expect.arrayContaining([
        { lot: CROP, unit: 'KGM', received: '0', shipped: '0', used: '550', left: '-50', unexplained: '-50' },
      ]),
      findings: [{ kind: 'OVERDRAWN', lot: CROP, quantity: '50', unit: 'KGM' }],
    });
  });
});
