import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Aside } from '../../../api/delivery/checkpoints/aside.ts';
import { openAlarms } from '../../../api/delivery/checkpoints/faults.ts';
import { watchOverdue } from '../../../api/delivery/checkpoints/overdue.ts';
import { sha256 } from '../../../api/identity/sha256.ts';
import { parseCheckpoint, signCheckpoint, type SignedCheckpoint } from '../../../api/ledger/checkpoint.ts';
import { keepCheckpoint } from '../../../api/store/checkpoints.ts';
import { openDatabase, type Database } from '../../../api/store/database.ts';
import { keepCopy, setFeedState } from '../../../api/store/feeds.ts';
import { readFaults } from '../../../api/store/verification.ts';
import { ed25519 } from '../../identity/keys.ts';
import { freshDatabase, type FreshDatabase } from '../../support/postgres.ts';

const OWNER = 'farm.example';
const BOOK = `${OWNER}/harvest`;
const OVERDUE_MS = 60_000;
const at = new Date(1_795_000_000_000);

let fresh: FreshDatabase;
let db: Database;
let aside: Aside;
let now: number;
let look: () => Promise<void>;

beforeAll(async () => {
  fresh = await freshDatabase();
  db = openDatabase({ url: fresh.url, poolSize: 2, applicationName: 'test' });
  await keepCopy(db.pool, { id: BOOK, title: 'Harvest', owner: OWNER, createdAt: at }, at);
});
afterAll(async () => {
  await db.close();
  await fresh.drop();
});
beforeEach(async () => {
  await db.pool.query('DELETE FROM quarantine');
  await db.pool.query('DELETE FROM checkpoint');
  await setFeedState(db.pool, BOOK, { state: 'LIVE', error: null, now: at });
  [aside, now] = [new Aside(), 0];
  const alarms = openAlarms({ db, clock: () => at.getTime(), log: pino({ level: 'silent' }) });
  const given = { pool: db.pool, alarms, aside, monotonic: () => now, overdueMs: OVERDUE_MS };
  look = watchOverdue(given);
});

const grow = (length: number) => db.pool.query('UPDATE book SET length = $1', [length]);
/** Its own last entry states the heads of the others. */
const cover = (covered: number) =>
  keepCheckpoint(db.pool, BOOK, {
    size: covered + 1,
    covered,
    root: sha256(`${covered}`),
    heads: '',
    note: '',
    at,
  });
const faults = async () =>
  (await readFaults(db.pool, BOOK, 10)).map(({ code, seq }) => `${code} ${seq}`).toSorted();
async function lookAfter(ms: number): Promise<string[]> {
  now += ms;
  await look();
  return faults();
}

test('a copy whose entries no checkpoint covers in time raises the alarm, once', async () => {
  await grow(10);
  expect(await lookAfter(0)).toEqual([]);
  await grow(12);
  expect(await lookAfter(OVERDUE_MS - 1)).toEqual([]);
  expect(await lookAfter(1)).toEqual(['NO_CHECKPOINT 10']);
  const [{ detail } = { detail: '' }] = await readFaults(db.pool, BOOK, 1);
  expect(detail).toBe(
    'entries up to 10 were handed out, and no checkpoint covers them after 60 s: none was shown',
  );
  expect(await lookAfter(OVERDUE_MS)).toEqual(['NO_CHECKPOINT 10']);
});

test('a copy that is covered in time raises none, however long it grows', async () => {
  for (let length = 10; length < 60; length += 10) {
    await grow(length);
    expect(await lookAfter(OVERDUE_MS - 1)).toEqual([]);
    await cover(length);
  }
  expect(await lookAfter(10 * OVERDUE_MS)).toEqual([]);
});

test('checkpoints that always stop short of what was handed out do not put off the alarm', async () => {
  await grow(20);
  await lookAfter(0);
  await cover(5);
  await lookAfter(OVERDUE_MS / 2);
  await cover(19);
  expect(await lookAfter(OVERDUE_MS / 2)).toEqual(['NO_CHECKPOINT 20']);
});

test('the end of a feed, and the time in which this process did not run, count for nothing', async () => {
  await grow(20);
  await lookAfter(0);
  await setFeedState(db.pool, BOOK, { state: 'ENDED', error: null, now: at });
  expect(await lookAfter(2 * OVERDUE_MS)).toEqual([]);
  await setFeedState(db.pool, BOOK, { state: 'LIVE', error: null, now: at });
  expect(await lookAfter(1)).toEqual([]);
  expect(await lookAfter(OVERDUE_MS)).toEqual(['NO_CHECKPOINT 20']);
});

test('a genuine checkpoint that nothing shown here could be compared with raises the alarm, once', async () => {
  await grow(0);
  const key = ed25519();
  const signed = async (size: number): Promise<SignedCheckpoint> => {
    const who = { name: OWNER, key: [...key.keys.values()][0] as never, signer: key.signer };
    return parseCheckpoint(await signCheckpoint({ origin: BOOK, size, root: sha256('x') }, who)) as never;
  };
  const [compared, waiting] = [await signed(7), await signed(9)];
  aside.put(compared, now);
  aside.put(waiting, now);
  expect(aside.upTo(BOOK, 8)).toEqual([compared]);
  aside.remove(compared);
  expect(await lookAfter(OVERDUE_MS - 1)).toEqual([]);
  expect(await lookAfter(1)).toEqual(['NOT_COMPARED 9']);
  await db.pool.query('DELETE FROM quarantine');
  expect(await lookAfter(OVERDUE_MS)).toEqual([]);
});

test('of very many that wait, those that can be compared soonest are kept', async () => {
  const key = ed25519();
  const who = { name: OWNER, key: [...key.keys.values()][0] as never, signer: key.signer };
  for (let size = 40; size > 0; size -= 1) {
    const note = await signCheckpoint({ origin: BOOK, size, root: sha256('x') }, who);
    aside.put(parseCheckpoint(note) as SignedCheckpoint, now);
  }
  expect(aside.upTo(BOOK, 100).map(({ size }) => size)).toEqual(
    Array.from({ length: 16 }, (_, nr) => nr + 1),
  );
});
