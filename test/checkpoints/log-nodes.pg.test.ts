import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { advanceHeads, growLog, headsRootAt, nodeReader, rootAt } from '../../api/checkpoints/log-nodes.ts';
import { tokenHash } from '../../api/ledger/change.ts';
import { keyOf } from '../../api/ledger/heads/page.ts';
import { proveHeads, verifyHead } from '../../api/ledger/heads/proof.ts';
import {
  consistencyProof,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from '../../api/ledger/proofs.ts';
import { EMPTY_FRONTIER, extendFrontier, rootOf } from '../../api/ledger/tree.ts';
import { readLogState, pageReader, forgetNodes } from '../../api/store/log-nodes.ts';
import { inTransaction } from '../../api/store/transaction.ts';
import { openAuthority, ownCaller, type TestAuthority } from '../support/approval.ts';

const OWNER = 'farm.example';
const BOOK = `${OWNER}/harvest`;
const lot = (nr: number): string => `https://id.gs1.org/01/09521234543213/10/L${nr}`;

let node: TestAuthority;
let tokens: string[];

/** One change of each of these lots. */
async function change(lots: readonly number[], quantity: string, base: number): Promise<void> {
  const changes = lots.map((nr) => ({
    record: lot(nr),
    kind: 'LOT' as const,
    base,
    fields: { quantity, uom: 'KGM' },
  }));
  const [view] = await node.approval.requestUpdates(ownCaller(OWNER, 'ADMINISTRATOR'), [
    { book: BOOK, key: randomUUID(), changes },
  ]);
  expect(view?.state).toBe('APPROVED');
}

beforeAll(async () => {
  node = await openAuthority(OWNER);
  await node.approval.createBook(ownCaller(OWNER, 'ADMINISTRATOR'), { name: 'harvest', title: 'Harvest' });
  await change(
    Array.from({ length: 300 }, (_, nr) => nr),
    '1.00',
    0,
  );
  await change([0, 7, 99], '2.00', 1);
  const { rows } = await node.db.pool.query<{ token: string }>('SELECT token FROM entry ORDER BY seq');
  tokens = rows.map(({ token }) => token);
}, 60_000);

afterAll(() => node?.close());

const rootOfFirst = (size: number) =>
  rootOf(extendFrontier(EMPTY_FRONTIER, tokens.slice(0, size).map(tokenHash)));

describe('the nodes of a log', () => {
  test('are worked out for a book that was there before, and then go on from where they ended', async () => {
    const { pool } = node.db;
    expect(await readLogState(pool, BOOK)).toMatchObject({ size: 0, headsSize: 0 });
    expect(await growLog(pool, BOOK)).toBe(304);
    const written = async () => (await pool.query('SELECT * FROM log_tile ORDER BY level, nr')).rows;
    const before = await written();
    expect(await growLog(pool, BOOK)).toBe(304);
    expect(await written()).toEqual(before);
    for (const size of [1, 2, 255, 256, 257, 300, 304])
      expect(await rootAt(pool, BOOK, size)).toBe(rootOfFirst(size));
  });

  test('prove every entry, and every beginning of the log', async () => {
    const read = nodeReader(node.db.pool, BOOK);
    const root = rootOfFirst(304);
    for (const seq of [1, 128, 256, 257, 304]) {
      const proof = await inclusionProof(seq, 304, read);
      const hash = tokenHash(tokens[seq - 1] as string);
      expect(verifyInclusion({ tokenHash: hash, seq, size: 304, root }, proof)).toBe(true);
    }
    for (const from of [1, 200, 256, 303]) {
      const proof = await consistencyProof(from, 304, read);
      expect(verifyConsistency({ from, to: 304, rootFrom: rootOfFirst(from), rootTo: root }, proof)).toBe(
        true,
      );
    }
    await expect(inclusionProof(1, 305, read)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the stored map of heads', () => {
  const headAt = async (size: number, root: string, nr: number) => {
    const [proof] = await proveHeads([lot(nr)], pageReader(node.db.pool, BOOK, size));
    return proof && verifyHead(root, lot(nr), proof);
  };
  const tokenOf = (nr: number, version: number) =>
    tokenHash(
      tokens.find((token) => {
        const claims = JSON.parse(
          Buffer.from(token.split('.')[1] as string, 'base64url').toString(),
        ) as Record<string, unknown>;
        return claims['sub'] === lot(nr) && claims['ver'] === version;
      }) as string,
    );

  test('proves by an older root what was current then, while it has moved on', async () => {
    const { pool } = node.db;
    const older = await advanceHeads(pool, BOOK, 301);
    const newer = await advanceHeads(pool, BOOK, 304);
    expect(await headAt(301, older, 7)).toBe(tokenOf(7, 1));
    expect(await headAt(304, newer, 7)).toBe(tokenOf(7, 2));
    expect(await headAt(304, newer, 8)).toBe(tokenOf(8, 1));
    expect(await headAt(304, newer, 300)).toBeNull();
  });

  test('has one root for one length, by whatever way it came there', async () => {
    const { pool } = node.db;
    const there = await advanceHeads(pool, BOOK, 304);
    const back = await advanceHeads(pool, BOOK, 301);
    const behind = [0, 7, 99].map((nr) => ({ key: keyOf(lot(nr)), head: tokenOf(nr, 2) }));
    // As a member works it out that has the last three entries only as a proposal.
    expect(await headsRootAt(pool, BOOK, { size: 304, final: 301, heads: behind })).toBe(there);
    expect(await advanceHeads(pool, BOOK, 304)).toBe(there);
    await inTransaction(pool, (client) => forgetNodes(client, BOOK));
    expect(await advanceHeads(pool, BOOK, 301)).toBe(back);
    expect(back).not.toBe(there);
  });
});
