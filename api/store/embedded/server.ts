import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { open, rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dataDirArgument, SERVER_ENV, sleep } from './place.ts';
import { servesDirectory } from './postmaster.ts';
import type { Place } from './place.ts';

const LOG_BYTES_KEPT = 1024 * 1024;
const STOP_PATIENCE_MS = 20_000;

/** A server process that this node started. */
export interface ServerProcess {
  pid: number;
  port: number;
  /** resolves when the process is gone, with the end of what it logged */
  ended: Promise<string>;
  hasEnded(): boolean;
  /** Orderly ("fast") shutdown: refuses new work, ends sessions, writes a checkpoint. */
  stop(): Promise<void>;
  /** Leaves the server running, for the node that took it over. */
  abandon(): void;
}

/** Durability is PostgreSQL's default (fsync, synchronous_commit and full_page_writes are on); this is about size and quiet. */
const SETTINGS: Record<string, string> = {
  cluster_name: 'lotbook',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '128MB',
  max_wal_size: '1GB',
  wal_compression: 'on',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
  log_checkpoints: 'off',
  // The text of a failed statement and the detail of an error hold field values: they stay out of the log.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

export async function startServer(place: Place): Promise<ServerProcess> {
  const port = await freePort();
  const logFrom = await rotateLog(place.logFile);
  const logFile = await open(place.logFile, 'a', 0o600);
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(
    place.binaries.postgres,
    ['-D', dataDirArgument(place), '-p', String(port), ...settings],
    {
      cwd: place.dataDir,
      stdio: ['ignore', logFile.fd, logFile.fd],
      // A session of its own: Ctrl-C in the node's terminal reaches the node only, which then stops the server in order.
      detached: true,
      env: SERVER_ENV,
      ...(place.owner && { uid: place.owner.uid, gid: place.owner.gid }),
    },
  );
  let gone = false;
  const ended = new Promise<string>((resolve) => {
    const finish = (reason: string): void => {
      gone = true;
      watchdog?.kill('SIGKILL');
      void logTail(place.logFile, logFrom).then((tail) => resolve(tail || reason));
    };
    child.once('error', (error) => finish(error.message));
    child.once('exit', (code, signal) => finish(`postgres ended with ${signal ?? code}`));
  });
  const watchdog = child.pid === undefined ? undefined : watch(child.pid);
  await logFile.close();
  child.unref();
  return {
    pid: child.pid ?? 0,
    port,
    ended,
    hasEnded: () => gone,
    stop: async () => {
      watchdog?.kill('SIGKILL');
      if (!gone) child.kill('SIGINT');
      const late = setTimeout(() => child.kill('SIGQUIT'), STOP_PATIENCE_MS);
      child.ref();
      await ended.finally(() => clearTimeout(late));
    },
    abandon: () => void watchdog?.kill('SIGKILL'),
  };
}

/**
 * A shell of about 1 MB that waits for the end of its input and then shuts the server down. Its input ends when the
 * node does, however it ends: a killed node leaves no server behind. It is no guard: the next start copes without it.
 */
function watch(pid: number): ChildProcess {
  const shell = spawn(
    '/bin/sh',
    ['-c', 'read -r _; kill -INT "$1" 2>/dev/null', 'lotbook-watchdog', String(pid)],
    {
      cwd: '/',
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    },
  );
  shell.once('error', () => undefined);
  shell.stdin?.on('error', () => undefined);
  if (shell.stdin && 'unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  shell.unref();
  return shell;
}

/** Stops a server that another, dead node started. */
export async function stopForeignServer(pid: number, dataDir: string): Promise<void> {
  const deadline = Date.now() + STOP_PATIENCE_MS;
  let signal: NodeJS.Signals = 'SIGINT';
  while (await servesDirectory(pid, dataDir)) {
    if (Date.now() > deadline) signal = 'SIGQUIT';
    try {
      process.kill(pid, signal);
    } catch {
      // Gone since the look.
    }
    await sleep(50);
  }
}

/** A port free at this moment. If another program takes it first, the server ends at once and is started on another. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen({ port: 0, host: '127.0.0.1' }, () => {
      const address = probe.address();
      probe.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}

async function rotateLog(file: string): Promise<number> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size < LOG_BYTES_KEPT) return size;
  await rename(file, `${file}.1`);
  return 0;
}

async function logTail(file: string, from: number): Promise<string> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (!handle) return '';
  try {
    const { size } = await handle.stat();
    const start = Math.max(from, size - 2000);
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(Math.max(0, size - start)),
      0,
      undefined,
      start,
    );
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await handle.close();
  }
}
