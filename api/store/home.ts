import { mkdir, open, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyError, publicPart, type PrivateJwk, type PublicJwk } from '../identity/jwk.ts';
import { localSigner, type Signer } from '../identity/signer.ts';
import { HomeError } from './home/error.ts';
import { badKey, parsePrivateKey, readKeyFile, writeKeyFile } from './home/key-file.ts';
import { parseOrganisation, readOrganisationFile, type OrganisationFile } from './home/organisation-file.ts';

export { HomeError } from './home/error.ts';

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
  signer: Signer;
  publicJwk: PublicJwk;
}

const organisationPath = (dir: string) => join(dir, 'organisation.json');
const keyPath = (dir: string) => join(dir, 'key.jwk');

/**
 * Makes the directory of a node: `organisation.json` and, readable by its owner only, `key.jwk`. Overwrites nothing:
 * a lost key is a lost node.
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
  return { publicJwk: publicPart(jwk), organisation };
}

interface HomeConfig {
  dir: string;
  privateKey?: string | undefined;
  organisation?: string | undefined;
  name?: string | undefined;
}

/**
 * Opens the directory of a node. The private key comes from the configuration where that has one, else from `key.jwk`;
 * the organisation from `organisation.json`, or from the configuration where there is no such file.
 *
 * @throws HomeError NO_HOME, BAD_ORGANISATION, BAD_KEY, KEY_EXPOSED
 */
export async function openHome(config: HomeConfig): Promise<Home> {
  const file = await organisationOf(config);
  const fromConfig = config.privateKey !== undefined;
  const jwk = fromConfig
    ? parsePrivateKey(config.privateKey ?? '', 'LOTBOOK_PRIVATE_KEY')
    : await readKeyFile(keyPath(config.dir));
  const { organisation, name, gln, url, books = [] } = file;
  return {
    organisation,
    name,
    gln,
    url,
    books,
    signer: signerOf(jwk, fromConfig),
    publicJwk: publicPart(jwk),
  };
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

function signerOf(jwk: PrivateJwk, fromConfig: boolean): Signer {
  try {
    return localSigner(jwk);
  } catch (error) {
    throw badKey(
      fromConfig ? 'LOTBOOK_PRIVATE_KEY' : 'key.jwk',
      error instanceof KeyError ? error.message : 'it is no key',
    );
  }
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
