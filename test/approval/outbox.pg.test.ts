import { expect, test } from 'vitest';
import { LotbookError } from '../../api/errors.ts';
import { ownCaller } from '../support/approval.ts';
import { APPROVED, BOOK, openSender, OWNER } from './support/sender.ts';

test('Requests that are too large together are delivered in smaller parts, and then looked at no more', async () => {
  const calls: number[] = [];
  const sender = await openSender(['a', 'b', 'c', 'd', 'e'], {
    [OWNER]: (tokens) => {
      calls.push(tokens.length);
      if (tokens.length > 2) throw new LotbookError('TOO_LARGE', 'too large');
      return tokens.map(() => APPROVED);
    },
  });
  await sender.courier.deliver();
  expect(calls).toEqual([5, 2, 3, 1, 2]);
  for (const row of await sender.rows()) expect(row).toMatchObject({ state: 'APPROVED', nextAttempt: null });
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
  const sender = await openSender(['a'], { [OWNER]: () => answers });
  await sender.courier.deliver();
  expect(await sender.rows()).toMatchObject([
    { state: 'QUEUED', attempts: 1, lastError: expect.stringContaining('form') },
  ]);
  await sender.close();
});

test('An error of a kind that is not known here is a conflict, to be looked at', async () => {
  const error = { code: 'OF_LATER', message: 'Something new.' };
  const sender = await openSender(['a'], { [OWNER]: () => [{ ...APPROVED, state: 'REFUSED', error }] });
  await sender.courier.deliver();
  expect(await sender.rows()).toMatchObject([
    { state: 'REFUSED', code: 'CONFLICT', message: 'Something new.' },
  ]);
  await sender.close();
});

test("A record of another organisation's book needs its base: what it is now is not known here", async () => {
  const sender = await openSender([], {});
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
