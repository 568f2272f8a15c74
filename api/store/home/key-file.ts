import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { KeyError, parsePublicJwk, type PrivateJwk } from '../../identity/jwk.ts';
import { HomeError } from './error.ts';

const OTHERS_MAY_READ = 0o077;

/** Writes a private key that only the file's owner may read (0600). Fails with EEXIST rather than overwrite one. */
export async function writeKeyFile(file: string, jwk: PrivateJwk): Promise<void> {
  await writeFile(file, `${JSON.stringify(jwk)}\n`, { mode: 0o600, flag: 'wx' });
}

/** @throws HomeError NO_HOME, KEY_EXPOSED when group or others may read or write the file, BAD_KEY */
export async function readKeyFile(file: string): Promise<PrivateJwk> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new HomeError(
      'NO_HOME',
      `The private key cannot be read from ${file}: ${error.code ?? 'unknown reason'}.`,
      'Put the key back from your backup, set LOTBOOK_PRIVATE_KEY, or make a new node with `lotbook init`.',
    );
  });
  try {
    // Of the file that was opened, not of the name: it could be exchanged in between. Windows has no such bits.
    const { mode } = await handle.stat();
    if (process.platform !== 'win32' && (mode & OTHERS_MAY_READ) !== 0) {
      throw new HomeError(
        'KEY_EXPOSED',
        `The private key in ${file} can be read by other users of this machine.`,
        `Run \`chmod 600 ${file}\`, and think about who may have copied it.`,
      );
    }
    return parsePrivateKey(await handle.readFile('utf8'), file);
  } finally {
    await handle.close();
  }
}

/** A new Ed25519 key. */
export function generateKey(): PrivateJwk {
  const { d = '', ...rest } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return { ...parsePublicJwk(rest), d };
}

/**
 * The private keys of a text that holds one, or a JWK Set of several (RFC 7517 section 5).
 * @throws HomeError BAD_KEY
 */
export function parsePrivateKeys(text: string, from: string): PrivateJwk[] {
  const { keys } = fromJson(text) ?? {};
  if (!Array.isArray(keys)) return [parsePrivateKey(text, from)];
  if (keys.length === 0) throw badKey(from, 'it is an empty set of keys');
  return keys.map((key) => parsePrivateKey(JSON.stringify(key), from));
}

/**
 * A private key as a JWK (RFC 7517) or a PKCS#8 PEM, Ed25519 or P-256.
 * @param from where the text is from, for the message
 * @throws HomeError BAD_KEY
 */
export function parsePrivateKey(text: string, from: string): PrivateJwk {
  const jwk = text.includes('BEGIN PRIVATE KEY') ? fromPem(text) : fromJson(text);
  const { d, ...rest } = jwk ?? {};
  if (typeof d !== 'string') throw badKey(from, 'it is no private JWK and no PKCS#8 PEM');
  try {
    return { ...parsePublicJwk(rest), d };
  } catch (error) {
    throw badKey(from, error instanceof KeyError ? error.message : 'it is no key');
  }
}

function fromJson(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function fromPem(text: string): Record<string, unknown> | undefined {
  try {
    return { ...createPrivateKey(text.trim()).export({ format: 'jwk' }) };
  } catch {
    return undefined;
  }
}

export function badKey(from: string, why: string): HomeError {
  return new HomeError(
    'BAD_KEY',
    `The private key from ${from} cannot be used: ${why}.`,
    'Supply an Ed25519 or P-256 private key as a JWK or a PKCS#8 PEM.',
  );
}
