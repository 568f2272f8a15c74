import type { ApprovalLoad } from '../approvals/client.ts';
import type { BenchServer } from '../support/database.ts';
import { beside, figure, type Figure } from '../support/figures.ts';
import { BOOK, startNode, type BenchNode } from '../support/node.ts';
import { startWorker, type Worker } from '../support/worker.ts';

const POLL_MS = 20;
const EACH_SECOND = { LOTBOOK_CHECKPOINT_SECONDS: '1' };
const NEVER = { LOTBOOK_CHECKPOINT_SECONDS: '86400' };

interface Measured {
  perSecond: number;
  cpuMicroseconds: number;
}

/**
 * What the proofs cost: the same approvals, in turns, at a node that states the heads and signs a checkpoint each second, and at one
 * that does so once a day; and how long after the last answer the first one's checkpoint covers all of it, for proofs give way to approvals.
 */
export async function benchCostOfProofs(
  server: BenchServer,
  rounds: number,
  quick: boolean,
): Promise<Figure[]> {
  const changes = quick ? 2_000 : 20_000;
  const [on, off] = [
    await startNode(await server.freshDatabase(), { env: EACH_SECOND }),
    await startNode(await server.freshDatabase(), { env: NEVER }),
  ];
  const client = startWorker('approvals/client.ts');
  const found = { on: [] as Measured[], off: [] as Measured[], coveredMs: [] as number[] };
  try {
    const [onToken, offToken] = [await on.editorToken(), await off.editorToken()];
    for (let round = 0; round <= rounds; round += 1) {
      const withProofs = await approved(on, onToken, client, changes);
      const coveredMs = await untilCovered(on);
      const without = await approved(off, offToken, client, changes);
      // Round 0 warms both up.
      if (round === 0) continue;
      found.on.push(withProofs);
      found.off.push(without);
      found.coveredMs.push(coveredMs);
    }
  } finally {
    await Promise.all([on.stop(), off.stop(), client.stop()]);
  }
  const of = (name: string, unit: string, values: number[]) => figure('h', name, unit, values);
  const column = (which: Measured[], name: keyof Measured) => which.map((each) => each[name]);
  return [
    beside(
      of('approved changes with a checkpoint each second', '/s', column(found.on, 'perSecond')),
      'with none',
      column(found.off, 'perSecond'),
    ),
    beside(
      of('  processor time of the node for a change', 'us', column(found.on, 'cpuMicroseconds')),
      'with none',
      column(found.off, 'cpuMicroseconds'),
    ),
    of('  from the last answer until a checkpoint covers all', 'ms', found.coveredMs),
  ];
}

async function approved(node: BenchNode, token: string, client: Worker, changes: number): Promise<Measured> {
  const load: ApprovalLoad = {
    port: Number(new URL(node.url).port),
    token,
    changes,
    perCall: 100,
    clients: 8,
  };
  await client.call('prepare', load);
  const before = node.cpuSeconds();
  const { seconds } = await client.call<{ seconds: number }>('send');
  return { perSecond: changes / seconds, cpuMicroseconds: ((node.cpuSeconds() - before) / changes) * 1e6 };
}

async function untilCovered({ admin }: BenchNode): Promise<number> {
  const startedAt = performance.now();
  const text = 'query ($book: ID!) { book(id: $book) { length } checkpoint(book: $book) { size } }';
  for (;;) {
    const { book, checkpoint } = await admin.query(text, { book: BOOK });
    const { length } = book as { length: number };
    if (((checkpoint as { size: number } | null)?.size ?? 0) >= length) return performance.now() - startedAt;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
