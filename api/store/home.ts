import { mkdir, open, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { publicPart, type PrivateJwk, type PublicJwk, thumbprint } from '../identity/jwk.ts';
import type { Signer } from '../identity/signer.ts';
import { HomeError } from './home/error.ts';
import { generateKey, parsePrivateKeys, readKeyFile, writeKeyFile } from './home/key-file.ts';
import {
  fileKeys,
  givenKeys,
  KEY_FILE,
  type KeySource,
  NEXT_KEY_FILE,
  type OfferedKeys,
  offeredKeys,
} from './home/key-source.ts';
import { parseOrganisation, readOrganisationFile, type OrganisationFile } from './home/organisation-file.ts';
import { writeStaged } from './home/staged.ts';

export { HomeError } from './home/error.ts';
export { generateKey } from './home/key-file.ts';

/** Who this node is and what it signs with. */
export interface Home {
  organisation: string;
  name: string;
  /** GS1 Global Location Number, 13 digits. */
  gln: string | undefined;
  /** The public URL that `lotbook init` was told; the configuration counts before it. */
  url: string | undefined;
  /** Names of the books that the first start opens. */
  books: readonly string[];
  /** Where its private keys are. */
  keys: KeySource;
  /** Of the key that is the ordinary one there. Which one is in force its key log says. */
  signer: Signer;
  publicJwk: PublicJwk;
}

const organisationPath = (dir: string) => join(dir, 'organisation.json');
const keyPath = (dir: string) => join(dir, KEY_FILE);

/**
 * Makes the directory of a node: `organisation.json` and, readable by their owner only, `key.jwk` and `next-key.jwk`, with which a
 * lost or stolen key is replaced. Overwrites nothing.
 *
 * @throws HomeError HOME_EXISTS, BAD_ORGANISATION
 */
export async function initHome(
  input: OrganisationFile & { dir: string; generateKey: () => PrivateJwk },
): Promise<{ publicJwk: PublicJwk; organisation: OrganisationFile }> {
  const { dir, generateKey, ...given } = input;
  const organisation = parseOrganisation(given, 'The organisation');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const [organisationThere, keyThere] = await Promise.all([
    exists(organisationPath(dir)),
    exists(keyPath(dir)),
  ]);
  if (organisationThere || keyThere) throw homeExists(dir);
  const jwk = generateKey();
  await writeKeyFile(keyPath(dir), jwk).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? homeExists(dir) : error;
  });
  try {
    const file = await open(organisationPath(dir), 'wx', 0o644);
    await file.writeFile(`${JSON.stringify(organisation, null, 2)}\n`).finally(() => file.close());
  } catch (error) {
    await unlink(keyPath(dir)); // ours, written a moment ago and used by nobody
    throw error;
  }
  await makeNextKey(dir);
  return { publicJwk: publicPart(jwk), organisation };
}

/** Makes the key that comes next, where there is none, and says to what the next statement of the key log commits. */
export async function makeNextKey(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, NEXT_KEY_FILE);
  await writeKeyFile(path, generateKey()).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await writeStaged(dir, { next: thumbprint(await readKeyFile(path)) });
}

interface HomeConfig {
  dir: string;
  privateKey?: string | undefined;
  signerUrl?: string | undefined;
  organisation?: string | undefined;
  name?: string | undefined;
}

/**
 * Opens the directory of a node. Its keys are with an external signer, or in the configuration, where that names them, else in `key.jwk`;
 * the organisation from `organisation.json`, or from the configuration where there is no such file.
 *
 * @throws HomeError NO_HOME, BAD_ORGANISATION, BAD_KEY, KEY_EXPOSED
 */
export async function openHome(config: HomeConfig, openSigner?: (url: string) => OfferedKeys): Promise<Home> {
  const { organisation, name, gln, url, books = [] } = await organisationOf(config);
  const keys = keysOf(config, openSigner);
  return { organisation, name, gln, url, books, keys, ...(await keys.first()) };
}

function keysOf(
  { dir, privateKey, signerUrl }: HomeConfig,
  openSigner?: (url: string) => OfferedKeys,
): KeySource {
  if (signerUrl !== undefined && openSigner) return offeredKeys(openSigner(signerUrl), 'LOTBOOK_SIGNER_URL');
  if (privateKey === undefined) return fileKeys(dir);
  return givenKeys(parsePrivateKeys(privateKey, 'LOTBOOK_PRIVATE_KEY'), 'LOTBOOK_PRIVATE_KEY');
}

async function organisationOf({ dir, organisation, name }: HomeConfig): Promise<OrganisationFile> {
  const path = organisationPath(dir);
  if (organisation !== undefined && !(await exists(path))) {
    return parseOrganisation(
      { organisation, name: name ?? organisation },
      'LOTBOOK_ORGANISATION, LOTBOOK_NAME',
    );
  }
  const file = await readOrganisationFile(path);
  if (organisation === undefined || organisation === file.organisation) return file;
  throw new HomeError(
    'BAD_ORGANISATION',
    `LOTBOOK_ORGANISATION is not the organisation in ${path}.`,
    'Unset it, or point LOTBOOK_DIR at the directory of that organisation.',
  );
}

function homeExists(dir: string): HomeError {
  return new HomeError(
    'HOME_EXISTS',
    `${dir} already holds a node; nothing was changed.`,
    'Start it with `lotbook start`, or choose another directory with LOTBOOK_DIR.',
  );
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
