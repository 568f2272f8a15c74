import { describe, expect, test } from 'vitest';
import { Pending } from '../../api/replication/pending.ts';

const LONG_MS = 60_000;

describe('who waits for a proposal to become final', () => {
  test('is told, with everybody else who waits for the same one', async () => {
    const pending = new Pending();
    const waiting = [pending.wait('a', LONG_MS), pending.wait('a', LONG_MS)];
    pending.resolve('a');
    await expect(Promise.all(waiting)).resolves.toEqual([undefined, undefined]);
  });

  test('is told when it is given up, and those who wait for another one go on waiting', async () => {
    const pending = new Pending();
    const lost = [pending.wait('a', LONG_MS), pending.wait('a', LONG_MS)];
    const kept = pending.wait('b', LONG_MS);
    pending.giveUp((head) => head === 'a');
    for (const each of lost) await expect(each).rejects.toMatchObject({ code: 'UNABLE' });
    pending.resolve('b');
    await expect(kept).resolves.toBeUndefined();
  });

  test('is sent away after a time, and that ends nobody else’s waiting', async () => {
    const pending = new Pending();
    const patient = pending.wait('a', LONG_MS);
    await expect(pending.wait('a', 1)).rejects.toMatchObject({ code: 'UNABLE' });
    pending.resolve('a');
    await expect(patient).resolves.toBeUndefined();
  });
});
