import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCallLimit } from '../../api/http/call-limit.ts';
import type { Caller } from '../../api/sharing/caller.ts';
import { type Database, openDatabase } from '../../api/store/database.ts';
import { ownCaller, partnerCaller } from '../support/approval.ts';
import { freshDatabase } from '../support/postgres.ts';

let db: Database;
let drop: () => Promise<void>;
beforeAll(async () => {
  const fresh = await freshDatabase();
  ({ drop } = fresh);
  db = openDatabase({ url: fresh.url, poolSize: 4, applicationName: 'test' });
});
afterAll(async () => {
  await db.close();
  await drop();
});

const open = (organisation: number, person = 1_000) =>
  openCallLimit({ pool: db.pool, now: Date.now, perMinute: { organisation, person } });
const personOf = (id: string): Caller => ({
  ...ownCaller('own.example', 'VIEWER'),
  clientId: `own.example/people/${id}`,
  person: { id, session: id },
});
/** How many of so many calls at once are let through. */
async function letThrough(limits: ReturnType<typeof open>[], caller: Caller, calls: number): Promise<number> {
  const each = Array.from({ length: calls }, (_, at) =>
    (limits[at % limits.length] as (typeof limits)[0]).take(caller).then(
      () => 1,
      (error: { code: string; details: { retryAfterMs: number } }) => {
        expect([error.code, error.details.retryAfterMs > 0]).toEqual(['TOO_MANY_CALLS', true]);
        return 0;
      },
    ),
  );
  return (await Promise.all(each)).reduce<number>((sum, one) => sum + one, 0);
}

describe('the calls that a caller may make', () => {
  it('are counted over all processes of a node', async () => {
    const processes = [open(120), open(120), open(120)];
    const through = await letThrough(processes, partnerCaller('many.example'), 900);
    // In blocks of two; meanwhile some come back.
    expect(through).toBeGreaterThanOrEqual(110);
    expect(through).toBeLessThan(300);
  });

  it('are those of each organisation and of each person alone', async () => {
    const limit = open(1_000, 5);
    expect(await letThrough([limit], personOf('1'), 20)).toBe(5);
    expect(await letThrough([limit], personOf('2'), 5)).toBe(5);
    expect(await letThrough([limit], partnerCaller('other.example'), 100)).toBe(100);
  });

  it('come back with time, and a costly one counts as several', async () => {
    const limit = open(60);
    const caller = partnerCaller('later.example');
    await limit.take(caller, 60);
    await expect(limit.take(caller)).rejects.toMatchObject({ code: 'TOO_MANY_CALLS' });
    await db.pool.query(`UPDATE call_allowance SET at = at - interval '30 s' WHERE caller = 'later.example'`);
    // Another process, which was not told to wait.
    const other = open(60);
    await other.take(caller, 30);
    await expect(other.take(caller, 20)).rejects.toMatchObject({ code: 'TOO_MANY_CALLS' });
  });
});
