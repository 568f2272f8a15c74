import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openEmbedded } from '../../api/store/embedded.ts';
import { hold, isAlive, killHard, postmasterPid, startHolder, watchdogPid } from '../support/holder.ts';
import type { EmbeddedDatabase } from '../../api/store/embedded.ts';
import type { Script } from '../support/process.ts';

const silent = { info: () => undefined, warn: () => undefined };
let initialised: string;
let dir: string;
let opened: EmbeddedDatabase[];

beforeAll(async () => {
  initialised = await emptyDirectory();
  await (await openEmbedded({ dir: initialised, log: silent })).stop();
});

afterAll(() => rm(initialised, { recursive: true, force: true, maxRetries: 5 }));

/** The directory of a node that was started once and stopped: its making takes seconds, a copy does not. */
beforeEach(async () => {
  dir = await emptyDirectory();
  execFileSync('cp', ['-a', `${initialised}/.`, dir]);
  opened = [];
});

/** As root this directory is closed to the server's user: every test here is also a test of that. */
async function emptyDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'lotbook-embedded-'));
}

/** For what happens at a node's first start. */
async function asBeforeTheFirstStart(): Promise<void> {
  await rm(dir, { recursive: true });
  dir = await emptyDirectory();
}

afterEach(async () => {
  await Promise.all(opened.map((database) => database.stop()));
  const leftRunning = existsSync(join(dir, 'pg', 'postmaster.pid')) ? postmasterPid(dir) : 0;
  if (leftRunning > 0 && isAlive(leftRunning)) process.kill(leftRunning, 'SIGKILL');
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
});

async function openHere(): Promise<EmbeddedDatabase> {
  const database = await openEmbedded({ dir, log: silent });
  opened.push(database);
  return database;
}

async function query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A process that opens the database, writes a row, and lives on. */
async function holderWithRow(): Promise<Script> {
  const holder = await hold(dir);
  await query(holder.url, 'CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)');
  return holder;
}

async function keptRows(database: EmbeddedDatabase): Promise<unknown[]> {
  return query(database.adminUrl, 'SELECT id FROM kept');
}

/** Kills the process that would stop the server, then the node: the server runs on without anybody. */
async function orphanServer(holder: Script): Promise<number> {
  const server = postmasterPid(dir);
  process.kill(watchdogPid(server), 'SIGKILL');
  await killHard(holder);
  expect(isAlive(server)).toBe(true);
  return server;
}

describe('an embedded database', () => {
  test('is durable, in UTC, closed to strangers, and the node is no superuser on it', async () => {
    const database = await openHere();
    const [settings] = await query(
      database.adminUrl,
      `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
              current_setting('full_page_writes') AS pages, current_setting('TimeZone') AS zone,
              current_setting('listen_addresses') AS host, current_setting('unix_socket_directories') AS sockets,
              current_setting('server_encoding') AS encoding`,
    );
    expect(settings).toEqual({
      fsync: 'on',
      commit: 'on',
      pages: 'on',
      zone: 'UTC',
      host: '127.0.0.1',
      sockets: '',
      encoding: 'UTF8',
    });
    expect(await query(database.url, 'SHOW is_superuser')).toEqual([{ is_superuser: 'off' }]);
    const url = new URL(database.url);
    url.password = 'guess';
    await expect(query(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(dir, 'postgres.password')).mode & 0o777).toBe(0o600);
  });

  test('keeps its data and its password from one start to the next', async () => {
    const first = await openHere();
    await query(first.adminUrl, 'CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)');
    await first.stop();
    const second = await openHere();
    expect(await keptRows(second)).toEqual([{ id: 7 }]);
    expect(new URL(second.url).password).toBe(new URL(first.url).password);
  });

  test('keeps values out of its log', async () => {
    const database = await openHere();
    await query(database.adminUrl, 'CREATE TABLE kept (name text UNIQUE)');
    await query(database.adminUrl, `INSERT INTO kept VALUES ('secret')`);
    await expect(query(database.adminUrl, `INSERT INTO kept VALUES ('secret')`)).rejects.toThrow();
    await database.stop();
    expect(await readFile(join(dir, 'postgres.log'), 'utf8')).not.toContain('secret');
  });

  test("does not see the Ctrl-C of the node's terminal: the node can still use it and stops it", async () => {
    const holder = await hold(dir);
    process.kill(-holder.pid, 'SIGINT');
    await holder.line('interrupted');
    expect((await holder.ended).code).toBe(0);
    expect(existsSync(join(dir, 'pg', 'postmaster.pid'))).toBe(false);
  });

  test('that ends by itself is told to the node', async () => {
    const database = await openHere();
    process.kill(postmasterPid(dir), 'SIGKILL');
    expect((await database.failed).code).toBe('EMBEDDED_LOST');
  });

  test('that is damaged is refused with what the server says', async () => {
    const database = await openHere();
    await database.stop();
    await writeFile(join(dir, 'pg', 'postgresql.conf'), 'no_such_setting = 1\n');
    await expect(openHere()).rejects.toMatchObject({
      code: 'EMBEDDED_START_FAILED',
      message: expect.stringContaining('no_such_setting') as string,
    });
  });
});

