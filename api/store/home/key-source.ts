import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type PrivateJwk, publicPart, type PublicJwk, thumbprint } from '../../identity/jwk.ts';
import { localSigner, type Signer } from '../../identity/signer.ts';
import { HomeError } from './error.ts';
import { badKey, readKeyFile } from './key-file.ts';

/** A key with which this process can sign. */
export interface OwnKey {
  publicJwk: PublicJwk;
  signer: Signer;
}

/** Where the private keys of a node are: in its files, in its environment, or with an external signer. */
export interface KeySource {
  /** For people: where a key has to be put. */
  readonly place: string;
  /** The key that is named there as the ordinary one. @throws HomeError NO_HOME, BAD_KEY, KEY_EXPOSED */
  first(): Promise<OwnKey>;
  /** The key with this thumbprint, looked for anew; undefined where this process cannot sign with it. */
  find(kid: string): Promise<OwnKey | undefined>;
  /** Thumbprint of the key that is to come next, where one is there that is not in a file. */
  next(): Promise<string | undefined>;
}

export const KEY_FILE = 'key.jwk';
/** The key that comes next: committed to by the statement in force, and best kept on another machine. */
export const NEXT_KEY_FILE = 'next-key.jwk';
/** The one after it, from when a change of keys is begun until it is done. */
export const LATER_KEY_FILE = 'later-key.jwk';

export function fileKeys(dir: string): KeySource {
  const paths = [KEY_FILE, NEXT_KEY_FILE, LATER_KEY_FILE].map((name) => join(dir, name));
  return {
    place: join(dir, NEXT_KEY_FILE),
    first: async () => {
      const path = ordinary(paths);
      return ownKey(await readKeyFile(path), path);
    },
    find: async (kid) => {
      for (const path of paths) {
        const jwk = await readKeyFile(path).catch(ifMissing);
        if (jwk && thumbprint(jwk) === kid) return ownKey(jwk, path);
      }
      return undefined;
    },
    next: () => Promise.resolve(undefined),
  };
}

/** Where the key is lost and a change to the next one is begun, that one stands for it. */
function ordinary([key = '', next = '', later = '']: readonly string[]): string {
  const isLost = !existsSync(key) && existsSync(next) && existsSync(later);
  return isLost ? next : key;
}

/** Somebody who signs for this node. */
export interface OfferedKeys {
  keys(): Promise<OwnKey[]>;
}

/** Keys that stay the same as long as the process runs: the first is the ordinary one. */
export function givenKeys(jwks: readonly PrivateJwk[], place: string): KeySource {
  const keys = jwks.map((jwk) => ownKey(jwk, place));
  return offeredKeys({ keys: () => Promise.resolve(keys) }, place);
}

/** The keys that somebody offers at the moment: the first is the ordinary one, the second the one that comes next. */
export function offeredKeys(offered: OfferedKeys, place: string): KeySource {
  return {
    place,
    first: async () => (await offered.keys())[0] as OwnKey,
    find: async (kid) => (await offered.keys()).find(({ signer }) => signer.kid === kid),
    next: async () => (await offered.keys())[1]?.signer.kid,
  };
}

function ownKey(jwk: PrivateJwk, from: string): OwnKey {
  try {
    return { publicJwk: publicPart(jwk), signer: localSigner(jwk) };
  } catch (error) {
    throw badKey(from, error instanceof Error ? error.message : 'it is no key');
  }
}

function ifMissing(error: unknown): undefined {
  if (error instanceof HomeError && error.code === 'NO_HOME') return undefined;
  throw error;
}
