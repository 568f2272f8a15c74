import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { deliverDue, type RemoteRequest } from '../../api/approval/outbox-delivery.ts';
import { LotbookError } from '../../api/errors.ts';
import { openAuthority, ownCaller, type TestAuthority } from '../support/approval.ts';
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

/** A node with a copy of a partner's book, and with these requests in its outbox. */
async function openSender(...tokens: string[]): Promise<TestAuthority> {
  const authority = await openAuthority('grower.example');
  const { db, clock } = authority;
  await db.pool.query(
    `INSERT INTO book (id, title, owner, authority) VALUES ($1, 'Orders', 'packer.example', 'packer.example')`,
    [BOOK],
  );
  for (const token of tokens) {
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
  return authority;
}

function deliver(
  { db, bell, clock }: TestAuthority,
  send: (authority: string, tokens: readonly string[]) => Promise<unknown>,
): Promise<number> {
  const log = pino({ level: 'silent' });
  const common = { pool: db.pool, bell, organisation: 'grower.example', clock: () => clock.now, log };
  return deliverDue({ ...common, send });
}

test('Requests that are too large together are delivered in smaller parts, and then looked at no more', async () => {
  const sender = await openSender('a', 'b', 'c', 'd', 'e');
  const calls: number[] = [];
  await deliver(sender, (_authority, tokens) => {
    calls.push(tokens.length);
    if (tokens.length > 2) return Promise.reject(new LotbookError('TOO_LARGE', 'too large'));
    return Promise.resolve(tokens.map(() => APPROVED));
  });
  expect(calls).toEqual([5, 2, 3, 1, 2]);
  const { rows } = await sender.db.pool.query('SELECT DISTINCT state, "nextAttempt" FROM request');
  expect(rows).toEqual([{ state: 'APPROVED', nextAttempt: null }]);
  await sender.close();
});

test.each<[string, unknown]>([
  ['no list', null],
  ['a shorter list', []],
  ['a state that is none', [{ ...APPROVED, state: 'DONE' }]],
  ['an outcome that is none', [{ ...APPROVED, outcome: [{ record: 1 }] }]],
  ['a time that is none', [{ ...APPROVED, decidedAt: 'yesterday' }]],
  ['text that the database cannot hold', [{ ...APPROVED, decidedBy: 'a\0b' }]],
])('A request waits on where its authority answers with %s', async (_what, answers) => {
  const sender = await openSender('a');
  await deliver(sender, () => Promise.resolve(answers));
  const { rows } = await sender.db.pool.query('SELECT state, attempts, "lastError" FROM request');
  expect(rows).toEqual([{ state: 'QUEUED', attempts: 1, lastError: expect.stringContaining('form') }]);
  await sender.close();
});

test('An error of a kind that is not known here is a conflict, to be looked at', async () => {
  const sender = await openSender('a');
  const error = { code: 'OF_LATER', message: 'Something new.' };
  await deliver(sender, () => Promise.resolve([{ ...APPROVED, state: 'REFUSED', error }]));
  const { rows } = await sender.db.pool.query('SELECT state, code, message FROM request');
  expect(rows).toEqual([{ state: 'REFUSED', code: 'CONFLICT', message: 'Something new.' }]);
  await sender.close();
});

test("A record of another organisation's book needs its base: what it is now is not known here", async () => {
  const sender = await openSender();
  const editor = ownCaller('grower.example', 'EDITOR');
  const changes = [
    {
      kind: 'LOCATION' as const,
      record: 'urn:epc:id:sgln:9521141.00001.0',
      base: null,
      fields: { name: 'x' },
    },
  ];
  const [view] = await sender.approval.requestUpdates(editor, [{ book: BOOK, key: 'k', changes }]);
  expect(view?.error).toMatchObject({ code: 'BAD_INPUT', place: 'updates[0].changes[0].base' });
  await sender.close();
});
