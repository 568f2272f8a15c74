import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import type { Config } from './config.ts';
import { describeError } from './errors.ts';
import type { NodeInfo } from './graphql/context.ts';
import { type Authenticator, openAuthenticator } from './http/authenticate.ts';
import { type CallLimit, openCallLimit } from './http/call-limit.ts';
import { openCallerDirectory } from './http/caller-directory.ts';
import { openRecognise, type Recognise } from './http/recognise.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { packagePath } from './package-root.ts';
import { type KeyLogs, openKeyLogs } from './partners/key-logs.ts';
import { externalSigner } from './peers/external-signer.ts';
import { openPartners, type Partners } from './partners/partners.ts';
import { openAccessLog } from './people/access-log.ts';
import { parseRoleMap } from './people/oidc-roles.ts';
import { openPasswords, PASSWORD_COST, type ScryptCost } from './people/password.ts';
import { openPeople, type People } from './people/people.ts';
import { openOidcProvider } from './peers/oidc.ts';
import { openNetworks } from './peers/networks.ts';
import { openOutbound, type Send } from './peers/outbound.ts';
import { openPeers, type Peers } from './peers/peer.ts';
import { openBell, type Bell } from './store/bell.ts';
import { type Database, openDatabase } from './store/database.ts';
import { openEmbedded } from './store/embedded.ts';
import { type Home, openHome } from './store/home.ts';
import { migrate } from './store/migrate.ts';
import { OwnKeys } from './store/own-keys.ts';
import { findOrganisation, setUnreachable } from './store/partners.ts';
import { markRestored } from './store/restored.ts';

export const PROTOCOL = '1';

/** What is said of one start, and what a test may replace. */
export interface Overrides {
  /** The operator's word that the database was restored from an older copy. */
  restored?: boolean;
  now?: () => number;
  randomBytes?: (size: number) => Uint8Array;
  log?: Logger;
  /** What a guess at a password costs. */
  passwordCost?: ScryptCost;
}

/** Everything that a node is made of. */
export interface Context {
  config: Config;
  home: Home;
  /** The key log of this node, and its signer. */
  keys: OwnKeys;
  node: NodeInfo;
  log: Logger;
  now: () => number;
  randomId: () => string;
  randomBytes: (size: number) => Uint8Array;
  database: Database;
  bell: Bell;
  /** Calls addresses that others name, in the networks that the operator allows. */
  send: Send;
  peers: Peers;
  partners: Partners;
  people: People;
  /** The key logs of others, as far as they are followed. */
  keyLogs: KeyLogs;
  authenticator: Authenticator;
  /** Who calls, by whatever way. */
  recognise: Recognise;
  /** How much each may call. */
  callLimit: CallLimit;
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
    const home = await openHome(given, externalSigner);
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
    const { database, bell } = store;
    const keys = await OwnKeys.open({ ...base, ...config, prisma: database.prisma, bell });
    onClose(() => keys.close());
    const doors = openDoors({ ...base, ...store, keys }, onClose);
    const people = openPeopleRoom({ ...base, ...store }, overrides.passwordCost ?? PASSWORD_COST);
    onClose(() => people.log.close());
    const recognise = openRecognise({ ...doors, people, url: node.url });
    const perMinute = { organisation: config.callsPerMinute, person: config.personCallsPerMinute };
    const callLimit = openCallLimit({ pool: database.pool, now, perMinute });
    const parts = { ...base, ...store, ...doors, people, recognise, callLimit, keys };
    return { ...parts, metrics: createMetrics(), onClose, close };
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

type Doors = Pick<Context, 'send' | 'peers' | 'partners' | 'keyLogs' | 'authenticator'>;

function openDoors(context: Base & Store & Pick<Context, 'keys'>, onClose: Context['onClose']): Doors {
  const { keys, node, log, now, randomId, database, bell } = context;
  const { prisma } = database;
  const send = openOutbound(openNetworks(context.config.outboundNetworks));
  const peers = openPeers({
    self: node,
    signer: keys,
    now,
    randomId,
    send,
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
  const authenticator = openAuthenticator({ url: node.url, keys, directory, now, randomId });
  const ring = (): void => bell.ring('partners');
  const keyLogs = openKeyLogs({ prisma, peers, now, ring, log });
  const partners = openPartners({
    prisma,
    peers,
    self: node,
    keys,
    now,
    randomBytes: context.randomBytes,
    ring,
  });
  return { send, peers, partners, keyLogs, authenticator };
}

function openPeopleRoom(context: Base & Store, cost: ScryptCost): People {
  const { config, node, log, now, randomId, database: db } = context;
  const {
    oidcIssuer: issuer,
    oidcClientId: clientId,
    oidcClientSecret: clientSecret,
    oidcScope: scope,
  } = config;
  return openPeople(
    {
      db,
      organisation: node.organisation,
      url: node.url,
      passwords: openPasswords(cost),
      accessLog: openAccessLog({ pool: db.pool, now, log }),
      oidc: issuer && clientId ? openOidcProvider({ issuer, clientId, clientSecret, scope }) : null,
      limits: { idleMs: config.sessionIdleMinutes * 60_000, longestMs: config.sessionHours * 3_600_000 },
      now,
      randomBytes: context.randomBytes,
      randomId,
    },
    {
      claim: config.oidcRolesClaim ?? null,
      map: config.oidcRoles === undefined ? null : parseRoleMap(config.oidcRoles),
    },
  );
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
