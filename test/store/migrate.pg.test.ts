import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../../api/store/migrate.ts';
import { packagePath } from '../../api/package-root.ts';
import { runScript } from '../support/process.ts';
import { freshDatabase } from '../support/postgres.ts';
import type { FreshDatabase } from '../support/postgres.ts';

let fresh: FreshDatabase;
let dir: string;

beforeEach(async () => {
  fresh = await freshDatabase({ empty: true });
  dir = await mkdtemp(join(tmpdir(), 'lotbook-migrations-'));
  await write('20260101000000_first', 'CREATE TABLE first (id int); INSERT INTO first VALUES (1);');
  await write(
    '20260102000000_second',
    `CREATE FUNCTION twice(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN n * 2; END; $$;`,
  );
});

afterEach(async () => {
  await fresh.drop();
  await rm(dir, { recursive: true });
});

async function write(name: string, sql: string): Promise<void> {
  await mkdir(join(dir, name), { recursive: true });
  await writeFile(join(dir, name, 'migration.sql'), sql);
}

async function query<T extends pg.QueryResultRow>(sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: fresh.url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

const start = (): Promise<string[]> => migrate({ url: fresh.url, dir });

describe('migrations', () => {
  test('are applied in the order of their names, once', async () => {
    expect(await start()).toEqual(['20260101000000_first', '20260102000000_second']);
    expect(await start()).toEqual([]);
    expect(await query('SELECT id, twice(id) FROM first')).toEqual([{ id: 1, twice: 2 }]);
  });

  test('that are new are applied on top of the old', async () => {
    await start();
    await write('20260103000000_third', 'ALTER TABLE first ADD COLUMN name text');
    expect(await start()).toEqual(['20260103000000_third']);
  });

  test('are applied once by two processes that start at the same moment', async () => {
    const script = `
      import { migrate } from './api/store/migrate.ts';
      console.log((await migrate({ url: process.env.URL, dir: process.env.DIR })).length);
    `;
    const both = [1, 2].map(() => runScript(script, { URL: fresh.url, DIR: dir }));
    const results = await Promise.all(both.map((script_) => script_.ended));
    expect(results.map(({ stdout }) => stdout.trim()).sort()).toEqual(['0', '2']);
    expect(await query('SELECT count(*)::int FROM first')).toEqual([{ count: 1 }]);
  });

  test('that fail leave nothing behind, name the line, and can be tried again', async () => {
    await write('20260103000000_third', 'CREATE TABLE third (id int);\nSELECT 1;\nSELECT nonsense;');
    await expect(start()).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringMatching(/20260103000000_third failed at line 3/) as string,
    });
    expect(await query(`SELECT to_regclass('third')::text AS third`)).toEqual([{ third: null }]);
    await write('20260103000000_third', 'CREATE TABLE third (id int);');
    expect(await start()).toEqual(['20260103000000_third']);
  });
});

describe('a start is refused, and nothing applied,', () => {
  beforeEach(async () => {
    await start();
    await write('20260103000000_third', 'CREATE TABLE third (id int)');
  });

  afterEach(async () => {
    expect(await query(`SELECT to_regclass('third')::text AS third`)).toEqual([{ third: null }]);
  });

  test('when an applied migration was edited', async () => {
    await write('20260101000000_first', 'CREATE TABLE first (id bigint);');
    await expect(start()).rejects.toMatchObject({ code: 'MIGRATION_EDITED' });
  });

  test('when the database is ahead of this version', async () => {
    await rm(join(dir, '20260102000000_second'), { recursive: true });
    await expect(start()).rejects.toMatchObject({ code: 'MIGRATION_MISSING' });
  });

  test('when a migration was begun and not finished', async () => {
    await query(`UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name LIKE '%second'`);
    await expect(start()).rejects.toMatchObject({ code: 'MIGRATION_UNFINISHED' });
  });
});

test('a migration that Prisma marked as rolled back is applied again', async () => {
  await start();
  await query(`DROP FUNCTION twice; UPDATE _prisma_migrations
               SET rolled_back_at = now(), finished_at = NULL WHERE migration_name LIKE '%second'`);
  expect(await start()).toEqual(['20260102000000_second']);
});

test("the project's own migrations apply to an empty database", async () => {
  await migrate({ url: fresh.url, dir: packagePath('prisma', 'migrations') });
  expect(await migrate({ url: fresh.url, dir: packagePath('prisma', 'migrations') })).toEqual([]);
});
