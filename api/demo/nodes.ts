import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../cli/output.ts';
import { connectOwnNode, type OwnNode } from '../cli/own-node.ts';
import { readConfig } from '../config.ts';
import { parsePublicJwk, verificationKey } from '../identity/jwk.ts';
import type { PinnedKeys } from '../identity/jws.ts';
import { type NodeProcess, openProcess } from './process.ts';
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
  /** By which it signs. */
  keys: PinnedKeys;
  process: NodeProcess;
  /** Starts it again after `process.kill`; resolves when it answers. */
  restart(): Promise<void>;
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
const POLL_MS = 100;
const HOST = '127.0.0.1';

/**
 * Starts the five nodes at once, each in a process of its own.
 *
 * @throws CommandError when one does not start; then none runs
 */
export async function startNodes(stage: Stage, signal: AbortSignal): Promise<DemoNodes> {
  const homes = stage.homes.map((home) => ({ ...home, process: openProcess(home.dir, home.port) }));
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopping ??= Promise.all(homes.map(({ process: each }) => each.stop())).then(() => undefined));
  const lost = Promise.race(
    homes.map(({ process: each, organisation }) => each.lost.then(() => organisation.name)),
  );
  try {
    for (const { process: each } of homes) each.start();
    const list = await Promise.all(homes.map((home) => openNode(home, signal)));
    const byName = new Map(list.map((node) => [node.organisation, node]));
    return { list, of: (organisation) => byName.get(organisation) as DemoNode, stop, lost };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Home = Stage['homes'][number] & { process: NodeProcess };

async function openNode(home: Home, signal: AbortSignal): Promise<DemoNode> {
  const { organisation: season, dir, port, process } = home;
  const { fingerprint } = await ready(home, signal);
  const own = await connectOwnNode(readConfig({}, { dir, port, host: HOST }));
  return {
    ...own,
    season,
    short: season.name.split(' ').slice(0, -1).join(' '),
    dir,
    port,
    fingerprint,
    keys: await keysOf(own.localUrl),
    process,
    restart: async () => {
      signal.throwIfAborted();
      process.start();
      await ready(home, signal);
    },
  };
}

async function ready(home: Home, signal: AbortSignal): Promise<{ fingerprint: string }> {
  const { organisation, port, process } = home;
  const until = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const answer = await fetch(`http://${HOST}:${port}/.well-known/lotbook`).catch(() => undefined);
    if (answer?.ok) return (await answer.json()) as { fingerprint: string };
    if (process.hasEnded() || Date.now() > until) {
      throw new CommandError(
        `The node of ${organisation.name} does not start: ${process.lastWords()}`,
        `Its log is node.log in ${home.dir}.`,
      );
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** RFC 7517 section 5. */
async function keysOf(url: string): Promise<PinnedKeys> {
  const answer = await fetch(`${url}/.well-known/jwks.json`);
  const { keys } = (await answer.json()) as { keys: unknown[] };
  return new Map(
    keys
      .map(parsePublicJwk)
      .map(verificationKey)
      .map((key) => [key.kid, key]),
  );
}