describe('after kill -9', () => {
  test('of the node, the server stops by itself, and the next start has the data', async () => {
    const holder = await holderWithRow();
    const server = postmasterPid(dir);
    await killHard(holder);
    await expect.poll(() => isAlive(server), { timeout: 20_000 }).toBe(false);
    expect(await keptRows(await openHere())).toEqual([{ id: 7 }]);
  });

  test('of the node, a start at the same moment has the data', async () => {
    await killHard(await holderWithRow());
    expect(await keptRows(await openHere())).toEqual([{ id: 7 }]);
  });

  test('of the node and of what would stop the server, the next start takes the server over', async () => {
    const server = await orphanServer(await holderWithRow());
    const next = await openHere();
    expect(isAlive(server)).toBe(false);
    expect(await keptRows(next)).toEqual([{ id: 7 }]);
  });

  test('of the node and the server, the next start recovers what was committed', async () => {
    const holder = await holderWithRow();
    process.kill(postmasterPid(dir), 'SIGKILL');
    await killHard(holder);
    expect(await keptRows(await openHere())).toEqual([{ id: 7 }]);
  });

  test('half-way through the first start, the next start begins anew and leaves no remains', async () => {
    await asBeforeTheFirstStart();
    const holder = startHolder(dir);
    await expect
      .poll(() => readdirSync(dir).some((name) => name.startsWith('pg.new-')), {
        interval: 5,
        timeout: 20_000,
      })
      .toBe(true);
    await killHard(holder);
    const next = await openHere();
    expect(await query(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(readdirSync(dir).sort()).toEqual(['pg', 'postgres.log', 'postgres.password']);
  });
});

describe('a second node on the same directory', () => {
  test('is refused with the process of the first, which goes on undisturbed', async () => {
    const holder = await hold(dir);
    await expect(openHere()).rejects.toMatchObject({
      code: 'EMBEDDED_IN_USE',
      message: expect.stringContaining(`process ${holder.pid} `) as string,
    });
    expect(await query(holder.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await killHard(holder);
  });

  test('is refused within one process too', async () => {
    await openHere();
    await expect(openHere()).rejects.toMatchObject({ code: 'EMBEDDED_IN_USE' });
  });

  test('is refused also after the session that holds the directory was cut', async () => {
    const first = await openHere();
    const cut = (): Promise<{ pid: number }[]> =>
      query(first.adminUrl, `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted`);
    const [before] = await cut();
    await query(first.adminUrl, `SELECT pg_terminate_backend(${before?.pid})`);
    await expect.poll(async () => (await cut()).some(({ pid }) => pid !== before?.pid)).toBe(true);
    await expect(openHere()).rejects.toMatchObject({ code: 'EMBEDDED_IN_USE' });
  });

  async function exactlyOneOf(scripts: Script[]): Promise<void> {
    const said = await Promise.all(
      scripts.map((script) =>
        Promise.race([script.line('open ').then(() => 'open'), script.line('refused ')]),
      ),
    );
    expect(said.filter((word) => word === 'open')).toHaveLength(1);
    const others = said.filter((word) => word !== 'open');
    for (const word of others) expect(word).toMatch(/^EMBEDDED_IN_USE: /);
    const winner = scripts[said.indexOf('open')];
    for (const word of others) expect(word).toContain(`process ${winner?.pid} `);
    await Promise.all(scripts.map(killHard));
  }

  test('started at the same moment on a new directory: exactly one wins', async () => {
    await asBeforeTheFirstStart();
    await exactlyOneOf([1, 2, 3].map(() => startHolder(dir)));
  });

  test('started at the same moment on an old directory: exactly one wins', async () => {
    await (await openHere()).stop();
    await exactlyOneOf([1, 2, 3].map(() => startHolder(dir)));
  });

  test('started at the same moment over the server of a killed node: exactly one wins', async () => {
    await orphanServer(await holderWithRow());
    await exactlyOneOf([1, 2, 3].map(() => startHolder(dir)));
    expect(await keptRows(await openHere())).toEqual([{ id: 7 }]);
  });
});

test('a postmaster.pid whose number belongs to another process by now does not block the start', async () => {
  await (await openHere()).stop();
  const owner = await stat(join(dir, 'pg'));
  // Of the server's own user: for another user's process PostgreSQL would find out by itself.
  const stranger = spawn('sleep', ['600'], { stdio: 'ignore', uid: owner.uid, gid: owner.gid });
  try {
    const file = join(dir, 'pg', 'postmaster.pid');
    await writeFile(file, `${stranger.pid}\n/proc/self/cwd\n1700000000\n5999\n\n127.0.0.1\n\nready\n`);
    await chown(file, owner.uid, owner.gid);
    const database = await openHere();
    expect(await query(database.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(stranger.exitCode).toBeNull();
  } finally {
    stranger.kill('SIGKILL');
  }
});
