import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { childEnvironment } from '../config.ts';

/** The process of a node: `lotbook start` in its directory, with an embedded PostgreSQL of its own. */
export interface NodeProcess {
  /** Of the one that runs, or ran last. */
  pid(): number;
  start(): void;
  /** SIGKILL: it can do nothing more. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Stops it in order. Idempotent. */
  stop(): Promise<void>;
  hasEnded(): boolean;
  /** Resolves when it ended and nobody wanted it to. */
  lost: Promise<void>;
  /** The end of its log. */
  lastWords(): string;
}

const STOP_TIMEOUT_MS = 20_000;

/** It stops when its stdin closes, so it does not outlive this process. */
export function openProcess(dir: string, port: number): NodeProcess {
  const logFile = join(dir, 'node.log');
  let child: ChildProcess | undefined;
  let isWanted = false;
  let onLost: () => void = () => undefined;
  const lost = new Promise<void>((resolve) => (onLost = resolve));
  const start = (): void => {
    const started = (child = spawnNode(dir, port, logFile));
    isWanted = true;
    void ended(started).then(() => isWanted && started === child && onLost());
  };
  return {
    pid: () => child?.pid ?? 0,
    start,
    kill: async () => {
      isWanted = false;
      child?.kill('SIGKILL');
      await ended(child);
    },
    stop: async () => {
      isWanted = false;
      child?.stdin?.end();
      const timer = setTimeout(() => child?.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended(child);
      clearTimeout(timer);
    },
    hasEnded: () => hasEnded(child),
    lost,
    lastWords: () => readFileSync(logFile, 'utf8').trimEnd().split('\n').at(-1) ?? '',
  };
}

function spawnNode(dir: string, port: number, logFile: string): ChildProcess {
  const log = openSync(logFile, 'a');
  const [, cli = ''] = process.argv;
  const child = spawn(
    process.execPath,
    [...process.execArgv, cli, '--dir', dir, '--port', String(port), 'start', '--with-parent'],
    {
      stdio: ['pipe', log, log],
      // Ctrl-C is for this process, which then stops the nodes in order.
      detached: true,
      env: childEnvironment({ partnerPollMs: '1000', checkpointSeconds: '2', outboundNetworks: 'loopback' }),
    },
  );
  closeSync(log);
  child.stdin?.on('error', () => undefined);
  return child;
}

function hasEnded(child: ChildProcess | undefined): boolean {
  return child === undefined || child.exitCode !== null || child.signalCode !== null;
}

function ended(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || hasEnded(child)) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
}
