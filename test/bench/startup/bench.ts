import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initHome } from '../../../api/store/home.ts';
import { generateKey } from '../../support/key.ts';
import type { BenchServer } from '../support/database.ts';
import { beside, figure, type Figure } from '../support/figures.ts';
import { freePort } from '../../support/nodes.ts';
import { runNode } from '../support/node.ts';
import { openBare } from './bare-postgres.ts';

/** (d) From the start of the process until /readyz answers, with the embedded PostgreSQL. The limit: that server alone. */
export async function benchStartup(_server: BenchServer, rounds: number): Promise<Figure[]> {
  const fresh: number[] = [];
  const again: number[] = [];
  const killed: number[] = [];
  const bareFresh: number[] = [];
  const bareAgain: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const dir = await mkdtemp(join(tmpdir(), 'lotbook-bench-start-'));
    await initHome({ dir, organisation: 'bench.example', name: 'Bench', books: ['season'], generateKey });
    const start = async (into: number[]) => {
      const node = await runNode({ dir, port: await freePort() });
      into.push(node.readyMs);
      return node;
    };
    await (await start(fresh)).stop();
    await (await start(again)).stop('SIGKILL');
    await (await start(killed)).stop();
    await rm(dir, { recursive: true, force: true });
    const bare = await openBare();
    const initialiseMs = await bare.initialise();
    bareFresh.push(initialiseMs + (await bare.start()));
    bareAgain.push(await bare.start());
    await bare.remove();
  }
  const figureOf = (name: string, values: number[]) =>
    figure('d', `start, ${name}, until it is ready`, 'ms', values);
  return [
    beside(figureOf('new directory', fresh), 'initdb + postgres', bareFresh),
    beside(figureOf('existing directory', again), 'postgres', bareAgain),
    beside(figureOf('directory of a killed node', killed), 'postgres', bareAgain),
  ];
}
