import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { asAdmin, databaseUrl } from './global-postgres.ts';

export interface FreshDatabase {
  url: string;
  drop(): Promise<void>;
}

/** A new database for one test or one file, with all migrations applied; `{ empty: true }`: with nothing in it. */
export async function freshDatabase({ empty = false } = {}): Promise<FreshDatabase> {
  const server = inject('postgres');
  if (server.adminUrl === '' || (server.problem !== '' && !empty)) {
    throw new Error(`no PostgreSQL for tests: ${server.problem}`);
  }
  const name = server.prefix + randomBytes(6).toString('hex');
  const template = empty ? 'template0' : `${server.prefix}template`;
  // Copying files is the fastest where the checkpoint before it costs nothing.
  const strategy = server.ownServer ? 'file_copy' : 'wal_log';
  await asAdmin(server, (admin) =>
    admin.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY ${strategy}`),
  );
  return {
    url: databaseUrl(server, name),
    drop: async () => {
      await asAdmin(server, (admin) => admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

/** The run's server as a superuser, for tests that end other sessions. */
export function adminUrl(): string {
  return inject('postgres').adminUrl;
}
