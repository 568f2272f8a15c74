import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEmbedded } from '../../api/store/embedded.ts';
import { LEASE_MS, openNetwork, type Network } from './failover/network.ts';
import { MODES, type ModeName } from './failover/modes.ts';
import { runDrill, type Drill } from './failover/run.ts';

/*
 * npm run failover -- [--kills 60] [--seed 1] [--only kill|freeze|cut|backup|both|handover|yesterday] [--json FILE]
 *
 * Five organisations with nodes and databases of their own; one owns a book, one is its backup authority, one its witness,
 * two are partners that ask for updates all the time. The owner's node is killed so many times; of every other kind of
 * fault there are a sixth as many, or with --only that many of one kind. The chances are those of the seed; the moments
 * depend on the machine too.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: Object.keys(MODES).join(' ') },
    json: { type: 'string' },
  },
});
const kills = Number(values.kills);
const seed = Number(values.seed);
const names = values.only.split(/[ ,]+/) as ModeName[];
if (!(kills > 0) || !Number.isInteger(seed) || names.some((name) => !(name in MODES)))
  throw new Error('see the head of this file');

const dir = await mkdtemp(join(tmpdir(), 'lotbook-failover-'));
const database = await openEmbedded({ dir, log: { info: () => undefined, warn: () => undefined } });
const figures: object[] = [];
// An interrupt ends the nodes too, and leaves nothing behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
try {
  for (const name of names) {
    const isFew = name !== 'kill' && names.length > 1;
    const count = isFew ? Math.max(2, Math.round(kills / 6)) : kills;
    figures.push(await runMode(name, count));
  }
} finally {
  await database.stop();
}
if (values.json)
  await writeFile(values.json, `${JSON.stringify({ kills, seed, leaseMs: LEASE_MS, figures }, null, 2)}\n`);
// Programs that wait for an answer that never comes would keep it running.
process.exit();

async function runMode(mode: ModeName, count: number): Promise<object> {
  const startedAt = performance.now();
  const network = await openNetwork(database.adminUrl);
  try {
    const modes = Array.from({ length: count }, () => mode);
    let told = 0;
    const say = (text: string): void => console.log(`${(told += 1)} of ${count} ${text}`);
    const drill = await runDrill(network, { modes, seed, say });
    const summary = summaryOf(drill, (performance.now() - startedAt) / 1_000);
    console.log(`${mode}: ${JSON.stringify(summary)}`);
    for (const fault of drill.faults.slice(0, 20)) console.log(`  ${fault}`);
    if (drill.faults.length > 0) {
      process.exitCode = 1;
      console.log(`  logs of the nodes: ${await keepLogs(mode, network)}`);
    }
    return { mode, ...summary, faultTexts: drill.faults.slice(0, 100), events: drill.events };
  } finally {
    await network.remove();
  }
}

function summaryOf({ events, acknowledged, findings, faults }: Drill, seconds: number): object {
  const times = (name: 'firstApprovalMs' | 'nextApprovalMs'): object | null => {
    const all = events.flatMap((event) => event[name] ?? []);
    return all.length === 0 ? null : quantiles(all);
  };
  return {
    events: events.length,
    seconds: Math.round(seconds),
    acknowledged,
    firstApprovalMs: times('firstApprovalMs'),
    nextApprovalMs: times('nextApprovalMs'),
    waiting: quantiles(events.map(({ waiting }) => waiting)),
    gapMs: quantiles(events.map(({ gapMs }) => gapMs)),
    repairedMs: quantiles(events.map(({ repairedMs }) => repairedMs)),
    lost: findings.lost.length,
    doubled: findings.doubled.length,
    forks: findings.forks.length,
    failed: events.flatMap(({ failures }) => failures).length,
    faults: faults.length,
  };
}

/** Half of them are at most, nine of ten are at most, all are at most. */
function quantiles(numbers: readonly number[]): { half: number; most: number; all: number } {
  const sorted = numbers.toSorted((a, b) => a - b).map(Math.round);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { half: at(0.5), most: at(0.9), all: sorted.at(-1) ?? 0 };
}

async function keepLogs(mode: string, network: Network): Promise<string> {
  const kept = await mkdtemp(join(tmpdir(), `lotbook-failover-${mode}-`));
  for (const organisation of network.everybody)
    await writeFile(join(kept, `${organisation}.log`), network.node(organisation).log());
  return kept;
}
