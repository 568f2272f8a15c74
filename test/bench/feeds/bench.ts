import type { BenchServer } from '../support/database.ts';
import { beside, figure, quantile, type Figure } from '../support/figures.ts';
import { bookLength } from '../support/log.ts';
import { startNode, type BenchNode } from '../support/node.ts';
import { startWorker, type Worker } from '../support/worker.ts';
import { now } from '../support/now.ts';
import type { ApprovalLoad } from '../approvals/client.ts';
import { addAudience, type FeedRequest } from './audience.ts';
import type { Received, Subscriptions } from './client.ts';

/** Everything that section (b) runs with. */
interface Stand {
  url: string;
  node: BenchNode;
  /** Open the feeds of each partner, from where its last streams had come to. */
  requests: FeedRequest[];
  cursors: (string | null)[];
  load: { port: number; token: string };
  writer: Worker;
  readers: Worker;
  raw: Worker;
  rawPort: number;
}

/**
 * (b) Feeds of three partners with different fields, read over raw sockets by a process of its own. The limit: the same
 * bytes written by a plain HTTP server to as many clients.
 */
export async function benchFeeds(server: BenchServer, rounds: number, quick: boolean): Promise<Figure[]> {
  const figures: Figure[] = [];
  const grown: number[] = [];
  const idle = quick ? 200 : 1_000;
  for (let round = 0; round < rounds; round += 1) grown.push(await memoryOf(server, idle));
  figures.push(figure('b', `memory of the node for an idle subscriber, ${idle} of them`, 'KiB', grown));
  const stand = await openStand(server);
  try {
    for (const count of [1, 100, 1_000]) {
      const changes = (count === 1_000 ? 500 : 2_000) * (quick ? 0.2 : 1);
      figures.push(...(await burst(stand, { count, changes, rounds })));
    }
    for (const count of [100, 1_000]) {
      figures.push(...(await steady(stand, { count, seconds: quick ? 2 : 5, rounds })));
    }
  } finally {
    await Promise.all([stand.writer, stand.readers, stand.raw].map((worker) => worker.stop()));
    await stand.node.stop();
  }
  return figures;
}

async function openStand(server: BenchServer): Promise<Stand> {
  const url = await server.freshDatabase();
  const node = await startNode(url);
  const requests = await addAudience(node);
  const load = { port: Number(new URL(node.url).port), token: await node.editorToken() };
  const raw = startWorker('feeds/raw-sse.ts');
  const [writer, readers] = [startWorker('approvals/client.ts'), startWorker('feeds/client.ts')];
  const rawPort = await raw.call<number>('listen');
  return { url, node, requests, cursors: [], load, writer, readers, raw, rawPort };
}

/**
 * What a node grows by, from so many subscribers that wait to three times as many, bytes / 1024 for each. The first ones
 * would hide in what the start left behind.
 */
async function memoryOf(server: BenchServer, count: number): Promise<number> {
  const stand = await openStand(server);
  const { node, readers } = stand;
  await subscribe(stand, count);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const before = node.rss();
  await subscribe(stand, 2 * count);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const grown = node.rss() - before;
  await Promise.all([stand.writer, readers, stand.raw].map((worker) => worker.stop()));
  await node.stop();
  return grown / 1024 / (2 * count);
}

