import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRetention, type Retention } from '../../api/approval/retention.ts';
import type { RetentionRule } from '../../api/store/retention.ts';
import { openAuthority, ownCaller, type TestAuthority } from '../support/approval.ts';

const SELF = 'packer.example';
const DAY_MS = 86_400_000;
const admin = ownCaller(SELF, 'ADMINISTRATOR');

let at: TestAuthority;
let retention: Retention;
let isLeading = true;
let books = 0;

beforeAll(async () => {
  at = await openAuthority(SELF);
  retention = openRetention({
    pool: at.db.pool,
    organisation: SELF,
    clock: () => at.clock.now,
    log: pino({ level: 'silent' }),
    eraseRecords: at.approval.eraseRecords,
    isLeading: () => isLeading,
    config: { retentionPollMs: 1 },
  });
});
afterAll(() => at.close());

async function newBook(): Promise<string> {
  const name = `book-${(books += 1)}`;
  await at.approval.createBook(admin, { name, title: name });
  return `${SELF}/${name}`;
}

interface Made {
  kind: 'EVENT' | 'LOT' | 'NOTE';
  /** Days before the end of the test: when it was approved, and for an event when it happened. */
  approved: number;
  happened: number;
  isHeld: boolean;
}

/** Its id, and where it is in time. */
interface Kept extends Made {
  id: string;
  approvedAt: number;
  happenedAt: number;
}

async function make(book: string, { kind, approved, happened, isHeld }: Made, now: number): Promise<Kept> {
  at.clock.now = now - approved * DAY_MS;
  const happenedAt = now - happened * DAY_MS;
  const id =
    kind === 'LOT'
      ? `https://id.gs1.org/01/09521141012345/10/${randomUUID().slice(0, 18)}`
      : `urn:uuid:${randomUUID()}`;
  const event = {
    type: 'ObjectEvent',
    eventID: id,
    action: 'OBSERVE',
    eventTime: new Date(happenedAt).toISOString(),
    eventTimeZoneOffset: '+00:00',
    epcList: ['urn:epc:id:sgtin:9521141.012345.7'],
  };
  const content = { EVENT: event, LOT: { note: id }, NOTE: { about: [id], text: 'seen' } }[kind];
  const changes = [{ record: id, kind, base: 0, content }];
  const [view] = await at.approval.requestUpdates(admin, [{ book, key: id, changes }]);
  expect(view?.error ?? view?.state).toBe('APPROVED');
  if (isHeld) await retention.hold(admin, { book, record: id, reason: 'a claim' });
  return { id, kind, approved, happened, isHeld, approvedAt: at.clock.now, happenedAt };
}

async function erasedIn(book: string): Promise<string[]> {
  const { rows } = await at.db.pool.query<{ id: string }>(
    'SELECT id FROM record WHERE book = $1 AND erased',
    [book],
  );
  return rows.map(({ id }) => id).sort();
}

const made = fc.record<Made>({
  kind: fc.constantFrom('EVENT', 'LOT', 'NOTE'),
  approved: fc.integer({ min: 0, max: 20 }),
  happened: fc.integer({ min: 0, max: 20 }),
  isHeld: fc.boolean(),
});
const days = fc.integer({ min: 1, max: 20 });
const ruleOf = (kind: Made['kind'], by: fc.Arbitrary<RetentionRule['by']>) =>
  fc.option(fc.record({ kind: fc.constant(kind), days, by }));
const rules = fc.tuple(
  ruleOf('EVENT', fc.constantFrom('EVENT_TIME', 'APPROVAL_TIME')),
  ruleOf('LOT', fc.constant('APPROVAL_TIME')),
);

