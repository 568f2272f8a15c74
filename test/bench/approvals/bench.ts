import { benchIssue } from '../issue.ts';
import type { BenchServer } from '../support/database.ts';
import { beside, figure, median, quantile, type Figure } from '../support/figures.ts';
import type { Sent } from '../support/http-client.ts';
import { bookLength, groupSize } from '../support/log.ts';
import { startNode } from '../support/node.ts';
import { startWorker } from '../support/worker.ts';
import type { ApprovalLoad } from './client.ts';

interface Shape {
  perCall: number;
  clients: number;
  changes: number;
}

/**
 * (a) Approved changes, from the GraphQL call over HTTP to the answer after the durable commit. The limit seals the same
 * changes in a tight loop while the same rows are inserted, in batches of the size that the node's commits had.
 */
export async function benchApprovals(server: BenchServer, rounds: number, quick: boolean): Promise<Figure[]> {
  const size = quick ? 0.2 : 1;
  const shapes: Shape[] = [
    { perCall: 100, clients: 8, changes: 20_000 * size },
    { perCall: 1, clients: 32, changes: 8_000 * size },
  ];
  const url = await server.freshDatabase();
  const limitUrl = await server.freshDatabase();
  const node = await startNode(url);
  const client = startWorker('approvals/client.ts');
  const limit = startWorker('approvals/limit.ts');
  const figures: Figure[] = [];
  try {
    const load = { port: Number(new URL(node.url).port), token: await node.editorToken() };
    for (const shape of shapes) {
      const rates: number[] = [];
      const limits: number[] = [];
      const latencies: number[] = [];
      const groups: number[] = [];
      const cpu: number[] = [];
      // Round 0 warms both sides up.
      for (let round = 0; round <= rounds; round += 1) {
        const changes = round === 0 ? shape.changes / 4 : shape.changes;
        const before = await bookLength(url);
        await client.call('prepare', { ...load, ...shape, changes } satisfies ApprovalLoad);
        const cpuBefore = node.cpuSeconds();
        const sent = await client.call<Sent>('send');
        const cpuSeconds = node.cpuSeconds() - cpuBefore;
        const batchSize = await groupSize(url, before);
        const perSecond = await limit.call<number>('run', { url: limitUrl, changes, batchSize });
        if (round === 0) continue;
        rates.push(changes / sent.seconds);
        limits.push(perSecond);
        latencies.push(...sent.latencies);
        groups.push(batchSize);
        cpu.push((cpuSeconds / changes) * 1e6);
      }
      const name = `approved changes, ${shape.perCall} to a call, ${shape.clients} clients`;
      const limitName = `seal + insert, batches of ${median(groups)}`;
      const rate = figure('a', name, '/s', rates);
      figures.push(beside(rate, limitName, limits, shape.perCall === 100 ? 0.5 : undefined));
      figures.push(figure('a', '  processor time of the node for a change', 'us', cpu));
      for (const share of [0.5, 0.99]) {
        figures.push(figure('a', `  p${share * 100} of a call`, 'ms', [quantile(latencies, share)]));
      }
    }
  } finally {
    await Promise.all([node.stop(), client.stop(), limit.stop()]);
  }
  figures.push(await sealing(rounds, quick));
  return figures;
}

async function sealing(rounds: number, quick: boolean): Promise<Figure> {
  const issued: number[] = [];
  const signed: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { issueBatch, signBatch } = await benchIssue({ rounds: quick ? 512 : 2048 });
    issued.push(issueBatch.perSecond);
    signed.push(signBatch.perSecond);
  }
  return beside(figure('a', 'sealed changes, no I/O', '/s', issued), 'bare Ed25519', signed);
}
