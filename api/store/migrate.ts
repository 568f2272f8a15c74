import { createHash, randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { connection } from './database.ts';
import { StoreError } from './error.ts';

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

interface Applied {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
}

/** The lock that Prisma's own `migrate` commands take, so that they and a starting node exclude each other. */
const PRISMA_LOCK = 72_707_369;

/** As `prisma migrate deploy` creates it: that command and this runner can follow each other on one database. */
const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

/**
 * Brings the database to the migrations in `dir` (`<timestamp>_<name>/migration.sql`), in the order of their names.
 * Each is applied whole or not at all, in one transaction with its row in `_prisma_migrations`, so a file must not hold
 * COMMIT or CREATE INDEX CONCURRENTLY. Processes that start at once wait for each other.
 *
 * @returns the names of the migrations applied now
 * @throws StoreError MIGRATION_*; nothing is applied when the history does not fit
 */
export async function migrate({ url, dir }: { url: string; dir: string }): Promise<string[]> {
  const migrations = await readMigrations(dir);
  const client = new pg.Client({ ...connection(url), application_name: 'lotbook migrate' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    // The session's end releases the lock.
    await client.query('SELECT pg_advisory_lock($1)', [PRISMA_LOCK]);
    await client.query(`SET client_min_messages = warning; ${CREATE_TABLE}`);
    const { rows } = await client.query<Applied>(
      `SELECT migration_name, checksum, finished_at FROM "_prisma_migrations" WHERE rolled_back_at IS NULL ORDER BY started_at`,
    );
    checkHistory(rows, migrations);
    const done = new Set(rows.map((row) => row.migration_name));
    const pending = migrations.filter(({ name }) => !done.has(name));
    for (const migration of pending) await apply(client, migration);
    return pending.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

async function readMigrations(dir: string): Promise<Migration[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(dir, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

function checkHistory(applied: Applied[], migrations: Migration[]): void {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { migration_name: name, checksum, finished_at: finishedAt } of applied) {
    if (finishedAt === null) {
      throw new StoreError(
        'MIGRATION_UNFINISHED',
        `Migration ${name} was begun on this database and did not finish. Undo by hand what it left, then mark it as rolled back, ` +
          `so that it is applied anew: UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '${name}'`,
      );
    }
    const migration = known.get(name);
    if (!migration) {
      throw new StoreError(
        'MIGRATION_MISSING',
        `The database has migration ${name}, which this version of Lotbook does not know. ` +
          'Start the version that the database was last used with, or a later one.',
      );
    }
    if (migration.checksum !== checksum) {
      throw new StoreError(
        'MIGRATION_EDITED',
        `Migration ${name} was changed after it was applied to this database. ` +
          'Put the file back as it was, and write a new migration for the change.',
      );
    }
  }
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  try {
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, clock_timestamp(), NULL, 0)`,
      [randomUUID(), checksum, name],
    );
    await client.query(sql);
    await client.query(
      `UPDATE "_prisma_migrations" SET finished_at = clock_timestamp(), applied_steps_count = 1
       WHERE migration_name = $1 AND rolled_back_at IS NULL`,
      [name],
    );
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    const reason = cause instanceof Error ? cause.message : String(cause);
    const line =
      cause instanceof pg.DatabaseError && cause.position ? lineOf(sql, Number(cause.position)) : undefined;
    throw new StoreError(
      'MIGRATION_FAILED',
      `Migration ${name} failed${line ? ` at line ${line}` : ''} and was rolled back whole: ${reason}. ` +
        'The database is as it was before; put right the cause and start again.',
      { cause },
    );
  }
}

function lineOf(sql: string, position: number): number {
  return sql.slice(0, position).split('\n').length;
}
