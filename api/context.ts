import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import type { Config } from './config.ts';
import { describeError } from './errors.ts';
import type { NodeInfo } from './graphql/context.ts';
import { type Authenticator, openAuthenticator } from './http/authenticate.ts';
import { openCallerDirectory } from './http/caller-directory.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { packagePath } from './package-root.ts';
import { openPartners, type Partners } from './partners/partners.ts';
import { openPeers, type Peers } from './peers/peer.ts';
import { openBell, type Bell } from './store/bell.ts';
import { type Database, openDatabase } from './store/database.ts';
import { openEmbedded } from './store/embedded.ts';
import { type Home, openHome } from './store/home.ts';
import { migrate } from './store/migrate.ts';
import { findOrganisation, setUnreachable } from './store/partners.ts';
import { markRestored } from './store/restored.ts';
import { enterSelf } from './store/self.ts';

export const PROTOCOL = '1';

/** What is said of one start, and what a test may replace. */
export interface Overrides {
  /** The operator's word that the database was restored from an older copy. */
  restored?: boolean;
  now?: () => number;
  randomBytes?: (size: number) => Uint8Array;
  log?: Logger;
}

/** Everything that a node is made of. */
export interface Context {
  config: Config;
  home: Home;
  node: NodeInfo;
  log: Logger;
  now: () => number;
  randomId: () => string;
  randomBytes: (size: number) => Uint8Array;
  database: Database;
  bell: Bell;
  peers: Peers;
  partners: Partners;
  authenticator: Authenticator;
  metrics: Metrics;
  /** Resolves when the node cannot go on: its embedded database was lost. */
  failed: Promise<Error>;
  /** What was opened last is closed first. */
  onClose(close: () => Promise<void> | void): void;
  close(): Promise<void>;
}

/**
 * Opens all parts of a node, in the order in which they need each other. What was opened is closed again when a later
 * part fails.
 *
 * @param port the port that the node listens on, for the public URL where none is configured
 */
export async function openContext(given: Config, port: number, overrides: Overrides = {}): Promise<Context> {
  const { now = Date.now, randomBytes: random = randomBytes } = overrides;
  const log =
    overrides.log ??
    pino({
      level: given.logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // No way round it: whoever logs an error logs this of it.
      serializers: { err: describeError },
    });
  const closing: (() => Promise<void> | void)[] = [];
  const onClose = (close: () => Promise<void> | void): void => void closing.unshift(close);
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0)) await step();
  };
  try {
    const home = await openHome(given);
    const config = { ...given, url: publicUrl(given, home.url, port) };
    const { organisation, name } = home;
    const node = { organisation, name, url: config.url, protocol: PROTOCOL, version: packageVersion() };
    const base = { config, home, node, log, now, randomBytes: random, randomId: () => randomUUID() };
    const store = await openStore(base, onClose);
    if (overrides.restored) {
      const books = await markRestored(store.database.pool);
      log.warn(
        { books },
        'restored from an older copy: what is lacking is found out before taking part again',
      );
    }
    await enterSelf(store.database.prisma, home, config.url, new Date(now()));
    const doors = openDoors({ ...base, ...store }, onClose);
    return { ...base, ...store, ...doors, metrics: createMetrics(), onClose, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Base = Pick<Context, 'config' | 'home' | 'node' | 'log' | 'now' | 'randomBytes' | 'randomId'>;
type Store = Pick<Context, 'database' | 'bell' | 'failed'>;

async function openStore({ config, log }: Base, onClose: Context['onClose']): Promise<Store> {
  let url = config.databaseUrl;
  let failed: Promise<Error> = new Promise(() => undefined);
  if (url === undefined) {
    const embedded = await openEmbedded({ dir: config.dir, log });
    onClose(() => embedded.stop());
    ({ url, failed } = embedded);
  }
  const applied = await migrate({ url, dir: packagePath('prisma', 'migrations') });
  if (applied.length > 0) log.info({ migrations: applied }, 'the database was brought up to date');
  const onIdleError = (): void => log.warn('a connection to the database broke; it is replaced');
  const database = openDatabase({
    url,
    poolSize: config.databasePool,
    applicationName: 'lotbook',
    onIdleError,
  });
  onClose(() => database.close());
  const bell = await openBell(url, 'lotbook');
  onClose(() => bell.close());
  return { database, bell, failed };
}

type Doors = Pick<Context, 'peers' | 'partners' | 'authenticator'>;

function openDoors(context: Base & Store, onClose: Context['onClose']): Doors {
  const { home, node, log, now, randomId, database, bell } = context;
  const { prisma } = database;
  const { signer, publicJwk } = home;
  const peers = openPeers({
    self: node,
    signer,
    now,
    randomId,
    lookUp: async (organisation) => {
      const partner = await findOrganisation(prisma, organisation);
      const mayBeCalled = partner?.status === 'ACTIVE' || partner?.status === 'INTRODUCED';
      return mayBeCalled && partner.url ? { url: partner.url } : undefined;
    },
    report: (organisation, why) => {
      log[why === null ? 'info' : 'warn'](
        {
          organisation,
          why,
        },
        why === null ? 'partner answers' : 'partner does not answer',
      );
      setUnreachable(prisma, organisation, why, new Date(now())).catch(() =>
        log.warn({ organisation }, 'whether the partner answers could not be stored'),
      );
    },
  });
  const directory = openCallerDirectory({ prisma, bell, now });
  onClose(() => directory.close());
  const authenticator = openAuthenticator({ url: node.url, signer, publicJwk, directory, now, randomId });
  const partners = openPartners({
    prisma,
    peers,
    self: node,
    signer,
    publicJwk,
    now,
    randomBytes: context.randomBytes,
    ring: () => bell.ring('partners'),
  });
  return { peers, partners, authenticator };
}

/** The configured URL; else what `lotbook init` was told; else this machine with the port that was got. */
function publicUrl(config: Config, fromHome: string | undefined, port: number): string {
  const isDefault = config.url === `http://localhost:${config.port}`;
  return isDefault ? (fromHome ?? `http://localhost:${port}`) : config.url;
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as { version: string };
  return version;
}
