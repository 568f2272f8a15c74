import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Signer } from '../../../api/identity/signer.ts';
import { insertBook } from '../../../api/store/books.ts';
import { newLots } from '../approvals/lots.ts';
import { BOOK, ORGANISATION } from '../support/node.ts';
import { type RawRecord, sealAndInsert } from '../support/raw-insert.ts';

const BATCH = 500;

/** Seals so many changes, each of a record of its own, and inserts the rows that a node would: what the node is then started on. */
export async function insertLongBook(url: string, signer: Signer, changes: number): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  await insertBook(pool, {
    id: BOOK,
    title: 'Season',
    owner: ORGANISATION,
    authority: ORGANISATION,
    createdAt: new Date(),
    slotKey: randomBytes(32),
  });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await sealAndInsert(client, signer, batchesOf(changes), 1);
  await client.end();
  await pool.query('UPDATE book SET length = $2 WHERE id = $1', [BOOK, changes]);
  await pool.query('ANALYZE');
  await pool.end();
}

function* batchesOf(changes: number): Generator<RawRecord[]> {
  for (let done = 0; done < changes; done += BATCH) {
    const request = randomUUID();
    const lots = newLots(Math.min(BATCH, changes - done));
    yield lots.map((lot) => ({ ...lot, kind: 'LOT', eventTime: null, request }));
  }
}
