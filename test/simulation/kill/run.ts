import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PublicJwk } from '../../../api/identity/jwk.ts';
import { openHome } from '../../../api/store/home.ts';
import { sleep, type NodeProcess } from '../../support/nodes.ts';
import { checkAuthority, type Findings } from './check.ts';
import { openLoad, type Load } from './load.ts';
import { between, seeded } from './random.ts';

/** Who is killed: the node's process, after which its watchdog shuts the embedded server down, or the server with it. */
export type Victims = 'node' | 'node and server';

export interface KillRun extends Findings {
  acknowledged: number;
  retried: number;
  /** From each start to readiness, ms. */
  restartsMs: number[];
}

/** Kills an authority at random moments of its work, starts it again, and checks what is left of what it acknowledged. */
export async function killAuthority(
  node: NodeProcess,
  input: {
    book: string;
    moments: number;
    seed: number;
    victims: (moment: number) => Victims;
    databaseUrl?: string;
    say?: (text: string) => void;
  },
): Promise<KillRun> {
  const random = seeded(input.seed);
  const load = openLoad({ book: input.book, targetOf: () => node, clients: 8, random });
  const restartsMs: number[] = [];
  for (let moment = 0; moment < input.moments; moment += 1) {
    await answerOf(load);
    await sleep(between(random, 0, 400));
    const victims = input.victims(moment);
    const server = victims === 'node and server' ? serverPid(node.dir) : 0;
    const killed = node.kill9();
    if (server > 0) process.kill(server, 'SIGKILL');
    await killed;
    const startedAt = performance.now();
    await node.restart();
    restartsMs.push(performance.now() - startedAt);
    input.say?.(
      `${moment + 1} of ${input.moments}: ${victims} killed, ${load.acknowledged.size} acknowledged`,
    );
  }
  await answerOf(load);
  await load.finish();
  const findings = await checkAuthority(input.databaseUrl ?? embeddedUrl(node.dir), {
    book: input.book,
    jwk: await publicKeyOf(node),
    acknowledged: load.acknowledged,
  });
  return {
    ...findings,
    faults: [...load.faults, ...findings.faults],
    acknowledged: load.acknowledged.size,
    retried: load.retried(),
    restartsMs,
  };
}

export async function publicKeyOf(node: NodeProcess): Promise<PublicJwk> {
  return (await openHome({ dir: node.dir })).publicJwk;
}

/** Waits for the next answer, so that something is under way again. */
export async function answerOf(load: Load): Promise<void> {
  const since = Date.now();
  while (load.lastAnswerAt() < since) {
    if (Date.now() - since > 60_000) throw new Error('the node answers nothing any more');
    await sleep(5);
  }
}

export function embeddedUrl(dir: string): string {
  const password = readFileSync(join(dir, 'postgres.password'), 'utf8').trim();
  const [, , , port] = readFileSync(join(dir, 'pg', 'postmaster.pid'), 'utf8').split('\n');
  return `postgresql://lotbook:${password}@127.0.0.1:${port}/lotbook`;
}

function serverPid(dir: string): number {
  return Number(readFileSync(join(dir, 'pg', 'postmaster.pid'), 'utf8').split('\n')[0]);
}
