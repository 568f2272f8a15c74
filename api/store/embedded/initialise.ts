import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chown,
  link,
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../error.ts';
import { codeOf } from './error-code.ts';
import { dataDirArgument, SERVER_ENV, SUPERUSER } from './place.ts';
import type { Place } from './place.ts';

const NEW_PREFIX = 'pg.new-';

/** The server's password, made on first use, in a file that only the node's user can read. */
export async function ensurePassword(dir: string): Promise<string> {
  const file = join(dir, 'postgres.password');
  const part = `${file}.${process.pid}`;
  await writeFile(part, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600, flush: true });
  try {
    // Unlike a rename, a link never replaces: of two nodes that start at once, both read the first one's password.
    await link(part, file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await unlink(part);
  }
  return (await readFile(file, 'utf8')).trim();
}

export async function isInitialised(dataDir: string): Promise<boolean> {
  return stat(join(dataDir, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
}

/**
 * Makes the data directory under another name and renames it into place, so that it is there whole or not at all,
 * also after a kill half-way; where two nodes do it at once, the second rename fails and the first one's stays.
 */
export async function initialise(place: Place): Promise<void> {
  const fresh = join(place.dir, `${NEW_PREFIX}${process.pid}-${randomBytes(4).toString('hex')}`);
  await mkdir(fresh, { mode: 0o700 });
  if (place.owner) await chown(fresh, place.owner.uid, place.owner.gid);
  try {
    await runInitdb(place, fresh);
    await rename(fresh, place.dataDir);
    const parent = await open(place.dir, 'r');
    await parent.sync().finally(() => parent.close());
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (!(await isInitialised(place.dataDir))) throw error;
  }
}

/** Removes what nodes killed during `initialise` left. Only for the holder of the directory. */
export async function removeUnfinished(place: Place): Promise<void> {
  for (const name of await readdir(place.dir)) {
    if (name.startsWith(NEW_PREFIX)) await rm(join(place.dir, name), { recursive: true, force: true });
  }
}

async function runInitdb(place: Place, fresh: string): Promise<void> {
  // The file is gone before initdb runs; initdb, as its own user, opens it once more through the descriptor.
  const file = `${fresh}.password`;
  await writeFile(file, `${place.password}\n`, { mode: 0o600 });
  if (place.owner) await chown(file, place.owner.uid, place.owner.gid);
  const password = await open(file, 'r');
  await unlink(file);
  const child = spawn(
    place.binaries.initdb,
    [
      `--pgdata=${dataDirArgument(place, fresh)}`,
      `--username=${SUPERUSER}`,
      '--pwfile=/dev/fd/3',
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // PostgreSQL's own C.UTF-8 sorts the same on every machine and spares initdb a second of importing the system's locales.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-instructions',
    ],
    {
      cwd: fresh,
      env: SERVER_ENV,
      stdio: ['ignore', 'ignore', 'pipe', password.fd],
      detached: true,
      ...(place.owner && { uid: place.owner.uid, gid: place.owner.gid }),
    },
  );
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => password.close());
  if (code !== 0) {
    throw new StoreError(
      'EMBEDDED_START_FAILED',
      `PostgreSQL could not make its data directory ${place.dataDir}: ${stderr.trim() || `initdb ended with ${code}`}`,
    );
  }
}
