import type { Logger } from 'pino';
import { LotbookError } from '../errors.ts';
import { ACCESS_TOKEN_SECONDS } from '../identity/access-token.ts';
import type { Alg, PublicJwk, VerificationKey } from '../identity/jwk.ts';
import type { PinnedKeys } from '../identity/jws.ts';
import { currentKey, type KeyLog, statementOf } from '../identity/key-log.ts';
import { type KeyStatement, signKeyStatement } from '../identity/key-statement.ts';
import { revocationOf } from '../identity/key-state.ts';
import type { Signer } from '../identity/signer.ts';
import type { Bell } from './bell.ts';
import { pinKey } from './clients.ts';
import type { PrismaClient } from './generated/client.ts';
import { type Home, HomeError, makeNextKey } from './home.ts';
import type { OwnKey } from './home/key-source.ts';
import { clearStaged, readStaged, settleKeyFiles, type Staged } from './home/staged.ts';
import {
  keepKeyStatement,
  keptKeyLog,
  readKeyStatements,
  type StoredKeyStatement,
} from './key-statements.ts';
import { type Db, inPartnersTransaction } from './partners.ts';
import { enterSelf } from './self.ts';

export interface OwnKeysDeps {
  prisma: PrismaClient;
  bell: Pick<Bell, 'on' | 'ring'>;
  home: Home;
  /** Directory of the node. */
  dir: string;
  /** Public URL of the node. */
  url: string;
  /** ms since 1970 */
  now: () => number;
  log: Logger;
}

const TOPIC = 'keys';
const RETRY_MS = 1_000;

/**
 * The keys of this node: its key log, and as a signer the key that is in force by it. The log is in the database, the private keys
 * are not. All processes of the node follow the log: when another process has entered a statement, the next signature of this
 * one is by the new key; one that cannot find the new key signs nothing, rather than with the old one.
 *
 * `kid`, `alg` and `sign` belong together within one turn of the event loop: whoever writes a `kid` into a header calls `sign`
 * before it awaits anything.
 */
export class OwnKeys implements Signer {
  #log: KeyLog;
  #statements: readonly StoredKeyStatement[];
  #key: OwnKey | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #stop: () => void = () => undefined;
  readonly #watchers = new Set<() => void>();

  private constructor(
    private readonly deps: OwnKeysDeps,
    statements: readonly StoredKeyStatement[],
    key: OwnKey | undefined,
  ) {
    this.#statements = statements;
    this.#log = logOf(deps.home.organisation, statements);
    this.#key = key;
  }

