import { afterAll, beforeAll, expect, test } from 'vitest';
import { adminUrl } from '../support/postgres.ts';
import { openNetwork, type Network } from './failover/network.ts';
import { runDrill } from './failover/run.ts';

/* A short run of what `npm run failover` does for sixty kills and all other kinds of faults. */
const SEED = 20_261_122;
/** For a machine on which much else runs: alone it takes some twenty seconds. */
const PATIENCE_MS = 240_000;

let network: Network;
beforeAll(async () => {
  network = await openNetwork(adminUrl());
}, PATIENCE_MS);
afterAll(() => network?.remove());

test(
  'a book whose primary is killed, and gives its right away by plan, goes on at the backup: nothing is lost, doubled or forked',
  async () => {
    const drill = await runDrill(network, { modes: ['kill', 'handover'], seed: SEED });
    expect(drill.faults).toEqual([]);
    expect(drill.events.flatMap(({ failures }) => failures)).toEqual([]);
    expect(drill.events.filter(({ firstApprovalMs }) => firstApprovalMs !== null).length).toBeGreaterThan(1);
    expect(drill.acknowledged).toBeGreaterThan(drill.events.length);
  },
  PATIENCE_MS,
);