/** Commits changes as fast as the node takes them, until all subscribers have all of them. */
async function burst(
  stand: Stand,
  { count, changes, rounds }: { count: number; changes: number; rounds: number },
): Promise<Figure[]> {
  const { url, node, requests, load, writer, readers } = stand;
  const rates: number[] = [];
  const limits: number[] = [];
  const megabytes: number[] = [];
  const cpu: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const seq = (await bookLength(url)) + changes;
    await subscribe(stand, count);
    await readers.call('expect', { seq, keep: requests.length });
    const burstLoad = { ...load, changes, perCall: 100, clients: 4 };
    await writer.call('prepare', burstLoad satisfies ApprovalLoad);
    const cpuBefore = node.cpuSeconds();
    const startedAt = now();
    const [received] = await Promise.all([readers.call<Received>('reached'), writer.call('send')]);
    const seconds = (received.endedAt - startedAt) / 1000;
    const cpuSeconds = node.cpuSeconds() - cpuBefore;
    const texts = await readers.call<string[]>('kept');
    await unsubscribe(stand);
    const limit = await rawBurst(stand, texts, { count, seq });
    if (round === 0) continue;
    const deliveries = count * changes;
    rates.push(deliveries / seconds);
    megabytes.push(received.bytes / seconds / 1e6);
    limits.push(deliveries / limit.seconds);
    cpu.push((cpuSeconds / deliveries) * 1e6);
  }
  const name = `deliveries in a burst of ${changes} changes, ${count} subscribers`;
  return [
    beside(figure('b', name, '/s', rates), 'same bytes, raw SSE', limits, count === 1_000 ? 0.5 : undefined),
    beside(
      figure('b', '  in bytes', 'MB/s', megabytes),
      'same bytes, raw SSE',
      limits.map((limit, round) => (limit * (megabytes[round] ?? 0)) / (rates[round] ?? 1)),
    ),
    figure('b', '  processor time of the node for a delivery, approval included', 'us', cpu),
  ];
}

/** The same bytes to as many clients by the plain server. */
async function rawBurst(
  { raw, rawPort, readers, requests }: Stand,
  texts: string[],
  { count, seq }: { count: number; seq: number },
): Promise<{ seconds: number }> {
  await raw.call('load', texts);
  const rawRequests = requests.map(
    (_, nr) => `GET /${nr % texts.length} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`,
  );
  const asked = { port: rawPort, requests: rawRequests, count, sampled: 0 };
  await readers.call('open', asked satisfies Subscriptions);
  await readers.call('expect', { seq, keep: 0 });
  const [startedAt, { endedAt }] = await Promise.all([
    raw.call<number>('write'),
    readers.call<Received>('reached'),
  ]);
  await readers.call('close');
  return { seconds: (endedAt - startedAt) / 1000 };
}

/** 100 changes a second, each in a call of its own; the age at which subscribers receive them. */
async function steady(
  stand: Stand,
  { count, seconds, rounds }: { count: number; seconds: number; rounds: number },
): Promise<Figure[]> {
  const { url, node, load, writer, readers } = stand;
  const ages: { p50: number[]; p99: number[] } = { p50: [], p99: [] };
  const cores: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const changes = 100 * seconds;
    const seq = (await bookLength(url)) + changes;
    await subscribe(stand, count, 60);
    await readers.call('expect', { seq, keep: 0 });
    await writer.call('prepare', { ...load, changes, perCall: 1, clients: 1 } satisfies ApprovalLoad);
    const cpuBefore = node.cpuSeconds();
    await Promise.all([readers.call('reached'), writer.call('sendPaced', 100)]);
    cores.push((node.cpuSeconds() - cpuBefore) / seconds);
    const measured = await readers.call<number[]>('ages');
    ages.p50.push(quantile(measured, 0.5));
    ages.p99.push(quantile(measured, 0.99));
    await unsubscribe(stand);
  }
  const name = (share: string) => `${share} from approval to receipt at 100 changes/s, ${count} subscribers`;
  const p99 = figure('b', name('p99'), 'ms', ages.p99);
  return [
    figure('b', name('p50'), 'ms', ages.p50),
    count === 100 ? { ...p99, target: { text: 'under 100 ms', met: p99.value < 100 } } : p99,
    figure('b', '  processors that the node uses', 'of 1', cores),
  ];
}

/** Opens so many streams and waits until they have what is there. */
async function subscribe(stand: Stand, count: number, sampled = 0): Promise<void> {
  const { load, readers, cursors } = stand;
  const requests = stand.requests.map((open, nr) => open(cursors[nr] ?? null));
  await readers.call('open', { port: load.port, requests, count, sampled } satisfies Subscriptions);
  await readers.call('quiet', 0);
}

async function unsubscribe({ readers, cursors, requests }: Stand): Promise<void> {
  for (const [nr, cursor] of (await readers.call<string[]>('quiet', requests.length)).entries()) {
    cursors[nr] = cursor || null;
  }
  await readers.call('close');
}
