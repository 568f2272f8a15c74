import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownCaller } from '../support/approval.ts';
import { appointment, eventually, openNetwork, type Network, type Replica } from '../support/replicas.ts';

const P = 'grower.example';
const B = 'packer.example';
const W = 'witness.example';
const BOOK = `${P}/season`;
const LOT = 'https://id.gs1.org/01/09521141012345/10/L1';
const admin = ownCaller(P, 'ADMINISTRATOR');

let network: Network;
beforeEach(async () => {
  network = await openNetwork([P, B, W]);
  await network.node(P).approval.createBook(admin, { name: 'season', title: 'Season' });
});
afterEach(() => network.close());

async function rows(node: Replica, sql: string): Promise<object[]> {
  return (await node.db.pool.query<object>(sql, [BOOK])).rows;
}

test('a book whose records were changed before there was a backup is copied whole, with its records', async () => {
  const [p, b] = [network.node(P), network.node(B)];
  for (const [base, quantity] of ['10', '20', '30'].entries()) {
    const changes = [{ record: LOT, kind: 'LOT' as const, base, content: { quantity, uom: 'KGM' } }];
    const [view] = await p.approval.requestUpdates(admin, [{ book: BOOK, key: randomUUID(), changes }]);
    expect(view?.state).toBe('APPROVED');
  }
  const note = 'urn:x:note';
  const changes = [
    { record: note, kind: 'NOTE' as const, base: 0, content: { about: [LOT], text: 'canary' } },
  ];
  await p.approval.requestUpdates(admin, [{ book: BOOK, key: randomUUID(), changes }]);
  await p.approval.eraseRecords(admin, { book: BOOK, records: [note], reason: 'asked' });
  await p.replication.appoint(appointment(BOOK, B, W));
  await eventually(async () => (await p.replication.view(BOOK))?.insync.length === 2);
  for (const sql of [
    'SELECT seq, kind, record, version, at, token, state, request FROM entry WHERE book = $1 ORDER BY seq',
    'SELECT id, kind, version, seq, "firstSeq", hash, key, erased FROM record WHERE book = $1 ORDER BY id',
  ]) {
    // The log goes on meanwhile: with its terms, and what else stands in it beside records.
    await eventually(async () => isDeepStrictEqual(await rows(b, sql), await rows(p, sql)));
  }
});