  /**
   * Enters the node into its database with the first statement of its key log, where there is none; completes a change of keys that
   * was begun while the node was not running.
   *
   * @throws HomeError BAD_ORGANISATION, BAD_KEY
   */
  static async open(deps: OwnKeysDeps): Promise<OwnKeys> {
    const { prisma, home, dir, url, now, bell, log } = deps;
    const { organisation } = home;
    const known = await readKeyStatements(prisma, organisation);
    if (known.length === 0) {
      await enterSelf(prisma, home, url, new Date(now()));
      await begin(deps);
    } else {
      const staged = await readStaged(dir);
      const last = currentKey(logOf(organisation, known));
      if (staged && staged.next !== last.claims.next) await enter(deps, staged);
    }
    const statements = await readKeyStatements(prisma, organisation);
    const inForce = currentKey(logOf(organisation, statements));
    const key = await home.keys.find(inForce.key.kid);
    if (!key) throw otherKey(home.keys.place);
    await enterSelf(prisma, { ...home, ...key }, url, new Date(now()));
    await settleKeyFiles(dir, { kid: inForce.key.kid, next: inForce.claims.next });
    await clearStaged(dir);
    const keys = new OwnKeys(deps, statements, key);
    keys.#stop = bell.on(TOPIC, () => {
      keys.refresh().catch(() => log.warn('whether the key has changed could not be read'));
    });
    return keys;
  }

  get organisation(): string {
    return this.deps.home.organisation;
  }

  get log(): KeyLog {
    return this.#log;
  }

  get kid(): string {
    return this.#inForce.kid;
  }

  get alg(): Alg {
    return this.#inForce.alg;
  }

  get publicJwk(): PublicJwk {
    return currentKey(this.#log).claims.key;
  }

  /** What is in force at this moment, and stays as it is whatever happens to the node's keys meanwhile. */
  now(): { statements: readonly KeyStatement[]; signer: Signer } {
    const { kid, alg } = this;
    const signer = this.#key?.signer ?? { kid, alg, sign: (data) => this.#signLater(data, kid) };
    return { statements: this.#log.statements, signer };
  }

  /** Keys by which the node knows its own access tokens: for their life the one before counts too, unless it was revoked. */
  accessKeys(): PinnedKeys {
    const { statements } = this.#log;
    const at = this.#statements.at(-1)?.at.getTime() ?? 0;
    const before = statements.at(-2)?.key;
    const counts =
      before !== undefined &&
      this.deps.now() - at < ACCESS_TOKEN_SECONDS * 1000 &&
      revocationOf(this.#log, before.kid) === undefined;
    const keys = counts ? [this.#inForce, before] : [this.#inForce];
    return new Map(keys.map((key) => [key.kid, key]));
  }

  sign(data: Uint8Array): Promise<Uint8Array> {
    return this.#key ? this.#key.signer.sign(data) : this.#signLater(data, this.kid);
  }

  /** Told of every new statement, until the given function is called. */
  watch(tell: () => void): () => void {
    this.#watchers.add(tell);
    return () => this.#watchers.delete(tell);
  }

  /** Takes up what another process of the node has entered. */
  async refresh(): Promise<void> {
    const { prisma, home, dir, log } = this.deps;
    const statements = await readKeyStatements(prisma, home.organisation);
    if (statements.length <= this.#statements.length) return;
    const read = logOf(home.organisation, statements);
    const inForce = currentKey(read);
    const key = await home.keys.find(inForce.key.kid);
    if (statements.length <= this.#statements.length) return; // somebody else was faster
    this.#statements = statements;
    this.#log = read;
    this.#key = key;
    const { seq, next } = inForce.claims;
    log.info({ seq, kid: inForce.key.kid }, 'the key of this node has changed');
    if (key) await settleKeyFiles(dir, { kid: inForce.key.kid, next });
    else
      log.error(
        { kid: inForce.key.kid, place: home.keys.place },
        'the new key is not here: nothing can be signed',
      );
    for (const tell of this.#watchers) tell();
  }

  /**
   * Changes to the next key, as staged in the directory of the node. The commit point is the statement in the database: what is
   * signed after `refresh` is by the new key, in every process.
   *
   * @throws LotbookError BAD_INPUT
   */
  async rotate(): Promise<void> {
    const { dir, bell } = this.deps;
    const staged = await readStaged(dir);
    if (!staged) throw nothingStaged();
    await enter(this.deps, staged);
    await this.refresh();
    await clearStaged(dir);
    bell.ring(TOPIC);
    bell.ring('partners');
  }

  close(): void {
    this.#stop();
  }

  get #inForce(): VerificationKey {
    return currentKey(this.#log).key;
  }

  /** The key may have been put where it belongs meanwhile. */
  async #signLater(data: Uint8Array, kid: string): Promise<Uint8Array> {
    const { home, now } = this.deps;
    if (Math.abs(now() - this.#lookedAt) >= RETRY_MS) {
      this.#lookedAt = now();
      const key = await home.keys.find(kid);
      if (key && kid === this.kid) this.#key = key;
      if (key) return key.signer.sign(data);
    }
    throw new LotbookError(
      'SIGNER_UNAVAILABLE',
      'The key that is in force by the key log of this node is not in this process.',
      { retryAfterMs: RETRY_MS },
    );
  }
}

/** The first statement: made by the first process, and read by the others. */
async function begin({ prisma, home, dir, now, log }: OwnKeysDeps): Promise<void> {
  const { organisation, keys, publicJwk: key, signer } = home;
  const offered = await keys.next();
  let staged = offered === undefined ? await readStaged(dir) : { next: offered };
  if (!staged) {
    await makeNextKey(dir);
    staged = await readStaged(dir);
    log.warn(
      { dir },
      'the next key was made: move next-key.jwk to a safe place, it replaces a lost or stolen key',
    );
  }
  const { next } = staged ?? {};
  if (!next || next === signer.kid) throw otherKey(keys.place);
  const claims = { iss: organisation, seq: 1, iat: now() / 1000, key, next };
  const token = await signKeyStatement(claims, signer);
  await keepKeyStatement(prisma, { organisation, nr: 1, token, at: new Date(now()) });
}

/** Enters the next statement, signed by the key that the last one commits to. Again changes nothing. */
async function enter({ prisma, home, now }: OwnKeysDeps, { next, revoked }: Staged): Promise<void> {
  const { organisation, keys } = home;
  await inPartnersTransaction(prisma, async (tx: Db) => {
    const log = logOf(organisation, await readKeyStatements(tx, organisation));
    const last = currentKey(log);
    if (last.claims.next === next) return;
    const named = revoked?.map(({ kid, ...rest }) => ({ ...rest, kid: kid === '' ? last.key.kid : kid }));
    const unknown = named?.find(({ kid }) => !statementOf(log, kid))?.kid;
    if (unknown !== undefined)
      throw new LotbookError('BAD_INPUT', `The key ${unknown} was never one of this node.`);
    const key = await keys.find(last.claims.next);
    if (!key || next === key.signer.kid || statementOf(log, next))
      throw notHere(last.claims.next, keys.place);
    const nr = last.claims.seq + 1;
    const { publicJwk: jwk, signer } = key;
    const claims = { iss: organisation, seq: nr, prev: last.hash, iat: now() / 1000, key: jwk, next };
    const token = await signKeyStatement({ ...claims, ...(named?.length ? { revoked: named } : {}) }, signer);
    const at = new Date(now());
    await keepKeyStatement(tx, { organisation, nr, token, at });
    await pinKey(tx, { organisation, clientId: organisation, node: true, roles: [], jwk, now: at });
  });
}

function logOf(organisation: string, statements: readonly StoredKeyStatement[]): KeyLog {
  return keptKeyLog(
    organisation,
    statements.map(({ token }) => token),
  );
}

function otherKey(place: string): HomeError {
  return new HomeError(
    'BAD_KEY',
    'The database was made with another private key than the one that this node has now.',
    `Put the key that is in force back (${place}); if it is lost, \`lotbook keys recover\` changes to the next one.`,
  );
}

function notHere(kid: string, place: string): LotbookError {
  return new LotbookError(
    'BAD_INPUT',
    `The next key, ${kid}, is not here, or no other key comes after it. Put it in place first: ${place}.`,
  );
}

function nothingStaged(): LotbookError {
  return new LotbookError('BAD_INPUT', 'No change of keys is begun in the directory of the node.');
}
