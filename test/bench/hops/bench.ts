import { randomUUID } from 'node:crypto';
import { connectOwnNode } from '../../../api/cli/own-node.ts';
import { readConfig } from '../../../api/config.ts';
import { makePartners, startNodeProcess, type NodeProcess } from '../../support/nodes.ts';
import type { BenchServer } from '../support/database.ts';
import { figure, type Figure } from '../support/figures.ts';
import { type DelayingProxy, openDelayingProxy } from './delay.ts';

const ONE_WAY_MS = 20;
const ORGANISATIONS = ['shop', 'packer', 'mill', 'farm'].map((name) => `${name}.example`);
const LOTS = [1, 100];
const BOOK = 'season';
const MOST = 100;

const lotOf = (tier: number, nr: number): string => `https://id.gs1.org/01/09521234543213/10/${tier}-${nr}`;
const placeOf = (tier: number): string =>
  `https://id.gs1.org/414/95213210000${['18', '25', '32', '49'][tier] ?? ''}`;

/**
 * (i) Traces across four organisations, each a partner of the next one alone, with a long line between every two: the time
 * goes by how far it is, and not by how many lots are asked about.
 */
export async function benchHops(server: BenchServer, rounds: number): Promise<Figure[]> {
  const proxies: DelayingProxy[] = [];
  const nodes: NodeProcess[] = [];
  try {
    for (const [tier, organisation] of ORGANISATIONS.entries()) {
      const proxy = await openDelayingProxy(ONE_WAY_MS);
      proxies.push(proxy);
      const databaseUrl = await server.freshDatabase();
      const env = { LOTBOOK_LOG_LEVEL: 'warn' };
      const node = await startNodeProcess({ organisation, books: [BOOK], databaseUrl, url: proxy.url, env });
      proxy.forwardTo(Number(new URL(node.url).port));
      nodes.push(node);
      const before = nodes[tier - 1];
      if (before) await makePartners(before, node);
    }
    for (const [tier, node] of nodes.entries()) await fill(node, tier);
    const figures: Figure[] = [];
    for (let hops = 1; hops < nodes.length; hops += 1) {
      for (const lots of LOTS) {
        const times: number[] = [];
        // Round 0 warms them up.
        for (let round = 0; round <= rounds; round += 1) {
          const ms = await traceMs(nodes[0] as NodeProcess, hops, lots);
          if (round > 0) times.push(ms);
        }
        figures.push(figure('i', `trace of ${lots} lots, ${hops} organisations away`, 'ms', times));
      }
    }
    return figures;
  } finally {
    await Promise.all(nodes.map((node) => node.remove()));
    await Promise.all(proxies.map((proxy) => proxy.close()));
  }
}

/** What it made of what it got from the next tier, open to all; and whom it asks on. */
async function fill(node: NodeProcess, tier: number): Promise<void> {
  const book = `${node.organisation}/${BOOK}`;
  const others = ORGANISATIONS.filter((each) => each !== node.organisation);
  await node.mutate(
    'mutation ($input: AddGrantInput!) { addGrant(input: $input) { error { message duty } } }',
    {
      input: {
        book,
        audience: { organisations: others },
        selector: { kinds: ['EVENT'] },
        fields: ['*'],
        backfill: true,
      },
    },
  );
  const next = ORGANISATIONS[tier + 1];
  if (next !== undefined) {
    await node.mutate(
      'mutation ($input: PartnerInquiriesInput!) { setPartnerInquiries(input: $input) { error { message duty } } }',
      { input: { organisation: next, forward: true, places: [placeOf(tier + 1)] } },
    );
  }
  const changes = Array.from({ length: MOST }, (_, nr) => eventsOf(tier, nr, next !== undefined)).flat();
  for (let at = 0; at < changes.length; at += MOST) {
    await node.mutate(
      'mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { error { code message } } } }',
      { updates: [{ book, key: randomUUID(), changes: changes.slice(at, at + MOST) }] },
    );
  }
}

function eventsOf(tier: number, nr: number, isGot: boolean): object[] {
  const event = (hour: number, content: object): object => ({
    kind: 'EVENT',
    content: {
      eventID: `urn:uuid:${randomUUID()}`,
      eventTime: new Date(Date.UTC(2026, 5, 10 - tier, hour)).toISOString(),
      eventTimeZoneOffset: '+00:00',
      ...content,
    },
  });
  const list = (id: string): object[] => [{ epcClass: id, quantity: '5', uom: 'KGM' }];
  const [own, used] = [lotOf(tier, nr), lotOf(tier + 1, nr)];
  const made = { type: 'TransformationEvent', inputQuantityList: list(used), outputQuantityList: list(own) };
  const got = {
    type: 'ObjectEvent',
    action: 'OBSERVE',
    bizStep: 'receiving',
    quantityList: list(used),
    sourceList: [{ type: 'location', source: placeOf(tier + 1) }],
  };
  return [...(isGot ? [event(1, got)] : []), event(2, made)];
}

const TRACE = `subscription ($input: TraceInput!) {
  trace(input: $input) { things { identifier } organisations { organisation state } summary { things } }
}`;

async function traceMs({ dir, url }: NodeProcess, hops: number, lots: number): Promise<number> {
  const own = await connectOwnNode(readConfig({}, { dir, port: Number(new URL(url).port) }));
  const startedAt = performance.now();
  const starts = Array.from({ length: lots }, (_, nr) => ({ thing: lotOf(0, nr) }));
  const across = { case: randomUUID(), hops, withinSeconds: 60 };
  const found = new Set<string>();
  for await (const { trace } of own.subscribe(TRACE, { input: { starts, direction: 'BACK', across } })) {
    for (const { identifier } of (trace as unknown as { things: { identifier: string }[] }).things)
      found.add(identifier);
  }
  const ms = performance.now() - startedAt;
  // Its own tier, what that was made of, and one more for each organisation.
  const wanted = lots * (hops + 2);
  if (found.size !== wanted) throw new Error(`${found.size} of ${wanted} lots`);
  return ms;
}
