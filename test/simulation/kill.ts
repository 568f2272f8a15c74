import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEmbedded } from '../../api/store/embedded.ts';
import { makePartners, startNodeProcess, type NodeProcess } from '../support/nodes.ts';
import { killPartner } from './kill/copies.ts';
import { killAuthority } from './kill/run.ts';
import { killOneOfTwo } from './kill/two.ts';

/*
 * npm run kill -- [--moments 100] [--seed 1] [--only authority|partner|two]
 *
 * Kills nodes at so many random moments under load and checks that nothing was lost, doubled or changed. The chances are
 * those of the seed; the moments depend on the machine too.
 */
const { values } = parseArgs({
  options: {
    moments: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: 'authority partner two' },
  },
});
const moments = Number(values.moments);
const seed = Number(values.seed);
const BOOK = 'owner.example/season';
const say = (text: string): void => console.log(text);

const simulations: Record<string, () => Promise<{ faults: string[] }>> = {
  authority: () =>
    withNodes([{ organisation: 'owner.example', books: ['season'] }], async ([node]) => {
      const victims = (moment: number) =>
        moment % 3 === 2 ? ('node and server' as const) : ('node' as const);
      const run = await killAuthority(node as NodeProcess, { book: BOOK, moments, seed, victims, say });
      const { restartsMs, ...figures } = run;
      return { ...figures, restartMs: quantiles(restartsMs) };
    }),
  partner: () =>
    withNodes(
      [{ organisation: 'owner.example', books: ['season'] }, { organisation: 'partner.example' }],
      async ([owner, partner]) => {
        await makePartners(owner as NodeProcess, partner as NodeProcess);
        return killPartner(owner as NodeProcess, partner as NodeProcess, { book: BOOK, moments, seed, say });
      },
    ),
  two: async () => {
    const dir = await mkdtemp(join(tmpdir(), 'lotbook-kill-'));
    const silent = { info: () => undefined, warn: () => undefined };
    const database = await openEmbedded({ dir, log: silent });
    const common = { organisation: 'owner.example', databaseUrl: database.url };
    try {
      return await withNodes([{ ...common, books: ['season'] }], ([first]) => {
        if (!first) throw new Error('no node');
        return withNodes([{ ...common, dir: first.dir }], async ([second]) => {
          const pair = [first, second as NodeProcess] as const;
          const { gapsMs, ...figures } = await killOneOfTwo(pair, {
            book: BOOK,
            moments,
            seed,
            databaseUrl: database.url,
          });
          return { ...figures, gapMs: quantiles(gapsMs) };
        });
      });
    } finally {
      await database.stop();
      await rm(dir, { recursive: true, force: true });
    }
  },
};

for (const name of values.only.split(/[ ,]+/)) {
  const simulate = simulations[name];
  if (!simulate || !(moments > 0) || !Number.isInteger(seed)) throw new Error('see the head of this file');
  const startedAt = performance.now();
  const { faults, ...figures } = await simulate();
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  say(`${name}: ${JSON.stringify({ moments, seed, seconds, ...figures, faults: faults.length })}`);
  for (const fault of faults.slice(0, 20)) say(`  ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

async function withNodes<T>(
  options: readonly Parameters<typeof startNodeProcess>[0][],
  work: (nodes: readonly NodeProcess[]) => Promise<T>,
): Promise<T> {
  const nodes: NodeProcess[] = [];
  try {
    for (const each of options) nodes.push(await startNodeProcess(each));
    return await work(nodes);
  } finally {
    await Promise.all(nodes.map((node) => node.remove()));
  }
}

/** Half of them took at most, and all of them took at most, ms. */
function quantiles(numbers: readonly number[]): { half: number; all: number } {
  const sorted = numbers.toSorted((a, b) => a - b).map(Math.round);
  return { half: sorted[Math.floor(sorted.length / 2)] ?? 0, all: sorted.at(-1) ?? 0 };
}
