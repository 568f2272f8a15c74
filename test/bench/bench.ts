import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { benchApprovals } from './approvals/bench.ts';
import { benchAuthority } from './authority/bench.ts';
import { benchCapture } from './capture/bench.ts';
import { benchFeeds } from './feeds/bench.ts';
import { benchHops } from './hops/bench.ts';
import { benchProof } from './proof/bench.ts';
import { benchLog } from './log/bench.ts';
import { benchStartup } from './startup/bench.ts';
import { openServer, type BenchServer } from './support/database.ts';
import { table, type Figure } from './support/figures.ts';
import { machine } from './support/machine.ts';
import { benchTracing } from './tracing/bench.ts';

type Section = (server: BenchServer, rounds: number, quick: boolean, size?: number) => Promise<Figure[]>;

const SECTIONS: Record<string, { title: string; run: Section }> = {
  a: { title: 'approved changes end to end', run: benchApprovals },
  b: { title: 'feeds', run: benchFeeds },
  c: { title: 'capture of EPCIS documents', run: benchCapture },
  d: { title: 'start', run: benchStartup },
  e: { title: 'traces', run: benchTracing },
  f: { title: 'backup and witness', run: benchAuthority },
  h: { title: 'proof', run: benchProof },
  g: { title: 'the nodes of a log', run: benchLog },
  i: { title: 'traces across four nodes', run: benchHops },
};

const USAGE = `npm run bench -- [--quick] [--only a,b,c,d,e,f,g,h,i] [--size CHANGES] [--json FILE]
Measures a node against its limits on this machine. DATABASE_URL selects another PostgreSQL than the embedded one.
--size says how many changes the long book of h has: 1000000 for one that takes its time.`;

const ROUNDS = 3;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean' },
      only: { type: 'string' },
      size: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return console.log(USAGE);
  const quick = values.quick ?? false;
  const size = values.size === undefined ? undefined : Number(values.size);
  if (size !== undefined && !(Number.isInteger(size) && size >= 1))
    throw new Error(`--size is a number of changes\n${USAGE}`);
  const only = values.only?.split(',') ?? Object.keys(SECTIONS);
  const unknown = only.filter((name) => !(name in SECTIONS));
  if (unknown.length > 0) throw new Error(`no section ${unknown.join(', ')}\n${USAGE}`);
  const server = await openServer();
  const about = { machine: machine(), database: server.description, rounds: ROUNDS, quick };
  console.log(`${about.machine}\n${about.database}\nmedians of ${ROUNDS} rounds${quick ? ', quick' : ''}\n`);
  const figures: Figure[] = [];
  try {
    for (const name of only) {
      const { title, run } = SECTIONS[name] as { title: string; run: Section };
      const startedAt = performance.now();
      figures.push(...(await run(server, ROUNDS, quick, size)));
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
      console.log(`(${name}) ${title}: measured in ${seconds} s, load now ${loadavg()[0]?.toFixed(2)}`);
    }
  } finally {
    await server.close();
  }
  console.log(`\n${table(figures)}`);
  if (values.json) await writeFile(values.json, `${JSON.stringify({ ...about, figures }, null, 2)}\n`);
}

await main();