test('What is over by the rule for its kind is erased, and nothing else, and nothing that is held', async () => {
  const now = at.clock.now;
  await fc.assert(
    fc.asyncProperty(fc.array(made, { minLength: 1, maxLength: 12 }), rules, async (all, given) => {
      const book = await newBook();
      const kept: Kept[] = [];
      // The log grows in the order of time.
      for (const each of all.toSorted((a, b) => b.approved - a.approved))
        kept.push(await make(book, each, now));
      at.clock.now = now;
      const inForce = given.filter((rule) => rule !== null);
      for (const rule of inForce) await retention.setRule(admin, { book, ...rule });
      const due = kept.filter(({ kind, isHeld, approvedAt, happenedAt }) =>
        inForce.some(
          (rule) =>
            rule.kind === kind &&
            !isHeld &&
            (rule.by === 'EVENT_TIME' ? happenedAt : approvedAt) < now - rule.days * DAY_MS,
        ),
      );
      expect(await retention.run()).toBe(due.length);
      expect(await erasedIn(book)).toEqual(due.map(({ id }) => id).sort());
      for (const { kind } of inForce) await retention.endRule(book, kind);
    }),
    { numRuns: 10 },
  );
});

test('A rule says who set it, when it was run and how many records it has erased; each was erased by a signed change', async () => {
  const book = await newBook();
  const now = at.clock.now;
  const notes = Array.from({ length: 120 }, () => ({
    kind: 'NOTE' as const,
    approved: 9,
    happened: 9,
    isHeld: false,
  }));
  for (const note of notes) await make(book, note, now);
  at.clock.now = now;
  await retention.setRule(admin, { book, kind: 'NOTE', days: 5, by: 'APPROVAL_TIME' });
  expect(await retention.run()).toBe(120);
  expect(await retention.run()).toBe(0);
  expect((await retention.view(book)).rules).toMatchObject([
    { kind: 'NOTE', days: 5, setBy: SELF, lastRunAt: new Date(now), erased: 120 },
  ]);
  const { rows } = await at.db.pool.query<{ state: string; requester: string }>(
    `SELECT e.state, q.requester FROM entry e JOIN request q ON q.id = e.request
      WHERE e.book = $1 AND e.kind = 'NOTE' AND e.version = 2`,
    [book],
  );
  expect(rows).toHaveLength(120);
  expect(rows[0]).toEqual({
    state: expect.stringContaining('kept for 5 days, by the rule for records of kind NOTE'),
    requester: SELF,
  });
  await retention.endRule(book, 'NOTE');
});

test('What is held is not erased by hand either, until it is released', async () => {
  const book = await newBook();
  const { id } = await make(book, { kind: 'NOTE', approved: 0, happened: 0, isHeld: true }, at.clock.now);
  const erase = () => at.approval.eraseRecords(admin, { book, records: [id], reason: 'asked' });
  await expect(erase()).rejects.toMatchObject({ code: 'CONFLICT' });
  expect((await retention.view(book)).holds).toMatchObject([{ record: id, reason: 'a claim', by: SELF }]);
  await retention.release(book, id);
  await expect(retention.release(book, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await erase()).toMatchObject({ state: 'APPROVED' });
});

test('One process of a node runs the rules', async () => {
  const book = await newBook();
  const now = at.clock.now;
  await make(book, { kind: 'NOTE', approved: 9, happened: 9, isHeld: false }, now);
  at.clock.now = now;
  await retention.setRule(admin, { book, kind: 'NOTE', days: 1, by: 'APPROVAL_TIME' });
  isLeading = false;
  expect(await retention.run()).toBe(0);
  isLeading = true;
  expect(await retention.run()).toBe(1);
});

test.each([
  [{ kind: 'GRANT' as const }, 'input.kind'],
  [{ days: 0 }, 'input.days'],
  [{ days: 1.5 }, 'input.days'],
  [{ by: 'EVENT_TIME' as const }, 'input.by'],
])('A rule that cannot be meant is refused: %j', async (wrong, place) => {
  const rule = {
    book: await newBook(),
    kind: 'LOT' as const,
    days: 30,
    by: 'APPROVAL_TIME' as const,
    ...wrong,
  };
  await expect(retention.setRule(admin, rule)).rejects.toMatchObject({
    code: 'BAD_INPUT',
    details: { place },
  });
});

test('Rules are for books of one’s own', async () => {
  const rule = {
    book: 'grower.example/season',
    kind: 'LOT' as const,
    days: 30,
    by: 'APPROVAL_TIME' as const,
  };
  await expect(retention.setRule(admin, rule)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
