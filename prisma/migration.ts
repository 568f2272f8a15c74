/*
 * The migration writer and checker.
 *
 *   tsx prisma/migration.ts write <name>   writes prisma/migrations/<timestamp>_<name>/migration.sql
 *   tsx prisma/migration.ts --check        ends with 1 when schema.prisma holds what no migration does
 *
 * Both apply the migrations to a scratch database, as a starting node does, and compare that with the data model. What
 * Prisma cannot express (functions, triggers, partial indexes, check constraints) is written into the file by hand.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { packagePath } from '../api/package-root.ts';
import { openEmbedded } from '../api/store/embedded.ts';
import { migrate } from '../api/store/migrate.ts';
import { CatalogAdapter } from './catalog-adapter.ts';

const SCHEMA = packagePath('prisma', 'schema.prisma');
const MIGRATIONS = packagePath('prisma', 'migrations');

async function main(args: string[]): Promise<number> {
  const [command, name] = args;
  if (command === '--check') return check();
  if (command === 'write' && name !== undefined && /^[a-z][a-z0-9_]*$/.test(name)) return write(name);
  console.error('usage: tsx prisma/migration.ts write <name of a-z, 0-9 and _> | --check');
  return 2;
}

async function check(): Promise<number> {
  const missing = await missingSql();
  if (missing === '') {
    console.log('The migrations hold all of prisma/schema.prisma.');
    return 0;
  }
  console.error(
    `A migration is missing: run tsx prisma/migration.ts write <name>. It would hold:\n\n${missing}`,
  );
  return 1;
}

async function write(name: string): Promise<number> {
  const sql = await missingSql();
  if (sql === '') {
    console.log('Nothing to write: the migrations hold all of prisma/schema.prisma.');
    return 0;
  }
  const timestamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const dir = join(MIGRATIONS, `${timestamp}_${name}`);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'migration.sql'), `${sql}\n`);
  await writeFile(join(MIGRATIONS, 'migration_lock.toml'), 'provider = "postgresql"\n');
  console.log(`Wrote ${join(dir, 'migration.sql')}: read it before you commit it.`);
  return 0;
}

/** The SQL that leads from what the migrations make to the data model; empty when they are the same. */
async function missingSql(): Promise<string> {
  return withScratchDatabase(async (url) => {
    await migrate({ url, dir: MIGRATIONS });
    await execute(url, 'DROP TABLE "_prisma_migrations"');
    return difference(url, await readFile(SCHEMA, 'utf8'));
  });
}

async function difference(url: string, schema: string): Promise<string> {
  await loadEngine();
  const pool = new pg.Pool({ connectionString: url });
  const adapter = bindMigrationAwareSqlAdapterFactory(new CatalogAdapter(pool));
  const schemaEngine = await engine.SchemaEngine.new(
    { datamodels: [[SCHEMA, schema]] },
    () => undefined,
    adapter,
  );
  try {
    const { exitCode, stdout } = await schemaEngine.diff({
      from: {
        tag: 'schemaDatasource',
        files: [{ path: SCHEMA, content: schema }],
        configDir: dirname(SCHEMA),
      },
      to: { tag: 'schemaDatamodel', files: [{ path: SCHEMA, content: schema }] },
      script: true,
      exitCode: true,
      filters: { externalTables: [], externalEnums: [] },
    });
    return exitCode === 2 ? (stdout ?? '').trim() : '';
  } finally {
    schemaEngine.free();
    await pool.end();
  }
}

/** Node has it; its types of this version do not. */
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: object,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

/** The engine is WebAssembly without a loader for Node. */
async function loadEngine(): Promise<void> {
  const glue = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const bytes = await readFile(join(dirname(glue), 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': { ...engine } });
  engine.__wbg_set_wasm(instance.exports);
  const start = instance.exports['__wbindgen_start'];
  if (typeof start === 'function') start();
}

/** An empty database, on DATABASE_URL's server or on an embedded one, for the time of `work`. */
async function withScratchDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const given = process.env.DATABASE_URL;
  if (given) return withDatabase(given, work);
  const dir = await mkdtemp(join(tmpdir(), 'lotbook-migration-'));
  const silent = { info: () => undefined, warn: () => undefined };
  try {
    const server = await openEmbedded({ dir, log: silent });
    return await withDatabase(server.adminUrl, work).finally(() => server.stop());
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function withDatabase<T>(serverUrl: string, work: (url: string) => Promise<T>): Promise<T> {
  const name = `lotbook_scratch_${randomBytes(6).toString('hex')}`;
  await execute(serverUrl, `CREATE DATABASE ${name} TEMPLATE template0`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  try {
    return await work(url.href);
  } finally {
    await execute(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
  }
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

process.exitCode = await main(process.argv.slice(2));
