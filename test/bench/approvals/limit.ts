import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { localSigner } from '../../../api/identity/signer.ts';
import { generateKey } from '../../support/key.ts';
import { sealAndInsert } from '../support/raw-insert.ts';
import { serveCalls } from '../support/worker.ts';
import { newLots } from './lots.ts';

export interface ApprovalLimit {
  url: string;
  changes: number;
  batchSize: number;
}

const signer = localSigner(generateKey());
let seq = 1;

serveCalls({
  /** Changes per second. */
  run: async ({ url, changes, batchSize }: ApprovalLimit): Promise<number> => {
    const records = newLots(changes).map((lot) => ({
      ...lot,
      kind: 'LOT' as const,
      eventTime: null,
      request: randomUUID(),
    }));
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const startedAt = performance.now();
    await sealAndInsert(client, signer, inBatches(records, batchSize), seq);
    const seconds = (performance.now() - startedAt) / 1000;
    seq += changes;
    await client.end();
    return changes / seconds;
  },
});

function* inBatches<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
