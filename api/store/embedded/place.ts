import type { Binaries } from './binaries.ts';
import type { StoreLog } from './log.ts';
import type { Owner } from './owner.ts';

/** Everything that the pieces of one embedded server share: where it lives, as whom it runs, how to reach it. */
export interface Place {
  /** the node's directory, absolute */
  dir: string;
  /** the data directory of PostgreSQL, absolute */
  dataDir: string;
  logFile: string;
  password: string;
  /** whose processes and files the server's are; undefined: the node's own user */
  owner: Owner | undefined;
  binaries: Binaries;
  log: StoreLog;
}

/**
 * How a server process started with its working directory in the data directory is told where that is.
 *
 * A node that runs as root starts PostgreSQL as another user, and that user may not be allowed to walk the path
 * (a clone below /root, a 0700 directory of mktemp). The working directory is entered before the user is changed,
 * and on Linux /proc/self/cwd leads to it without a walk; PostgreSQL uses relative paths from there on.
 */
export function dataDirArgument(place: Place, dataDir = place.dataDir): string {
  return place.owner && process.platform === 'linux' ? '/proc/self/cwd' : dataDir;
}

export const SUPERUSER = 'postgres';
export const APPLICATION = 'lotbook';

/** Nothing of the node's environment reaches the server: no secrets, and no PG* or LC_* that would change it. */
export const SERVER_ENV = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

export function connectionUrl(
  { password }: Pick<Place, 'password'>,
  port: number,
  user: string,
  database: string,
): string {
  return `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
