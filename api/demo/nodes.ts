import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../cli/output.ts';
import { connectOwnNode, type OwnNode } from '../cli/own-node.ts';
import { childEnvironment, readConfig } from '../config.ts';
import type { SeasonOrganisation } from './season/types.ts';
import type { Stage } from './stage.ts';

/** A node of the demo: a process of its own. */
export interface DemoNode extends OwnNode {
  season: SeasonOrganisation;
  /** Its name without the last word. */
  short: string;
  dir: string;
  port: number;
  /** By which its people tell its key. */
  fingerprint: string;
}

export interface DemoNodes {
  /** In the order of the season. */
  list: DemoNode[];
  of(organisation: string): DemoNode;
  /** Stops all of them, in order. Idempotent. */
  stop(): Promise<void>;
  /** Resolves to the name of a node that ended by itself. */
  lost: Promise<string>;
}

const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 20_000;
const POLL_MS = 100;
const HOST = '127.0.0.1';

/**
 * Starts the five nodes at once. Each is `lotbook start` in a process of its own, with its own embedded PostgreSQL; it
 * stops when its stdin closes, so none outlives this process.
 *
 * @throws CommandError when one does not start; then none runs
 */
export async function startNodes(stage: Stage, signal: AbortSignal): Promise<DemoNodes> {
  const children = stage.homes.map(({ dir, port }) => startChild(dir, port));
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= Promise.all(children.map(stopChild)).then(() => undefined));
  const lost = Promise.race(
    children.map((child, index) => ended(child).then(() => stage.homes[index]?.organisation.name ?? '')),
  );
  try {
    const list = await Promise.all(
      stage.homes.map((home, index) => ready(home, children[index] as ChildProcess, signal)),
    );
    const byName = new Map(list.map((node) => [node.organisation, node]));
    return { list, of: (organisation) => byName.get(organisation) as DemoNode, stop, lost };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startChild(dir: string, port: number): ChildProcess {
  const log = openSync(join(dir, 'node.log'), 'a');
  const [, cli = ''] = process.argv;
  const child = spawn(
    process.execPath,
    [...process.execArgv, cli, '--dir', dir, '--port', String(port), 'start', '--with-parent'],
    {
      stdio: ['pipe', log, log],
      // Ctrl-C is for this process, which then stops the nodes in order.
      detached: true,
      env: childEnvironment({ partnerPollMs: '1000' }),
    },
  );
  closeSync(log);
  child.stdin?.on('error', () => undefined);
  return child;
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
}

async function stopChild(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended(child);
  clearTimeout(timer);
}

async function ready(
  { organisation: season, dir, port }: Stage['homes'][number],
  child: ChildProcess,
  signal: AbortSignal,
): Promise<DemoNode> {
  const url = `http://${HOST}:${port}`;
  const until = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const answer = await fetch(`${url}/.well-known/lotbook`).catch(() => undefined);
    if (answer?.ok) {
      const { fingerprint } = (await answer.json()) as { fingerprint: string };
      const own = await connectOwnNode(readConfig({}, { dir, port, host: HOST }));
      return { ...own, season, short: season.name.split(' ').slice(0, -1).join(' '), dir, port, fingerprint };
    }
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > until) {
      throw new CommandError(
        `The node of ${season.name} does not start: ${lastLine(join(dir, 'node.log'))}`,
        `Its log is ${join(dir, 'node.log')}.`,
      );
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

function lastLine(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
}
