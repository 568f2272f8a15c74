import pg from 'pg';
import { StoreError } from '../error.ts';
import { codeOf } from './error-code.ts';
import { connectionUrl, sleep, SUPERUSER } from './place.ts';
import type { Place } from './place.ts';

/*
 * One node per directory: the holder keeps a session with an advisory lock. The system closes that session when the
 * holder dies, however it dies, so the lock is never stale and needs no clean-up; PostgreSQL hands it to one at most.
 */
const LOCK = 0x107b00c;
const NAME = 'lotbook node ';

export interface Holder {
  release(): Promise<void>;
}

/** `held`: the lock is ours; `taken`: by that process; `free`: nobody's; `away`: the server does not answer any more. */
export type HoldResult =
  { is: 'held'; session: pg.Client } | { is: 'taken'; by: string } | { is: 'free' | 'away' };

/**
 * Waits until the server answers (it may be recovering from a crash, which can take minutes) and takes the lock.
 * @param youngestMs leave a free lock alone on a server younger than this: the node that started it is about to take it
 */
export async function takeHold(
  place: Place,
  port: number,
  alive: () => Promise<boolean>,
  youngestMs: number,
): Promise<HoldResult> {
  let nextWordAt = Date.now() + 5_000;
  for (;;) {
    const session = await connect(place, port).catch(async (error: unknown) => {
      if (isFinal(error)) throw explained(place, error);
      return undefined;
    });
    if (session) {
      const result = await tryLock(session, youngestMs);
      if (result.is !== 'held') await session.end().catch(() => undefined);
      if (result.is !== 'away') return result;
    }
    if (!(await alive())) return { is: 'away' };
    if (Date.now() > nextWordAt) {
      place.log.info({ port }, 'waiting for PostgreSQL to accept connections');
      nextWordAt += 5_000;
    }
    await sleep(25);
  }
}

/** Keeps the lock: takes it again when the session breaks (a restart after a crashed backend), and tells when it is lost. */
export function keepHold(
  place: Place,
  port: number,
  first: pg.Client,
  alive: () => boolean,
  onLost: (error: StoreError) => void,
): Holder {
  let released = false;
  let session = first;
  const guard = (client: pg.Client): void => {
    client.on('error', () => undefined);
    client.once('end', () => void again());
  };
  const again = async (): Promise<void> => {
    if (released || !alive()) return;
    const result = await takeHold(place, port, async () => alive() && !released, 0).catch(() => undefined);
    if (result?.is === 'held' && !released) guard((session = result.session));
    else if (result?.is === 'held') await result.session.end();
    else if (!released && alive()) onLost(inUse(place, result?.is === 'taken' ? result.by : 'unknown'));
  };
  guard(session);
  return {
    release: async () => {
      released = true;
      await session.end().catch(() => undefined);
    },
  };
}

export function inUse(place: Place, by: string): StoreError {
  return new StoreError(
    'EMBEDDED_IN_USE',
    `The database in ${place.dataDir} is in use by another node, process ${by} on this machine. ` +
      `Stop that node first, or start this one with another data directory.`,
  );
}

async function connect(place: Place, port: number): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: connectionUrl(place, port, SUPERUSER, 'postgres'),
    application_name: NAME + process.pid,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function tryLock(session: pg.Client, youngestMs: number): Promise<HoldResult> {
  try {
    const { rows } = await session.query<{ by: string | null; age: number }>(
      `SELECT (SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                WHERE l.locktype = 'advisory' AND l.classid = 0 AND l.objid = $1 AND l.granted
                  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS by,
              extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())::float8 * 1000 AS age`,
      [LOCK],
    );
    const row = rows[0];
    if (row && row.by !== null) return { is: 'taken', by: row.by.replace(NAME, '') };
    if (row && row.age < youngestMs) return { is: 'free' };
    const locked = await session.query<{ ok: boolean }>('SELECT pg_try_advisory_lock($1) AS ok', [LOCK]);
    // Taken since the look: the next look tells by whom.
    return locked.rows[0]?.ok ? { is: 'held', session } : await tryLock(session, youngestMs);
  } catch {
    return { is: 'away' };
  }
}

/** Wrong password or a refusal by pg_hba.conf: waiting does not help. */
function isFinal(error: unknown): boolean {
  return ['28P01', '28000', '3D000'].includes(codeOf(error) ?? '');
}

function explained(place: Place, cause: unknown): StoreError {
  return new StoreError(
    'EMBEDDED_START_FAILED',
    `The server in ${place.dataDir} does not accept the password in ${place.dir}/postgres.password: ` +
      'put back the file that belongs to this data directory.',
    { cause },
  );
}
