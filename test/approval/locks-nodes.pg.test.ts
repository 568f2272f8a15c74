import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { makePartners, startNodeProcess, until, type NodeProcess } from '../support/nodes.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

const GROWER = 'grower.example';
const PACKER = 'packer.example';
const BOOK = `${GROWER}/harvest`;
const lot = (name: string): string => `https://id.gs1.org/01/09521234543213/10/${name}`;
const ERROR = 'error { code message duty }';

let databases: FreshDatabase[] = [];
let grower: NodeProcess;
let packer: NodeProcess;

beforeAll(async () => {
  databases = await Promise.all([freshDatabase(), freshDatabase()]);
  const [first, second] = databases.map(({ url }) => url) as [string, string];
  [grower, packer] = await Promise.all([
    startNodeProcess({ organisation: GROWER, books: ['harvest'], databaseUrl: first }),
    startNodeProcess({ organisation: PACKER, databaseUrl: second }),
  ]);
  await makePartners(grower, packer);
  const grants = [{ fields: ['quantity', 'uom'] }, { right: 'CHANGE', fields: ['quantity'] }];
  for (const grant of grants) {
    const input = { book: BOOK, audience: { organisations: [PACKER] }, ...grant };
    await grower.mutate(`mutation ($input: AddGrantInput!) { addGrant(input: $input) { ${ERROR} } }`, {
      input,
    });
  }
  for (const record of ['A', 'B', 'C'].map(lot)) {
    const made = await save(grower, { record, base: 0, content: { quantity: '12', uom: 'KGM' } });
    expect(made).toMatchObject({ state: 'APPROVED' });
  }
  await until('the packer has the lots', async () => (await recordAt(packer, lot('C'))) !== null);
}, 120_000);

afterAll(async () => {
  await Promise.all([grower, packer].map((node) => node?.remove()));
  await Promise.all(databases.map((database) => database.drop()));
});

interface Change {
  record: string;
  base: number;
  fields?: object;
  content?: object;
  lock?: number;
}

interface Asked {
  id: string;
  state: string;
  error: { code: string; message: string } | null;
  changes: unknown;
}

/** A save, and what became of it once it is decided. */
async function save(node: NodeProcess, change: Change): Promise<Asked> {
  const updates = [{ book: BOOK, key: randomUUID(), changes: [{ kind: 'LOT', ...change }] }];
  const request = 'id state error { code message } changes';
  const { requestUpdates } = await node.query(
    `mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { ${request} } } }`,
    { updates },
  );
  let [asked] = (requestUpdates as unknown as { requests: [Asked] }).requests;
  await until('the request is decided', async () => {
    if (asked.state !== 'QUEUED') return true;
    const found = await node.query(`query ($id: ID!) { request(id: $id) { ${request} } }`, { id: asked.id });
    asked = found['request'] as unknown as Asked;
    return asked.state !== 'QUEUED';
  });
  return asked;
}

async function take(node: NodeProcess, records: string[], leaseSeconds?: number): Promise<number[]> {
  const { locks } = await node.mutate(
    `mutation ($input: LockRecordsInput!) { lockRecords(input: $input) { locks { record token } ${ERROR} } }`,
    { input: { book: BOOK, records, leaseSeconds } },
  );
  return (locks as { token: number }[]).map(({ token }) => token);
}

interface LockSeen {
  state: string;
  holderName: string;
  organisation: string;
  mine: boolean;
  token: number;
}

async function recordAt(node: NodeProcess, id: string) {
  const { record } = await node.query(
    `query ($book: ID!, $id: ID!) { record(book: $book, id: $id) { version fields lock { state holderName organisation mine token } } }`,
    { book: BOOK, id },
  );
  return record as { version: number; fields: { quantity: string }; lock: LockSeen | null } | null;
}

describe('two editors at two nodes, on one record', () => {
  test('the second sees who holds it, cannot lock or change it, and can once it was saved', async () => {
    const [token = 0] = await take(grower, [lot('A'), lot('B')]);
    await until(
      'the packer sees the lock',
      async () => (await recordAt(packer, lot('A')))?.lock?.state === 'HELD',
    );
    // The rules give the packer two fields, and not the name of who holds a lock.
    expect((await recordAt(packer, lot('A')))?.lock).toMatchObject({
      holderName: `A user at ${GROWER}`,
      organisation: GROWER,
      mine: false,
    });
    // All of them or none: B is held, so C stays free.
    await expect(take(packer, [lot('C'), lot('B')])).rejects.toThrow(`A user at ${GROWER} holds this record`);
    expect((await recordAt(grower, lot('C')))?.lock).toBeNull();
    const refused = await save(packer, { record: lot('A'), base: 1, fields: { quantity: '13' } });
    expect(refused.error?.code).toBe('LOCKED');
    const saved = await save(grower, { record: lot('A'), base: 1, fields: { quantity: '14' }, lock: token });
    expect(saved.state).toBe('APPROVED');
    await until('the packer sees the save, and the end of the lock', async () => {
      const seen = await recordAt(packer, lot('A'));
      return seen?.fields.quantity === '14' && seen.lock?.state === 'SAVED';
    });
    const own = await save(packer, { record: lot('A'), base: 2, fields: { quantity: '15' } });
    expect(own.state).toBe('APPROVED');
  });

  test('a lease that nobody renews runs out, and the late save is refused with its draft kept', async () => {
    const [token = 0] = await take(packer, [lot('C')], 2);
    await until(
      'the lock has expired',
      async () => (await recordAt(packer, lot('C')))?.lock?.state === 'EXPIRED',
    );
    expect((await save(grower, { record: lot('C'), base: 1, fields: { quantity: '20' } })).state).toBe(
      'APPROVED',
    );
    const late = await save(packer, { record: lot('C'), base: 1, fields: { quantity: '99' }, lock: token });
    expect(late).toMatchObject({
      state: 'REFUSED',
      error: { code: 'LOCK_LOST', message: expect.stringContaining('since its lease ran out') as string },
      changes: [{ record: lot('C'), fields: { quantity: '99' } }],
    });
    expect((await recordAt(grower, lot('C')))?.fields.quantity).toBe('20');
  });

  test('its holder renews a lock through its own node, until an administrator of the owner breaks it', async () => {
    const [token = 0] = await take(packer, [lot('C')]);
    const { renewLocks } = await packer.query(
      `mutation ($book: ID!, $locks: [LockTokenInput!]!) { renewLocks(book: $book, locks: $locks) { until ${ERROR} } }`,
      { book: BOOK, locks: [{ record: lot('C'), token }] },
    );
    expect(renewLocks).toMatchObject({ error: null });
    const env = { DATABASE_URL: databases[0]?.url ?? '' };
    const at = ['--dir', grower.dir, '--port', new URL(grower.url).port];
    const list = await runCli([...at, 'locks', 'list', 'harvest'], env).ended;
    expect(list.stdout).toContain(lot('C'));
    const broken = await runCli([...at, 'locks', 'break', 'harvest', lot('C'), '--reason', 'gone home'], env)
      .ended;
    expect(broken).toMatchObject({ code: 0, stdout: expect.stringContaining('is broken') as string });
    const late = await save(packer, { record: lot('C'), base: 2, fields: { quantity: '99' }, lock: token });
    expect(late.error?.message).toContain('since an administrator broke it');
  });
});
