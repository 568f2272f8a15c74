import { afterAll, expect, test } from 'vitest';
import { makePartners, startNodeProcess, type NodeOptions, type NodeProcess } from '../support/nodes.ts';
import { freshDatabase } from '../support/postgres.ts';
import { killPartner } from './kill/copies.ts';
import { killAuthority } from './kill/run.ts';
import { killOneOfTwo } from './kill/two.ts';

/* A short run of what `npm run kill` does for a hundred moments. */
const SEED = 20_261_121;
const MOMENTS = 4;
const BOOK = 'owner.example/season';
/** For a machine on which much else runs: alone each takes some ten seconds. */
const PATIENCE_MS = 180_000;

const undo: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const step of undo.toReversed()) await step();
});

async function start(options: NodeOptions): Promise<NodeProcess> {
  const node = await startNodeProcess(options);
  undo.push(() => node.remove());
  return node;
}

async function database(): Promise<string> {
  const { url, drop } = await freshDatabase();
  undo.push(drop);
  return url;
}

test(
  'an authority that is killed at any moment keeps every change that it acknowledged, once, in one chain',
  async () => {
    const node = await start({ organisation: 'owner.example', books: ['season'] });
    const run = await killAuthority(node, {
      book: BOOK,
      moments: MOMENTS,
      seed: SEED,
      victims: (moment) => (moment % 3 === 2 ? 'node and server' : 'node'),
    });
    expect(run.faults).toEqual([]);
    expect(run.acknowledged).toBeGreaterThan(MOMENTS);
    expect(run.retried).toBeGreaterThan(0);
  },
  PATIENCE_MS,
);

test(
  'a partner that is killed at any moment while it receives ends with the copy that the owner shows it',
  async () => {
    const owner = await start({
      organisation: 'owner.example',
      books: ['season'],
      databaseUrl: await database(),
    });
    const partner = await start({ organisation: 'partner.example', databaseUrl: await database() });
    await makePartners(owner, partner);
    const run = await killPartner(owner, partner, { book: BOOK, moments: MOMENTS, seed: SEED });
    expect(run.faults).toEqual([]);
    expect(run.shown).toBeGreaterThan(MOMENTS);
  },
  PATIENCE_MS,
);

test(
  'of two processes of a node one is killed in the middle of a commit, and the other goes on',
  async () => {
    const databaseUrl = await database();
    const first = await start({ organisation: 'owner.example', books: ['season'], databaseUrl });
    const second = await start({ organisation: 'owner.example', dir: first.dir, databaseUrl });
    const run = await killOneOfTwo([first, second], { book: BOOK, moments: 1, seed: SEED, databaseUrl });
    expect(run.faults).toEqual([]);
    expect(run.gapsMs).toHaveLength(1);
  },
  PATIENCE_MS,
);
