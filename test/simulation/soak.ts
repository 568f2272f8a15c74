import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEmbedded } from '../../api/store/embedded.ts';
import { sleep } from '../support/nodes.ts';
import { MODES, type ModeName } from './failover/modes.ts';
import { openNetwork, PARTNERS, WITNESS } from './failover/network.ts';
import { runDrill } from './failover/run.ts';
import { pick, seeded } from './kill/random.ts';
import { type Chores, openChores } from './soak/chores.ts';
import { growthOf, type MemoryOf, watchMemory } from './soak/memory.ts';

/*
 * npm run soak -- [--minutes 30] [--seed 1]
 *
 * Six organisations with nodes and databases of their own under mixed load: changes of a shared book from four of them,
 * captures, traces, exports, logins and feeds at the partners; each minute something happens to the book's primary or backup,
 * to the network, or to its data. At the end all copies are equal, memory is flat, and nothing has failed that nobody caused.
 */
const MINUTE_MS = 60_000;
/** In less, what a node loads on first use looks like growth. */
const LEAST_MINUTES_FOR_MEMORY = 8;
const SIX = [...PARTNERS, 'inspector.example'];

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, seed: { type: 'string', default: '1' } },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(seed)) throw new Error('see the head of this file');

const dir = await mkdtemp(join(tmpdir(), 'lotbook-soak-'));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
const database = await openEmbedded({ dir, log: { info: () => undefined, warn: () => undefined } });
const network = await openNetwork(database.adminUrl, SIX);
try {
  const startedAt = performance.now();
  const random = seeded(seed);
  const chores = await Promise.all(
    SIX.map((organisation, at) => openChores(network.node(organisation), seeded(seed + 100 + at))),
  );
  const memory = watchMemory(network, [WITNESS, ...SIX]);
  const say = (text: string): void => {
    const done = chores.flatMap((each) => each.done.map(({ times }) => times.length));
    const minute = ((performance.now() - startedAt) / MINUTE_MS).toFixed(1);
    console.log(`${minute} min: ${text}; ${done.reduce((a, b) => a + b, 0)} chores done`);
  };
  const drill = await runDrill(network, { modes: eachMinute(startedAt), seed, say });
  await Promise.all(chores.map((each) => each.finish()));
  const used = memory.finish();
  console.table(used.map(roundedOf));
  console.table(timesOf(chores));
  const faults = [
    ...drill.faults,
    ...chores.flatMap((each) => each.faults),
    ...(minutes < LEAST_MINUTES_FOR_MEMORY ? [] : used.flatMap(growthOf)),
  ];
  const what = { minutes, seed, happenings: drill.events.length, changes: drill.acknowledged };
  console.log(JSON.stringify({ ...what, faults: faults.length }));
  for (const fault of faults.slice(0, 40)) console.log(`  ${fault}`);
  if (faults.length > 0) process.exitCode = 1;

  async function* eachMinute(beginAt: number): AsyncGenerator<ModeName> {
    for (let minute = 1; minute <= minutes; minute += 1) {
      await sleep(Math.max(0, beginAt + (minute - 0.5) * MINUTE_MS - performance.now()));
      yield pick(random, Object.keys(MODES) as ModeName[]);
    }
    await sleep(Math.max(0, beginAt + minutes * MINUTE_MS - performance.now()));
  }
} finally {
  await network.remove();
  await database.stop();
}
// Programs that wait for an answer that never comes would keep it running.
process.exit();

function roundedOf({ organisation, ...numbers }: MemoryOf): object {
  const rounded = Object.entries(numbers).map(([name, value]) => [name, Number(value.toFixed(1))]);
  return { organisation, ...Object.fromEntries(rounded) };
}

/** How often each chore was done at all nodes together, and how long half of them and all of them took at most, ms. */
function timesOf(chores: readonly Chores[]): object[] {
  const names = chores[0]?.done.map(({ name }) => name) ?? [];
  return names.map((name) => {
    const all = chores.flatMap(({ done }) => done.filter((each) => each.name === name));
    const times = all.flatMap((each) => each.times).toSorted((a, b) => a - b);
    const at = (share: number): number => Math.round(times[Math.floor((times.length - 1) * share)] ?? 0);
    return { name, times: times.length, halfMs: at(0.5), mostMs: at(0.99), allMs: at(1) };
  });
}
