import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { StoreError } from '../error.ts';
import type { StoreLog } from './log.ts';

const run = promisify(execFile);

export interface Owner {
  uid: number;
  gid: number;
  name: string;
}

const SYSTEM_USER = 'lotbook';

/**
 * The user that the server runs as. PostgreSQL refuses root, so a node started by root hands it to a system user:
 * the owner of an existing data directory, else `lotbook` or `postgres` if there is one, else a new `lotbook`, else `nobody`.
 * Any other node keeps its own user, and must own the data directory.
 */
export async function serverOwner(dataDir: string, log: StoreLog): Promise<Owner | undefined> {
  const held = await stat(dataDir).catch(() => undefined);
  const self = process.getuid?.();
  if (self === undefined) throw new StoreError('EMBEDDED_UNSUPPORTED', unsupported);
  if (self !== 0) {
    if (held && held.uid !== self)
      throw new StoreError('EMBEDDED_WRONG_OWNER', wrongOwner(dataDir, held.uid, self));
    return undefined;
  }
  if (held && held.uid !== 0) return { uid: held.uid, gid: held.gid, name: String(held.uid) };

  const found =
    (await user(SYSTEM_USER)) ?? (await user('postgres')) ?? (await created(log)) ?? (await user('nobody'));
  if (!found) throw new StoreError('EMBEDDED_UNSUPPORTED', noUser);
  // A data directory that root copied or restored: PostgreSQL insists that its own user owns it.
  if (held) await run('chown', ['-R', `${found.uid}:${found.gid}`, dataDir]);
  return found;
}

async function user(name: string): Promise<Owner | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout), name };
  } catch {
    return undefined;
  }
}

async function created(log: StoreLog): Promise<Owner | undefined> {
  try {
    await run('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      SYSTEM_USER,
    ]);
  } catch {
    // Another node may have made it at the same moment; otherwise the caller falls back.
    return user(SYSTEM_USER);
  }
  log.info({ user: SYSTEM_USER }, 'made a system user for PostgreSQL, which refuses to run as root');
  return user(SYSTEM_USER);
}

const unsupported =
  'The embedded PostgreSQL runs on Linux and macOS only. Set DATABASE_URL to a PostgreSQL server of your own.';
const noUser =
  'PostgreSQL refuses to run as root, and there is no user `lotbook`, `postgres` or `nobody` to run it as. ' +
  'Start the node as an ordinary user, or set DATABASE_URL.';

function wrongOwner(dataDir: string, owner: number, self: number): string {
  return (
    `${dataDir} belongs to user ${owner}, and the node runs as user ${self}. ` +
    `Start the node as user ${owner} (or as root), or give it the directory: chown -R ${self} ${dataDir}`
  );
}
