import type { BenchServer } from '../support/database.ts';
import { beside, figure, quantile, type Figure } from '../support/figures.ts';
import type { Sent } from '../support/http-client.ts';
import { bookLength } from '../support/log.ts';
import { startNode } from '../support/node.ts';
import { startWorker } from '../support/worker.ts';
import type { CaptureLoad } from './client.ts';
import type { CaptureLimit } from './limit.ts';

const EVENTS_EACH = 100;
const CLIENTS = 4;

/**
 * (c) Capture of EPCIS documents, until their jobs are finished: a capture is answered when it is. The limit parses,
 * validates, hashes and seals the same events in a tight loop while the same rows are inserted.
 */
export async function benchCapture(server: BenchServer, rounds: number, quick: boolean): Promise<Figure[]> {
  const url = await server.freshDatabase();
  const limitUrl = await server.freshDatabase();
  const node = await startNode(url);
  const client = startWorker('capture/client.ts');
  const limit = startWorker('capture/limit.ts');
  const [rates, limits, latencies, cpu]: number[][] = [[], [], [], []];
  try {
    const load = { port: Number(new URL(node.url).port), token: await node.editorToken(), clients: CLIENTS };
    const shape = { documents: quick ? 8 : 40, eventsEach: EVENTS_EACH };
    const events = shape.documents * EVENTS_EACH;
    // Round 0 warms both sides up.
    for (let round = 0; round <= rounds; round += 1) {
      const from = round * shape.documents;
      await client.call('prepare', { ...load, ...shape, from } satisfies CaptureLoad);
      const before = await bookLength(url);
      const cpuBefore = node.cpuSeconds();
      const sent = await client.call<Sent>('send');
      const cpuSeconds = node.cpuSeconds() - cpuBefore;
      const captured = (await bookLength(url)) - before;
      if (captured !== events) throw new Error(`${captured} of ${events} events were captured`);
      const perSecond = await limit.call<number>('run', {
        url: limitUrl,
        ...shape,
        from,
      } satisfies CaptureLimit);
      if (round === 0) continue;
      rates?.push(events / sent.seconds);
      limits?.push(perSecond);
      latencies?.push(...sent.latencies);
      cpu?.push((cpuSeconds / events) * 1e6);
    }
  } finally {
    await Promise.all([node.stop(), client.stop(), limit.stop()]);
  }
  const name = `captured events, documents of ${EVENTS_EACH}, ${CLIENTS} clients`;
  return [
    beside(figure('c', name, '/s', rates ?? []), 'parse + seal + insert', limits ?? []),
    figure('c', '  processor time of the node for an event', 'us', cpu ?? []),
    ...[0.5, 0.99].map((share) =>
      figure('c', `  p${share * 100} of a document`, 'ms', [quantile(latencies ?? [], share)]),
    ),
  ];
}
