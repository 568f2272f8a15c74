import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toLotbookError } from '../../api/errors.ts';
import { openDatabase } from '../../api/store/database.ts';
import { inTransaction } from '../../api/store/transaction.ts';
import { freshDatabase } from '../support/postgres.ts';
import type { Database } from '../../api/store/database.ts';
import type { FreshDatabase } from '../support/postgres.ts';

let fresh: FreshDatabase;
let database: Database;

beforeAll(async () => {
  fresh = await freshDatabase({ empty: true });
  database = openDatabase({ url: fresh.url, poolSize: 2, applicationName: 'test' });
  await database.pool.query('CREATE TABLE entry (id int PRIMARY KEY)');
});

afterAll(async () => {
  await database.close();
  await fresh.drop();
});

async function one(sql: string): Promise<unknown> {
  const { rows } = await database.pool.query<{ value: unknown }>(`SELECT ${sql} AS value`);
  return rows[0]?.value;
}

async function entries(): Promise<number[]> {
  const { rows } = await database.pool.query<{ id: number }>('SELECT id FROM entry ORDER BY id');
  return rows.map((row) => row.id);
}

describe('values read by raw SQL', () => {
  test.each([
    ['9007199254740991::int8', 9007199254740991],
    ['ARRAY[1, NULL, -2]::int8[]', [1, null, -2]],
    [`'{}'::int8[]`, []],
    ['0.10::numeric', '0.10'],
    [`'2026-03-01'::date`, '2026-03-01'],
    [`'2026-03-01 10:00:00.5+02'::timestamptz`, new Date('2026-03-01T08:00:00.500Z')],
    [`'2026-03-01 10:00:00.5'::timestamp`, new Date('2026-03-01T10:00:00.500Z')],
    [`current_setting('TimeZone')`, 'UTC'],
    [`current_setting('statement_timeout')`, '30s'],
  ])('%s', async (sql, expected) => {
    expect(await one(sql)).toEqual(expected);
  });

  test('an int8 beyond the safe integers is an error, not a rounded number', async () => {
    await expect(one('9007199254740992::int8')).rejects.toThrow(RangeError);
  });

  test('options given in the URL are kept beside the time zone', async () => {
    const other = openDatabase({
      url: `${fresh.url}?options=${encodeURIComponent('-c work_mem=5MB')}`,
      poolSize: 1,
      applicationName: 'test',
    });
    const { rows } = await other.pool.query(
      `SELECT current_setting('work_mem') AS memory, current_setting('TimeZone') AS zone`,
    );
    await other.close();
    expect(rows).toEqual([{ memory: '5MB', zone: 'UTC' }]);
  });
});

describe('a transaction', () => {
  test('commits what it did when it resolves', async () => {
    await inTransaction(database.pool, (client) => client.query('INSERT INTO entry VALUES (1)'));
    expect(await entries()).toContain(1);
  });

  test('leaves nothing when it rejects, and passes the error on', async () => {
    const failing = inTransaction(database.pool, async (client) => {
      await client.query('INSERT INTO entry VALUES (2)');
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await entries()).not.toContain(2);
  });

  test('does not pass for committed when a failed statement in it was swallowed', async () => {
    const swallowing = inTransaction(database.pool, async (client) => {
      await client.query('INSERT INTO entry VALUES (3)');
      await client.query('SELECT 1/0').catch(() => undefined);
    });
    await expect(swallowing).rejects.toThrow('rolled back');
    expect(await entries()).not.toContain(3);
  });

  test('whose connection breaks closes it: the process lives and the pool goes on', async () => {
    const broken = inTransaction(database.pool, async (client) => {
      await client.query('SELECT pg_terminate_backend(pg_backend_pid())').catch(() => undefined);
      await client.query('SELECT 1');
    });
    await expect(broken).rejects.toThrow();
    for (let i = 0; i < 4; i += 1) expect(await one('1')).toBe(1);
  });
});

test('raw SQL and Prisma use the same pool', async () => {
  await database.pool.query('INSERT INTO entry VALUES (9)');
  expect(await database.prisma.$queryRaw`SELECT id FROM entry WHERE id = 9`).toEqual([{ id: 9 }]);
  expect(database.pool.totalCount).toBeLessThanOrEqual(2);
});

test('an idle connection that the server ends is told and replaced', async () => {
  const told: string[] = [];
  const other = openDatabase({
    url: fresh.url,
    poolSize: 1,
    applicationName: 'idle',
    onIdleError: (error) => told.push(error.message),
  });
  await other.pool.query('SELECT 1');
  await database.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'idle'`,
  );
  await expect.poll(() => told.length).toBeGreaterThan(0);
  expect((await other.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await other.close();
});

describe('a caller that gets no connection in time', () => {
  test('is told to come back, by the pool as by Prisma', async () => {
    const options = { url: fresh.url, poolSize: 1, applicationName: 'test', connectionTimeoutMs: 1_000 };
    const busy = openDatabase(options);
    const held = await busy.pool.connect();
    const calls = await Promise.allSettled([
      busy.pool.query('SELECT 1'),
      busy.pool.connect(),
      busy.prisma.organisation.findMany(),
      busy.prisma.$transaction((tx) => tx.organisation.findMany()),
    ]);
    for (const call of calls) {
      const { code, details } = toLotbookError(call.status === 'rejected' && call.reason);
      expect({ code, details }).toEqual({ code: 'TOO_BUSY', details: { retryAfterMs: 5000 } });
    }
    held.release();
    await expect(busy.pool.query('SELECT 1')).resolves.toMatchObject({ rowCount: 1 });
    await busy.close();
  });

  test('whose database takes the connection and says nothing, is told so too', async () => {
    const mute = createServer((socket) => void socket.resume());
    await new Promise<void>((resolve) => void mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    const url = `postgresql://x@127.0.0.1:${port}/x`;
    const hung = openDatabase({ url, poolSize: 1, applicationName: 'test', connectionTimeoutMs: 20 });
    await expect(hung.pool.query('SELECT 1')).rejects.toMatchObject({ code: 'TOO_BUSY' });
    await hung.close();
    await new Promise((resolve) => void mute.close(resolve));
  });
});
