import { parseArgs } from 'node:util';
import { startNodeProcess } from '../support/nodes.ts';
import { fuzz } from './fuzz/run.ts';
import { OWNER, setScene } from './fuzz/scene.ts';

/*
 * npm run fuzz -- [--requests 50000] [--seed 1]
 *
 * Sends so many GraphQL documents and HTTP requests, drawn from the seed, to a node, as callers of every kind and with wrong
 * tokens of every kind. Ends with 1 when an answer was a fault of the node, told what it must not, or when its memory grew.
 */
const { values } = parseArgs({
  options: { requests: { type: 'string', default: '50000' }, seed: { type: 'string', default: '1' } },
});
const [requests, seed] = [Number(values.requests), Number(values.seed)];
if (!(requests > 0) || !Number.isInteger(seed)) throw new Error('see the head of this file');

/** MB: the caches of a node fill for a while. */
const MOST_GROWTH = 150;

const startedAt = performance.now();
const node = await startNodeProcess({ organisation: OWNER, books: ['season'] });
try {
  const { faults, statuses, memory } = await fuzz(node, await setScene(node), {
    requests,
    seed,
    say: console.log,
  });
  if (memory.late - memory.early > MOST_GROWTH)
    faults.push(`memory grew from ${memory.early} to ${memory.late} MB`);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.log(JSON.stringify({ requests, seed, seconds, statuses, memory, faults: faults.length }));
  for (const fault of faults.slice(0, 20)) console.log(`  ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
} finally {
  await node.remove();
}
