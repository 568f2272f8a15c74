import { access, chmod, constants, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { StoreError } from './error.ts';
import { findBinaries } from './embedded/binaries.ts';
import { inUse, keepHold, takeHold } from './embedded/holder.ts';
import { ensurePassword, initialise, isInitialised, removeUnfinished } from './embedded/initialise.ts';
import { serverOwner } from './embedded/owner.ts';
import { APPLICATION, connectionUrl, sleep, SUPERUSER } from './embedded/place.ts';
import { runningServer, servesDirectory } from './embedded/postmaster.ts';
import { startServer, stopForeignServer } from './embedded/server.ts';
import type { StoreLog } from './embedded/log.ts';
import type { Place } from './embedded/place.ts';
import type { ServerProcess } from './embedded/server.ts';

export type { StoreLog } from './embedded/log.ts';

export interface EmbeddedDatabase {
  /** for the node: role `lotbook`, owner of the database `lotbook`, no superuser */
  url: string;
  /** for tests and maintenance: the superuser, on the database `postgres` */
  adminUrl: string;
  port: number;
  timings: { initialiseMs: number; takeOverMs: number; startMs: number };
  /** Never rejects; resolves when the server ends or the directory is lost to another node, without a `stop`. The node must end then. */
  failed: Promise<StoreError>;
  /** Ends all sessions, shuts the server down in order and frees the directory. Idempotent. */
  stop(): Promise<void>;
}

const START_ATTEMPTS = 8;
const STARTER_GRACE_MS = 2_000;

/**
 * Opens the embedded PostgreSQL of a node, in `<dir>/pg`: durable, on a free loopback port, with a random password.
 *
 * 1. The data directory is made once (`initialise`: whole or not at all).
 * 2. A server that runs there already belongs to a living node, which holds the lock: this one is refused
 *    (EMBEDDED_IN_USE). Or its node was killed: the lock is free, this node takes it, stops that server and goes on.
 * 3. A server is started. PostgreSQL lets one run per data directory; of two nodes that start at once, one
 *    sees its own server end, finds the other's and is refused in step 2.
 * 4. The lock is taken on the own server. Only from here on does the node hold the directory.
 *
 * @throws StoreError EMBEDDED_*
 */
export async function openEmbedded({ dir, log }: { dir: string; log: StoreLog }): Promise<EmbeddedDatabase> {
  const timings = { initialiseMs: 0, takeOverMs: 0, startMs: 0 };
  const place = await prepare(dir, log);
  if (!(await isInitialised(place.dataDir))) {
    timings.initialiseMs = await timed(() => initialise(place));
  }
  let lastWords = '';
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt += 1) {
    if (attempt > 0) await sleep(100 * attempt);
    timings.takeOverMs += await timed(() => clearDirectory(place));
    const startedAt = performance.now();
    const server = await startServer(place);
    const hold = await takeHold(place, server.port, async () => !server.hasEnded(), 0);
    if (hold.is === 'held') {
      await removeUnfinished(place);
      await ensureApplication(place, server.port);
      timings.startMs = Math.round(performance.now() - startedAt);
      log.info(
        { port: server.port, pid: server.pid, dir: place.dataDir, ...timings },
        'embedded PostgreSQL is ready',
      );
      return opened(place, server, hold.session, timings);
    }
    if (hold.is === 'taken') {
      server.abandon();
      throw inUse(place, hold.by);
    }
    if (!server.hasEnded()) await server.stop();
    lastWords = await server.ended;
  }
  throw new StoreError(
    'EMBEDDED_START_FAILED',
    `The embedded PostgreSQL in ${place.dataDir} does not start (log: ${place.logFile}): ${lastWords}`,
  );
}

/**
 * Where the server of a directory whose node is running can be reached by other programs of the same user; undefined where
 * none runs.
 */
export async function embeddedUrl(dir: string): Promise<string | undefined> {
  const found = await runningServer(join(resolve(dir), 'pg'));
  if (!found) return undefined;
  return connectionUrl({ password: await ensurePassword(dir) }, found.port, APPLICATION, APPLICATION);
}

async function prepare(dirGiven: string, log: StoreLog): Promise<Place> {
  const dir = resolve(dirGiven);
  const dataDir = join(dir, 'pg');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await access(dir, constants.R_OK | constants.W_OK | constants.X_OK).catch((cause: unknown) => {
    throw new StoreError(
      'EMBEDDED_WRONG_OWNER',
      `The node may not write in ${dir}. Start it as the user that owns the directory, or give it another one.`,
      { cause },
    );
  });
  const owner = await serverOwner(dataDir, log);
  // Where the server's user has to walk to its data (see dataDirArgument), it may pass through, not look around.
  if (owner && process.platform !== 'linux') await chmod(dir, 0o711);
  const [binaries, password] = await Promise.all([findBinaries(owner, log), ensurePassword(dir)]);
  return { dir, dataDir, logFile: join(dir, 'postgres.log'), password, owner, binaries, log };
}

/** Stops the server that a killed node left on the directory; refuses when its node lives. */
async function clearDirectory(place: Place): Promise<void> {
  for (;;) {
    const found = await runningServer(place.dataDir);
    if (!found) return;
    const alive = (): Promise<boolean> => servesDirectory(found.pid, place.dataDir);
    const hold = await takeHold(place, found.port, alive, STARTER_GRACE_MS);
    if (hold.is === 'taken') throw inUse(place, hold.by);
    if (hold.is === 'held') {
      place.log.warn(
        { pid: found.pid },
        'found the PostgreSQL server of a killed node: it is stopped and started again',
      );
      await Promise.all([
        stopForeignServer(found.pid, place.dataDir),
        hold.session.end().catch(() => undefined),
      ]);
    } else {
      await sleep(50);
    }
  }
}

async function ensureApplication(place: Place, port: number): Promise<void> {
  const admin = new pg.Client({ connectionString: connectionUrl(place, port, SUPERUSER, 'postgres') });
  await admin.connect();
  try {
    const role = await admin.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [APPLICATION]);
    if (role.rowCount === 0)
      await admin.query(`CREATE ROLE ${APPLICATION} LOGIN PASSWORD '${place.password}'`);
    const database = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [APPLICATION]);
    if (database.rowCount === 0) await admin.query(`CREATE DATABASE ${APPLICATION} OWNER ${APPLICATION}`);
  } finally {
    await admin.end();
  }
}

function opened(
  place: Place,
  server: ServerProcess,
  session: pg.Client,
  timings: EmbeddedDatabase['timings'],
): EmbeddedDatabase {
  let stopping: Promise<void> | undefined;
  let fail: (error: StoreError) => void = () => undefined;
  const failed = new Promise<StoreError>((done) => (fail = done));
  const holder = keepHold(place, server.port, session, () => !server.hasEnded() && !stopping, fail);
  void server.ended.then((lastWords) => {
    if (stopping) return;
    fail(
      new StoreError(
        'EMBEDDED_LOST',
        `The embedded PostgreSQL has ended (log: ${place.logFile}): ${lastWords}. Start the node again.`,
      ),
    );
  });
  return {
    url: connectionUrl(place, server.port, APPLICATION, APPLICATION),
    adminUrl: connectionUrl(place, server.port, SUPERUSER, 'postgres'),
    port: server.port,
    timings,
    failed,
    stop: () => (stopping ??= server.stop().then(() => holder.release())),
  };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return Math.round(performance.now() - startedAt);
}
