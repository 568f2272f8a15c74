import { spawn } from 'node:child_process';
import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findBinaries } from '../../../api/store/embedded/binaries.ts';
import { serverOwner } from '../../../api/store/embedded/owner.ts';
import { freePort } from '../../support/nodes.ts';

/** The embedded server's programs alone: the limit of a start. */
export interface BarePostgres {
  /** Makes the data directory, ms. */
  initialise(): Promise<number>;
  /** Starts the server until it takes a connection and stops it again, ms until the connection. */
  start(): Promise<number>;
  remove(): Promise<void>;
}

export async function openBare(): Promise<BarePostgres> {
  const log = { info: () => undefined, warn: () => undefined };
  const parent = await mkdtemp(join(tmpdir(), 'lotbook-bench-bare-'));
  const dataDir = join(parent, 'pg');
  await mkdir(dataDir, { mode: 0o700 });
  const owner = await serverOwner(join(parent, 'none'), log);
  const { initdb, postgres } = await findBinaries(owner, log);
  if (owner) for (const dir of [parent, dataDir]) await chown(dir, owner.uid, owner.gid);
  const run = (program: string, args: string[]) =>
    spawn(program, args, {
      cwd: dataDir,
      stdio: 'ignore',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      ...(owner && { uid: owner.uid, gid: owner.gid }),
    });
  const ended = (child: ReturnType<typeof run>) =>
    new Promise<number | null>((resolve) => void child.once('exit', resolve));
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--encoding=UTF8'];
  return {
    initialise: async () => {
      const startedAt = performance.now();
      const code = await ended(run(initdb, ['-D', dataDir, '-U', 'postgres', '-A', 'trust', ...locale]));
      if (code !== 0) throw new Error(`initdb ended with ${code}`);
      return performance.now() - startedAt;
    },
    start: async () => {
      const port = await freePort();
      const startedAt = performance.now();
      const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories='].flatMap((it) => ['-c', it]);
      const server = run(postgres, ['-D', dataDir, '-p', String(port), ...settings]);
      while (!(await connects(port))) await new Promise((resolve) => setTimeout(resolve, 5));
      const tookMs = performance.now() - startedAt;
      const gone = ended(server);
      server.kill('SIGINT');
      await gone;
      return tookMs;
    },
    remove: () => rm(parent, { recursive: true, force: true }),
  };
}

async function connects(port: number): Promise<boolean> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
  client.on('error', () => undefined);
  return client
    .connect()
    .then(() => client.end())
    .then(
      () => true,
      () => false,
    );
}
