import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { makePartners, startNodeProcess, until, type NodeProcess } from '../support/nodes.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

const BOOK = 'grower.example/harvest';
const LOT = 'https://id.gs1.org/01/09521234543213/10/A';
/** A take-over takes some leases, and all four nodes share the machine with other tests. */
const PATIENCE_MS = 90_000;

let databases: FreshDatabase[] = [];
let grower: NodeProcess;
let freight: NodeProcess;
let notary: NodeProcess;
let packer: NodeProcess;

beforeAll(async () => {
  databases = await Promise.all(Array.from({ length: 4 }, () => freshDatabase()));
  const start = (organisation: string, at: number, books: string[] = []) =>
    startNodeProcess({
      organisation,
      books,
      databaseUrl: databases[at]?.url ?? '',
      env: { LOTBOOK_HOLDER_PATIENCE_MS: '1000' },
    });
  [grower, freight, notary, packer] = await Promise.all([
    start('grower.example', 0, ['harvest']),
    start('freight.example', 1),
    start('notary.example', 2),
    start('packer.example', 3),
  ]);
  for (const other of [freight, notary, packer]) await makePartners(grower, other);
  for (const right of ['READ', 'CHANGE']) {
    const audience = { organisations: ['freight.example', 'packer.example'] };
    const input = { book: BOOK, audience, right, fields: ['quantity'] };
    await grower.mutate(
      'mutation ($input: AddGrantInput!) { addGrant(input: $input) { error { code message duty } } }',
      { input },
    );
  }
  expect((await save(grower, { base: 0, content: { quantity: '12', uom: 'KGM' } })).state).toBe('APPROVED');
  const at = ['--dir', grower.dir, '--port', new URL(grower.url).port];
  const who = ['--backup', 'freight.example', '--witness', 'notary.example'];
  const when = ['--lease', '3s', '--take-over-after', '3s'];
  const { code } = await runCli([...at, 'authority', 'appoint', 'harvest', ...who, ...when]).ended;
  expect(code).toBe(0);
  await until('the packer has the lot', async () => (await lockAt(packer)) !== undefined, PATIENCE_MS);
}, 240_000);

afterAll(async () => {
  await Promise.all([grower, freight, notary, packer].map((node) => node?.remove()));
  await Promise.all(databases.map((database) => database.drop()));
});

interface Asked {
  id: string;
  state: string;
  error: { code: string } | null;
}

/** A save, and what became of it once it is decided. */
async function save(node: NodeProcess, change: object): Promise<Asked> {
  const updates = [{ book: BOOK, key: randomUUID(), changes: [{ kind: 'LOT', record: LOT, ...change }] }];
  const { requestUpdates } = await node.query(
    'mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { id state error { code } } } }',
    { updates },
  );
  let [asked] = (requestUpdates as unknown as { requests: [Asked] }).requests;
  const isDecided = async (): Promise<boolean> => {
    if (asked.state !== 'QUEUED') return true;
    const { request } = await node.query(
      'query ($id: ID!) { request(id: $id) { id state error { code } } }',
      {
        id: asked.id,
      },
    );
    asked = request as unknown as Asked;
    return asked.state !== 'QUEUED';
  };
  await until('the request is decided', isDecided, PATIENCE_MS);
  return asked;
}

/** The state of the lock of the lot; undefined where the lot is not there. */
async function lockAt(node: NodeProcess): Promise<string | null | undefined> {
  const { record } = await node.query(
    'query ($book: ID!, $id: ID!) { record(book: $book, id: $id) { lock { state } } }',
    { book: BOOK, id: LOT },
  );
  const found = record as { lock: { state: string } | null } | null;
  return found ? (found.lock?.state ?? null) : undefined;
}

test('a certified lock is held when the owner is dead and its backup approves: others are refused, and its token still saves', async () => {
  const { locks } = await packer.mutate(
    `mutation ($input: LockRecordsInput!) {
      lockRecords(input: $input) { locks { token } error { code message duty } }
    }`,
    { input: { book: BOOK, records: [LOT] } },
  );
  const [{ token }] = locks as [{ token: number }];
  await until('the backup has the lock', async () => (await lockAt(freight)) === 'HELD', PATIENCE_MS);
  await grower.kill9();
  const refused = await save(freight, { base: 1, fields: { quantity: '13' } });
  expect(refused.error?.code).toBe('LOCKED');
  const saved = await save(packer, { base: 1, fields: { quantity: '14' }, lock: token });
  expect(saved).toMatchObject({ state: 'APPROVED', error: null });
  await until('the save has ended the lock', async () => (await lockAt(packer)) === 'SAVED', PATIENCE_MS);
}, 240_000);
