import { mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { thumbprint } from '../../identity/jwk.ts';
import { HomeError } from './error.ts';
import { generateKey, readKeyFile, writeKeyFile } from './key-file.ts';
import { LATER_KEY_FILE, NEXT_KEY_FILE } from './key-source.ts';
import { clearStaged, type Staged, writeStaged } from './staged.ts';

/** Puts a next key that was kept elsewhere beside the current one. @throws HomeError NO_HOME, BAD_KEY, KEY_EXPOSED */
export async function bringNextKey(dir: string, from: string): Promise<void> {
  const jwk = await readKeyFile(from);
  const path = join(dir, NEXT_KEY_FILE);
  await writeKeyFile(path, jwk).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    if (thumbprint(await readKeyFile(path)) === thumbprint(jwk)) return;
    throw new HomeError(
      'BAD_KEY',
      `${path} is another key than ${from}.`,
      'Find out which one is the next key, and move the other away.',
    );
  });
}

/** Makes the key after the next one; one that an earlier attempt has made stays. @returns its thumbprint */
export async function makeLaterKey(dir: string): Promise<string> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, LATER_KEY_FILE);
  await writeKeyFile(path, generateKey()).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return thumbprint(await readKeyFile(path));
}

/** Says what the next statement of the key log is to say. */
export function stageRotation(dir: string, staged: Staged): Promise<void> {
  return writeStaged(dir, staged);
}

/** Takes back a change that the node has refused. */
export async function unstage(dir: string): Promise<void> {
  await clearStaged(dir);
  await unlink(join(dir, LATER_KEY_FILE)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
