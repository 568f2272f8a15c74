import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openBell } from '../../api/store/bell.ts';
import { freshDatabase } from '../support/postgres.ts';
import type { Bell } from '../../api/store/bell.ts';
import type { FreshDatabase } from '../support/postgres.ts';

let fresh: FreshDatabase;
let here: Bell;
let there: Bell;
let open: Bell[] = [];

beforeAll(async () => {
  fresh = await freshDatabase({ empty: true });
});

afterAll(() => fresh.drop());

afterEach(async () => {
  await Promise.all(open.map((bell) => bell.close()));
  open = [];
});

/** Two bells stand for two processes of one node. */
async function hang(channel: string): Promise<void> {
  open = [here, there] = [await openBell(fresh.url, channel), await openBell(fresh.url, channel)];
}

function count(bell: Bell, topic: string): { rings: number; off: () => void } {
  const counter = { rings: 0, off: () => undefined as void };
  counter.off = bell.on(topic, () => (counter.rings += 1));
  return counter;
}

async function endSessions(): Promise<void> {
  const client = new pg.Client({ connectionString: fresh.url });
  await client.connect();
  await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = 'lotbook bell' AND datname = current_database()`,
  );
  await client.end();
}

test('a ring wakes the own listeners at once and those of the other process soon, each once', async () => {
  await hang('once');
  const own = count(here, 'book-1');
  const other = count(there, 'book-1');
  const everything = count(there, '*');
  here.ring('book-1');
  expect(own.rings).toBe(1);
  await expect.poll(() => other.rings).toBe(1);
  // A second ring comes after anything that the first could still cause.
  here.ring('book-2');
  await expect.poll(() => everything.rings).toBe(2);
  expect([own.rings, other.rings]).toEqual([1, 1]);
});

test('a listener that is taken off is not woken', async () => {
  await hang('off');
  const gone = count(there, 'book-1');
  const stays = count(there, 'book-1');
  gone.off();
  here.ring('book-1');
  await expect.poll(() => stays.rings).toBe(1);
  expect(gone.rings).toBe(0);
});

test('channels do not hear each other', async () => {
  await hang('one');
  const otherChannel = await openBell(fresh.url, 'two');
  open.push(otherChannel);
  const deaf = count(otherChannel, '*');
  const heard = count(there, '*');
  here.ring('book-1');
  await expect.poll(() => heard.rings).toBe(1);
  otherChannel.ring('own');
  expect(deaf.rings).toBe(1);
});

test('after the server ends its session a bell connects anew, wakes every listener, and hears and rings again', async () => {
  await hang('again');
  const a = count(there, 'book-a');
  const b = count(there, 'book-b');
  await endSessions();
  await expect.poll(() => [a.rings > 0, b.rings > 0], { timeout: 20_000 }).toEqual([true, true]);
  const before = a.rings;
  await expect
    .poll(
      () => {
        here.ring('book-a');
        return a.rings;
      },
      { timeout: 20_000 },
    )
    .toBeGreaterThan(before);
});

test('many rings of one topic in a row end in few messages, and none is lost', async () => {
  await hang('many');
  const heard = count(there, 'book-1');
  const last = count(there, 'last');
  for (let i = 0; i < 5_000; i += 1) here.ring('book-1');
  here.ring('last');
  await expect.poll(() => last.rings).toBe(1);
  expect(heard.rings).toBeGreaterThan(0);
  expect(heard.rings).toBeLessThan(100);
});

test('a topic that NOTIFY cannot carry is refused', async () => {
  await hang('long');
  expect(() => here.ring('x'.repeat(8_000))).toThrow(RangeError);
  expect(() => here.ring('*')).toThrow(RangeError);
});
