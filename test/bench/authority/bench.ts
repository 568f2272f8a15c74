import { makePartners, startNodeProcess, until, type NodeProcess } from '../../support/nodes.ts';
import type { ApprovalLoad } from '../approvals/client.ts';
import type { BenchServer } from '../support/database.ts';
import { beside, figure, quantile, type Figure } from '../support/figures.ts';
import type { Sent } from '../support/http-client.ts';
import { BOOK, ORGANISATION, startNode, type BenchNode } from '../support/node.ts';
import { startWorker } from '../support/worker.ts';

const BACKUP = 'backup.example';
const WITNESS = 'witness.example';
const PER_CALL = 100;
const CLIENTS = 8;

/**
 * (f) What a backup and a witness cost: the same changes to a book that one node approves alone, and to one where a second
 * node stores every change before it counts and a third keeps the register. All nodes share this machine.
 */
export async function benchAuthority(server: BenchServer, rounds: number, quick: boolean): Promise<Figure[]> {
  const changes = 10_000 * (quick ? 0.2 : 1);
  const alone = await startNode(await server.freshDatabase());
  const primary = await startNode(await server.freshDatabase());
  const others: NodeProcess[] = [];
  const client = startWorker('approvals/client.ts');
  try {
    for (const organisation of [BACKUP, WITNESS]) {
      const databaseUrl = await server.freshDatabase();
      others.push(await startNodeProcess({ organisation, databaseUrl, env: { LOTBOOK_LOG_LEVEL: 'warn' } }));
    }
    await appoint(primary, others);
    const rates: Record<'alone' | 'seated', number[]> = { alone: [], seated: [] };
    const latencies: number[] = [];
    const tokens = { alone: await alone.editorToken(), seated: await primary.editorToken() };
    // Round 0 warms both up.
    for (let round = 0; round <= rounds; round += 1) {
      for (const [name, node] of [
        ['alone', alone],
        ['seated', primary],
      ] as const) {
        const port = Number(new URL(node.url).port);
        const load = { port, token: tokens[name], changes, perCall: PER_CALL, clients: CLIENTS };
        await client.call('prepare', load satisfies ApprovalLoad);
        const sent = await client.call<Sent>('send');
        if (round === 0) continue;
        rates[name].push(changes / sent.seconds);
        if (name === 'seated') latencies.push(...sent.latencies);
      }
    }
    const seated = figure(
      'f',
      `approved changes with backup and witness, ${PER_CALL} to a call`,
      '/s',
      rates.seated,
    );
    return [
      beside(seated, 'the same without them', rates.alone, 0.5),
      ...[0.5, 0.99].map((share) =>
        figure('f', `  p${share * 100} of a call`, 'ms', [quantile(latencies, share)]),
      ),
    ];
  } finally {
    await Promise.all([alone.stop(), primary.stop(), client.stop(), ...others.map((node) => node.remove())]);
  }
}

async function appoint({ admin }: BenchNode, others: readonly NodeProcess[]): Promise<void> {
  const owner = { organisation: ORGANISATION, query: admin.query, mutate: admin.mutate };
  for (const other of others) await makePartners(owner, other);
  const [backup, witness] = others;
  if (backup && witness) await makePartners(backup, witness);
  await admin.mutate(
    `mutation ($input: AppointAuthorityInput!) { appointAuthority(input: $input) { error { code message duty } } }`,
    { input: { book: BOOK, backup: BACKUP, witness: WITNESS, leaseMs: 10_000 } },
  );
  await until('the backup is in sync', async () => {
    const { authority } = await admin.query(`{ authority(book: "${BOOK}") { insync } }`);
    return (authority as { insync: string[] }).insync.length === 2;
  });
}
