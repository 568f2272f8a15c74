import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { packagePath } from '../../api/package-root.ts';
import { openEmbedded } from '../../api/store/embedded.ts';
import { migrate } from '../../api/store/migrate.ts';

/** What every test file is told about the run's one PostgreSQL server. */
export interface TestServer {
  /** of a role that may create databases; empty when there is no server */
  adminUrl: string;
  /** the name that all databases of this run begin with; `<prefix>template` is the migrated one */
  prefix: string;
  /** of this run alone: what it holds need not outlive the run */
  ownServer: boolean;
  /** why there is no server or no template */
  problem: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestServer;
  }
}

const silent = { info: () => undefined, warn: () => undefined };

/** One server for the whole run: TEST_DATABASE_URL, else DATABASE_URL, else an embedded one in a temporary directory. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const prefix = `lotbook_test_${randomBytes(4).toString('hex')}_`;
  const undo: (() => Promise<unknown>)[] = [];
  const given = process.env.TEST_DATABASE_URL || process.env.DATABASE_URL;
  const server: TestServer = { adminUrl: '', prefix, ownServer: !given, problem: '' };
  try {
    server.adminUrl = given || (await embedded(undo));
    undo.unshift(() => dropAll(server));
    await asAdmin(server, (admin) => admin.query(`CREATE DATABASE ${prefix}template`));
    await migrate({
      url: databaseUrl(server, `${prefix}template`),
      dir: packagePath('prisma', 'migrations'),
    });
  } catch (error) {
    // Tests that need no database run all the same; the others fail with this text.
    server.problem = error instanceof Error ? error.message : String(error);
  }
  project.provide('postgres', server);
  return async () => {
    for (const step of undo) await step();
  };
}

async function embedded(undo: (() => Promise<unknown>)[]): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'lotbook-test-'));
  undo.push(() => rm(dir, { recursive: true, force: true }));
  const database = await openEmbedded({ dir, log: silent });
  undo.unshift(() => database.stop());
  await asAdmin({ adminUrl: database.adminUrl }, spareDisk);
  return database.adminUrl;
}

/** Tests of what must last start servers of their own. */
async function spareDisk(admin: pg.Client): Promise<void> {
  for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit', 'autovacuum'])
    await admin.query(`ALTER SYSTEM SET ${setting} = off`);
  await admin.query('SELECT pg_reload_conf()');
}

async function dropAll(server: TestServer): Promise<void> {
  await asAdmin(server, async (admin) => {
    const { rows } = await admin.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
      [server.prefix],
    );
    for (const { datname } of rows) await admin.query(`DROP DATABASE IF EXISTS "${datname}" WITH (FORCE)`);
  });
}

export async function asAdmin<T>(
  server: Pick<TestServer, 'adminUrl'>,
  work: (admin: pg.Client) => Promise<T>,
): Promise<T> {
  const admin = new pg.Client({ connectionString: server.adminUrl });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

export function databaseUrl(server: TestServer, database: string): string {
  const url = new URL(server.adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}
