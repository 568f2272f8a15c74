import { execFile } from 'node:child_process';
import { readFile, readlink, realpath, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { sleep } from './place.ts';

const run = promisify(execFile);

/** A running server of a data directory, as its postmaster.pid describes it. */
export interface RunningServer {
  pid: number;
  port: number;
}

/**
 * The server that runs on this data directory, if any. A postmaster.pid whose process is gone, or whose number now
 * belongs to something else (every restart of a container does that), is moved away, since PostgreSQL would refuse it.
 */
export async function runningServer(dataDir: string): Promise<RunningServer | undefined> {
  const file = join(dataDir, 'postmaster.pid');
  for (let look = 0; ; look += 1) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const lines = text.split('\n');
    const pid = Number(lines[0]);
    const port = Number(lines[3]);
    // A server writes the file in steps; a file that stays short is the remains of a crash.
    if (pid > 0 && port > 0 && (await servesDirectory(pid, dataDir))) return { pid, port };
    if (look < 3) await sleep(50);
    else return moveAway(file, text);
  }
}

/** Whether this process is a PostgreSQL server on this data directory, and not another one that got its number. */
export async function servesDirectory(pid: number, dataDir: string): Promise<boolean> {
  try {
    if (process.platform === 'linux') {
      const [program, cwd] = await Promise.all([readlink(`/proc/${pid}/exe`), readlink(`/proc/${pid}/cwd`)]);
      return basename(program).startsWith('postgres') && cwd === (await realpath(dataDir));
    }
    const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]);
    return stdout.includes('postgres') && stdout.includes(dataDir);
  } catch {
    return false;
  }
}

async function moveAway(file: string, expected: string): Promise<undefined> {
  const away = `${file}.stale`;
  try {
    await rename(file, away);
    // Another node may have started a server since: its file goes back.
    if ((await readFile(away, 'utf8')) !== expected) await rename(away, file);
  } catch {
    // Somebody else moved it first.
  }
  return undefined;
}
