import { afterAll, expect, test } from 'vitest';
import { startNodeProcess, type NodeProcess } from '../support/nodes.ts';
import { freshDatabase } from '../support/postgres.ts';
import { fuzz } from './fuzz/run.ts';
import { OWNER, setScene } from './fuzz/scene.ts';

/* A short run of what `npm run fuzz` does for 50,000 requests. */
let node: NodeProcess | undefined;
let drop: (() => Promise<void>) | undefined;
afterAll(async () => {
  await node?.remove();
  await drop?.();
});

test('whatever is sent, by whomever: no fault of the node, and nothing that is hidden comes out', async () => {
  const fresh = await freshDatabase();
  ({ drop } = fresh);
  node = await startNodeProcess({ organisation: OWNER, books: ['season'], databaseUrl: fresh.url });
  const { faults, statuses } = await fuzz(node, await setScene(node), { requests: 500, seed: 20_261_122 });
  expect(faults).toEqual([]);
  // It got past the door, and was refused, in every way.
  expect(Object.keys(statuses)).toEqual(expect.arrayContaining(['200', '400', '401', '403', '404']));
}, 600_000);
