import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { packagePath } from '../../../api/package-root.ts';
import { openEmbedded } from '../../../api/store/embedded.ts';
import { migrate } from '../../../api/store/migrate.ts';

/** The PostgreSQL server under all figures and limits of a run. */
export interface BenchServer {
  /** Version and what durability costs here. */
  description: string;
  /** The URL of a new, migrated database. */
  freshDatabase(): Promise<string>;
  close(): Promise<void>;
}

/** The server that DATABASE_URL names, else an embedded one in a temporary directory, set as a node sets it. */
export async function openServer(): Promise<BenchServer> {
  const given = process.env['DATABASE_URL'];
  const dir = await mkdtemp(join(tmpdir(), 'lotbook-bench-'));
  const log = { info: () => undefined, warn: () => undefined };
  const embedded = given ? null : await openEmbedded({ dir, log });
  const adminUrl = given ?? embedded?.adminUrl ?? '';
  const names: string[] = [];
  const { rows } = await asAdmin(adminUrl, (admin) =>
    admin.query<{ version: string; fsync: string; commit: string }>(
      `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync,
              current_setting('synchronous_commit') AS commit`,
    ),
  );
  const [is] = rows;
  return {
    description: `PostgreSQL ${is?.version} (${given ? 'DATABASE_URL' : 'embedded'}), fsync ${is?.fsync}, synchronous_commit ${is?.commit}`,
    freshDatabase: async () => {
      const name = `lotbook_bench_${randomBytes(5).toString('hex')}`;
      names.push(name);
      await asAdmin(adminUrl, (admin) => admin.query(`CREATE DATABASE ${name}`));
      const url = new URL(adminUrl);
      url.pathname = `/${name}`;
      await migrate({ url: url.href, dir: packagePath('prisma', 'migrations') });
      return url.href;
    },
    close: async () => {
      await asAdmin(adminUrl, async (admin) => {
        for (const name of names) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      });
      await embedded?.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function asAdmin<T>(url: string, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  return work(admin).finally(() => admin.end());
}
