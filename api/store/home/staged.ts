import { readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DIGEST_PATTERN } from '../../identity/base64url.ts';
import type { Revocation } from '../../identity/key-statement.ts';
import { thumbprint } from '../../identity/jwk.ts';
import { HomeError } from './error.ts';
import { readKeyFile } from './key-file.ts';
import { KEY_FILE, LATER_KEY_FILE, NEXT_KEY_FILE } from './key-source.ts';

/**
 * What the next statement of the key log has to say beside the key that comes into force with it. It is in a file, for nobody but
 * who can write into the node's directory may decide it: a thief of the current key could otherwise name the key after the next.
 */
export interface Staged {
  /** Thumbprint of the key that only then comes next. */
  next: string;
  /** An empty `kid` stands for the key that is in force when the change is made. */
  revoked?: Revocation[] | undefined;
}

const FILE = 'next-keys.json';

// What a statement may say in all is checked when it is signed.
const shape = z.strictObject({
  next: z.string().regex(DIGEST_PATTERN),
  revoked: z
    .array(
      z.strictObject({
        kid: z.string(),
        reason: z.string(),
        from: z.array(z.strictObject({ book: z.string(), seq: z.number() })),
      }),
    )
    .optional(),
});

/** Undefined where nothing is staged. @throws HomeError BAD_KEY */
export async function readStaged(dir: string): Promise<Staged | undefined> {
  const path = join(dir, FILE);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return shape.parse(JSON.parse(text));
  } catch {
    throw new HomeError('BAD_KEY', `${path} is damaged.`, 'Remove it and repeat the command that wrote it.');
  }
}

export async function writeStaged(dir: string, staged: Staged): Promise<void> {
  // Whole or not at all.
  const path = join(dir, FILE);
  await writeFile(`${path}.new`, `${JSON.stringify(staged)}\n`, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
}

export async function clearStaged(dir: string): Promise<void> {
  await unlink(join(dir, FILE)).catch(ifMissing);
}

/**
 * Makes the files agree with the statement in force: `key.jwk` holds its key, `next-key.jwk` the one that it commits to. Of several
 * processes in one directory each may do it, at any time and again.
 */
export async function settleKeyFiles(dir: string, inForce: { kid: string; next: string }): Promise<void> {
  const [key, next, later] = [KEY_FILE, NEXT_KEY_FILE, LATER_KEY_FILE].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  if ((await kidOf(next)) === inForce.kid) await rename(next, key).catch(ifMissing);
  if ((await kidOf(later)) === inForce.next) await rename(later, next).catch(ifMissing);
}

async function kidOf(path: string): Promise<string | undefined> {
  const jwk = await readKeyFile(path).catch((error: unknown) => {
    if (error instanceof HomeError && error.code === 'NO_HOME') return undefined;
    throw error;
  });
  return jwk && thumbprint(jwk);
}

function ifMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
