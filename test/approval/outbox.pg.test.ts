import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { deliverDue, type RemoteRequest } from '../../api/approval/outbox-delivery.ts';
import { LotbookError } from '../../api/errors.ts';
import { openAuthority } from '../support/approval.ts';
import { queueRequest } from '../../api/store/requests.ts';

const BOOK = 'packer.example/orders';
const APPROVED: RemoteRequest = {
  state: 'APPROVED',
  decidedAt: '2026-07-01T12:00:00.000Z',
  decidedBy: 'packer.example',
  reason: null,
  outcome: [],
  error: null,
};

test('Requests that are too large together are delivered in smaller parts, and then looked at no more', async () => {
  const { db, bell, clock, close } = await openAuthority('grower.example');
  await db.pool.query(
    `INSERT INTO book (id, title, owner, authority) VALUES ($1, 'Orders', 'packer.example', 'packer.example')`,
    [BOOK],
  );
  for (const token of ['a', 'b', 'c', 'd', 'e']) {
    await queueRequest(db.pool, {
      id: randomUUID(),
      book: BOOK,
      requester: 'grower.example',
      key: token,
      contentHash: token,
      changes: '[]',
      token,
      createdAt: new Date(clock.now),
      reason: null,
    });
  }
  const calls: number[] = [];
  await deliverDue({
    pool: db.pool,
    bell,
    organisation: 'grower.example',
    clock: () => clock.now,
    log: pino({ level: 'silent' }),
    send: (_authority, tokens) => {
      calls.push(tokens.length);
      if (tokens.length > 2) return Promise.reject(new LotbookError('TOO_LARGE', 'too large'));
      return Promise.resolve(tokens.map(() => APPROVED));
    },
  });
  expect(calls).toEqual([5, 2, 3, 1, 2]);
  const { rows } = await db.pool.query('SELECT DISTINCT state, "nextAttempt" FROM request');
  expect(rows).toEqual([{ state: 'APPROVED', nextAttempt: null }]);
  await close();
});
