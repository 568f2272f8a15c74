import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeExport } from '../../../api/cli/export.ts';
import type { ApprovalLoad } from '../approvals/client.ts';
import { benchIssue } from '../issue.ts';
import type { BenchServer } from '../support/database.ts';
import { beside, figure, type Figure } from '../support/figures.ts';
import { BOOK, startNode, type BenchNode } from '../support/node.ts';
import { startWorker } from '../support/worker.ts';
import { benchCostOfProofs } from './cost.ts';
import { benchLongExport } from './long.ts';
import type { Verified } from './worker.ts';

/**
 * (h) Proof: sealing a change and verifying one beside bare Ed25519 in the same run; an export of a whole book through the
 * node, and its verification from the file; what proofs cost approvals; an export of a long book, under hard limits of the heap.
 *
 * @param size changes of the long book
 */
export async function benchProof(
  server: BenchServer,
  rounds: number,
  quick: boolean,
  size = quick ? 20_000 : 50_000,
): Promise<Figure[]> {
  const changes = quick ? 2_000 : 20_000;
  const dir = await mkdtemp(join(tmpdir(), 'lotbook-bench-proof-'));
  const node = await startNode(await server.freshDatabase());
  const client = startWorker('approvals/client.ts');
  const worker = startWorker('proof/worker.ts');
  const found = { made: [], read: [], raw: [], sealed: [], signed: [] } as Record<
    'made' | 'read' | 'raw' | 'sealed' | 'signed',
    number[]
  >;
  let bytes = 0;
  try {
    await load(node, client, changes);
    const file = join(dir, 'audit.jsonl.gz');
    for (let round = 0; round <= rounds; round += 1) {
      const made = await exported(node, file);
      bytes = (await stat(file)).size;
      const read = await worker.call<Verified>('verify', file);
      const raw = await worker.call<{ verified: number }>('raw', quick ? 2_048 : 8_192);
      const { issueBatch, signBatch } = await benchIssue({ rounds: quick ? 512 : 2_048 });
      // Round 0 warms everything up.
      if (round === 0) continue;
      found.made.push(made.entries / made.seconds);
      found.read.push(read.changes / read.seconds);
      found.raw.push(raw.verified);
      found.sealed.push(issueBatch.perSecond);
      found.signed.push(signBatch.perSecond);
    }
  } finally {
    await Promise.all([node.stop(), client.stop(), worker.stop()]);
  }
  const cost = await benchCostOfProofs(server, rounds, quick);
  const long = await benchLongExport(server, dir, size).finally(() =>
    rm(dir, { recursive: true, force: true }),
  );
  const of = (name: string, unit: string, values: number[]) => figure('h', name, unit, values);
  return [
    beside(of('sealed changes, no I/O', '/s', found.sealed), 'bare Ed25519 signatures', found.signed),
    withTarget(
      beside(
        of('verified changes of an export, from its file', '/s', found.read),
        'bare Ed25519 checks',
        found.raw,
      ),
    ),
    of(`exported entries of a book of ${changes.toLocaleString('en')}, to its file`, '/s', found.made),
    of('  size of a change in the file', 'bytes', [bytes / changes]),
    ...cost,
    ...long,
  ];
}

/** Enough for an auditor, or near to what the machine can. */
function withTarget(read: Figure): Figure {
  const met = read.value >= 3_000 || (read.limit?.ratio ?? 0) >= 0.4;
  return { ...read, target: { text: 'at least 3,000/s, or 40% of it', met } };
}

async function load(node: BenchNode, client: ReturnType<typeof startWorker>, changes: number): Promise<void> {
  const port = Number(new URL(node.url).port);
  const shape = { port, token: await node.editorToken(), changes, perCall: 100, clients: 8 };
  await client.call('prepare', shape satisfies ApprovalLoad);
  await client.call('send');
}

async function exported(node: BenchNode, file: string) {
  const startedAt = performance.now();
  const { entries } = await writeExport(node.admin, node.config, file, { book: BOOK });
  return { entries, seconds: (performance.now() - startedAt) / 1000 };
}
