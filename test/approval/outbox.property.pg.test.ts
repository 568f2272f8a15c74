import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LotbookError } from '../../api/errors.ts';
import { readEvidence } from '../../api/store/authority.ts';
import { queueRequest } from '../../api/store/requests.ts';
import {
  APPROVED,
  BACKUP,
  BOOK,
  openSender,
  OWNER,
  refusal,
  SELF,
  standing,
  type Sender,
} from './support/sender.ts';

const one = { ...APPROVED, outcome: [{ record: 'urn:x', version: 1, seq: 1 }] };
const two = { ...APPROVED, outcome: [{ record: 'urn:x', version: 2, seq: 7 }] };
const rejected = { ...APPROVED, state: 'REJECTED', reason: 'no' };

/** What a node may do with a question. */
const behaviours = {
  away: null,
  unable: refusal('UNABLE', 'not now', 100),
  moved: refusal('NOT_AUTHORITY'),
  unknown: refusal('NOT_FOUND'),
  busy: refusal('IN_USE', 'in use', 50),
  pending: { ...APPROVED, state: 'PENDING', decidedAt: null },
  strange: { state: 'ODD' },
  one,
  two,
  rejected,
} as const;
type Behaviour = keyof typeof behaviours;
const decisions: readonly Behaviour[] = ['one', 'two', 'rejected'];
const names = Object.keys(behaviours) as Behaviour[];

interface Move {
  behaviour: Behaviour;
  /** The answer comes when the requester has given up waiting. */
  isLate: boolean;
}

const anyMoves = fc.array(
  fc.record({
    // Not only decisions: they end the game.
    behaviour: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...names.slice(0, 7)) },
      fc.constantFrom(...decisions),
    ),
    isLate: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);

let sender: Sender;
let moves: Move[] = [];
let said: Behaviour[] = [];
let late: (() => void)[] = [];

async function play(): Promise<unknown> {
  const { behaviour, isLate } = moves.shift() ?? { behaviour: 'one', isLate: false };
  const answer = behaviours[behaviour];
  if (isLate) await new Promise<void>((resolve) => late.push(resolve));
  if (answer === null) throw new LotbookError('UNREACHABLE', 'It is away.');
  said.push(behaviour);
  return [answer];
}

/** How a row shows it. */
function shown({ state, outcome }: { state: string; outcome: readonly unknown[] }): string {
  return JSON.stringify([state, state === 'APPROVED' ? JSON.stringify(outcome) : null]);
}

beforeAll(async () => {
  const authorities = { [OWNER]: await standing(), [BACKUP]: await standing() };
  const options = { term: { n: 1 }, authorities, patienceMs: 1 };
  sender = await openSender([], { [OWNER]: play, [BACKUP]: play }, options);
});
afterAll(() => sender.close());

async function queue(id: string): Promise<void> {
  const { db, clock, courier } = sender;
  const names = { book: BOOK, requester: SELF, key: id, contentHash: id, token: id };
  await queueRequest(db.pool, { id, ...names, changes: '[]', createdAt: new Date(clock.now), reason: null });
  courier.hurry();
}

/** What is shown of a request whose end is known here; null before. */
async function endOf(id: string): Promise<string | null> {
  const row = (await sender.rows()).find((each) => each.id === id);
  const isOpen = row?.state === 'QUEUED' || row?.state === 'PENDING';
  return row && !isOpen ? JSON.stringify([row.state, row.outcome]) : null;
}

async function proven(): Promise<string[]> {
  const evidence = await readEvidence(sender.db.pool, BOOK);
  return evidence.map(({ detail }) => /[0-9a-f-]{36}/.exec(detail)?.[0] ?? detail).sort();
}

test('Whatever nodes answer, in whatever order and however late, the first end stays and another decision is proof', async () => {
  let nr = 0;
  const expected: string[] = [];
  await fc.assert(
    fc.asyncProperty(anyMoves, async (given) => {
      [moves, said, late] = [[...given], [], []];
      const id = `00000000-0000-4000-8000-${String((nr += 1)).padStart(12, '0')}`;
      await queue(id);
      let end: string | null = null;
      for (let round = 0; round < 20 && end === null; round += 1) {
        await sender.courier.deliver();
        end = await endOf(id);
        sender.clock.now += 60_000;
      }
      expect(end).not.toBeNull();
      const isOther = (behaviour: Behaviour): boolean =>
        decisions.includes(behaviour) && shown(behaviours[behaviour] as typeof one) !== end;
      for (const answer of late) answer();
      await new Promise(setImmediate);
      if (said.some(isOther)) expected.push(id);
      await expect.poll(proven).toEqual(expected);
      expect(await endOf(id)).toBe(end);
    }),
    { numRuns: 40 },
  );
  expect(expected.length).toBeGreaterThan(0);
  expect(await proven()).toEqual(expected);
});
