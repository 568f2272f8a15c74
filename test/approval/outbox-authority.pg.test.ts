import { describe, expect, test } from 'vitest';
import { verifyUnable } from '../../api/ledger/statements/unable.ts';
import { signProvisional } from '../../api/ledger/statements/provisional.ts';
import { LotbookError } from '../../api/errors.ts';
import { peekClaims } from '../../api/identity/jws.ts';
import { tokenHash } from '../../api/ledger/change.ts';
import { keepStatement, lastStatement, readEvidence } from '../../api/store/authority.ts';
import { digest } from '../ledger/statement-samples.ts';
import { ownCaller } from '../support/approval.ts';
import {
  APPROVED,
  BACKUP,
  BOOK,
  keys,
  openSender,
  OWNER,
  refusal,
  SELF,
  standing,
  WITNESS,
  type Answerer,
} from './support/sender.ts';
import type { TestKey } from '../identity/keys.ts';

const away: Answerer = () => {
  throw new LotbookError('UNREACHABLE', 'It is away.');
};
const approving: Answerer = (tokens) => tokens.map(() => APPROVED);
const answering =
  (answer: object): Answerer =>
  (tokens) =>
    tokens.map(() => answer);
const never = () => new Promise<never>(() => undefined);

describe('where the holder does not answer', () => {
  test('the other member is asked at once, with a notice of whom and in which term', async () => {
    const notices: string[] = [];
    const sender = await openSender(
      ['a', 'b'],
      {
        [OWNER]: away,
        [BACKUP]: (tokens, unable) => {
          notices.push(unable ?? '');
          return approving(tokens, unable);
        },
      },
      { term: { n: 3 } },
    );
    await sender.courier.deliver();
    expect(sender.asked).toEqual([OWNER, BACKUP]);
    const expected = { keys: sender.keys, issuer: SELF, book: BOOK, audience: BACKUP };
    expect(verifyUnable(notices[0] ?? '', expected)).toMatchObject({
      ok: true,
      claims: { about: OWNER, n: 3, request: tokenHash('a') },
    });
    expect((await sender.rows()).map(({ state }) => state)).toEqual(['APPROVED', 'APPROVED']);
    await sender.close();
  });

  test('in time, the other member is asked, and what the holder decides after all is kept', async () => {
    let answerLate: (answers: unknown) => void = () => undefined;
    const late = new Promise((resolve) => (answerLate = resolve));
    const options = { term: { n: 1 }, patienceMs: 5 };
    const sender = await openSender(['a'], { [OWNER]: () => late, [BACKUP]: away }, options);
    await sender.courier.deliver();
    expect(sender.asked).toEqual([OWNER, BACKUP]);
    expect(await sender.rows()).toMatchObject([
      { state: 'QUEUED', lastError: expect.stringContaining('in time') },
    ]);
    answerLate([APPROVED]);
    await expect.poll(async () => (await sender.rows())[0]?.state).toBe('APPROVED');
    await sender.close();
  });

  test('and the other member does neither, its people see what a request waits for', async () => {
    const sender = await openSender(
      ['a'],
      { [OWNER]: away, [BACKUP]: answering(refusal('UNABLE', 'The holder is not heard here either.', 200)) },
      { term: { n: 1 } },
    );
    await sender.courier.deliver();
    const [row] = await sender.rows();
    const view = await sender.approval.request(ownCaller(SELF, 'ADMINISTRATOR'), row?.id ?? '');
    expect(view).toMatchObject({
      state: 'QUEUED',
      error: null,
      waitsFor: expect.stringContaining('not heard here'),
    });
    expect(sender.courier.restMs()).toBe(200);
    await sender.close();
  });

  test('the member that is about to take over is asked again, and now and then the holder', async () => {
    const unable = answering(refusal('UNABLE', 'not yet', 200));
    const sender = await openSender(['a'], { [OWNER]: away, [BACKUP]: unable }, { term: { n: 1 } });
    for (let round = 0; round < 7; round += 1) {
      await sender.courier.deliver();
      sender.clock.now += sender.courier.restMs();
    }
    expect(sender.asked.slice(0, 8)).toEqual([OWNER, BACKUP, BACKUP, BACKUP, BACKUP, BACKUP, OWNER, BACKUP]);
    await sender.close();
  });

  test('and the other member knows of a later term, the notice is made anew for that one', async () => {
    const noticed: unknown[] = [];
    const authorities = { [BACKUP]: await standing({ n: 4, why: 'add' }) };
    const network: Record<string, Answerer> = {
      [OWNER]: away,
      [BACKUP]: (tokens, unable) => {
        noticed.push(peekClaims(unable ?? '')?.['n']);
        const isOfNow = noticed.at(-1) === 4;
        return tokens.map(() => (isOfNow ? APPROVED : refusal('UNABLE', 'not heard here either', 200)));
      },
    };
    const sender = await openSender(['a'], network, { term: { n: 3 }, authorities });
    for (let round = 0; round < 6; round += 1) {
      await sender.courier.deliver();
      sender.clock.now += Math.max(0, sender.courier.restMs());
    }
    expect(noticed).toEqual([3, 3, 3, 3, 3, 4]);
    expect(await sender.rows()).toMatchObject([{ state: 'APPROVED' }]);
    await sender.close();
  });

  test('a refusal by another member that may not know us ends nothing', async () => {
    const sender = await openSender(
      ['a'],
      { [OWNER]: away, [BACKUP]: answering(refusal('NOT_FOUND')) },
      { term: { n: 1 } },
    );
    await sender.courier.deliver();
    expect(await sender.rows()).toMatchObject([{ state: 'QUEUED' }]);
    await sender.close();
  });
});

describe('a node that is not the holder', () => {
  const moved = { n: 2, holder: BACKUP, insync: [BACKUP], why: 'take-over' as const };

  test('says who is; the higher term is followed and kept', async () => {
    const authorities = { [OWNER]: await standing(moved) };
    const network = { [OWNER]: answering(refusal('NOT_AUTHORITY')), [BACKUP]: approving };
    const sender = await openSender(['a'], network, { term: { n: 1 }, authorities });
    await sender.courier.deliver();
    expect(sender.asked).toEqual([OWNER, BACKUP]);
    expect(await sender.rows()).toMatchObject([{ state: 'APPROVED' }]);
    expect(await lastStatement(sender.db.pool, BOOK, 'TERM')).toMatchObject({ nr: 2 });
    await sender.close();
  });

  test('is not followed to a lower term, nor to one that its witness did not sign', async () => {
    const good = await standing({ n: 4, holder: OWNER, insync: [OWNER] });
    const { termToken } = await standing({ ...moved, n: 9 });
    const forged = `${termToken.slice(0, -4)}AAAA`;
    for (const told of [await standing({ n: 1 }), { ...good, termToken: forged }]) {
      const network = { [BACKUP]: answering(refusal('NOT_AUTHORITY')), [OWNER]: away };
      const options = { term: { ...moved, n: 5 }, authorities: { [BACKUP]: told } };
      const sender = await openSender(['a'], network, options);
      await sender.courier.deliver();
      expect(sender.asked).toEqual([BACKUP, OWNER]);
      expect(await lastStatement(sender.db.pool, BOOK, 'TERM')).toMatchObject({ nr: 5 });
      await sender.close();
    }
  });

  test('that contradicts a term that is known here has both kept as proof', async () => {
    const authorities = { [OWNER]: await standing({ ...moved, n: 1 }) };
    const network = { [OWNER]: answering(refusal('NOT_AUTHORITY')), [BACKUP]: away };
    const sender = await openSender(['a'], network, { term: { n: 1 }, authorities });
    await sender.courier.deliver();
    expect(await readEvidence(sender.db.pool, BOOK)).toMatchObject([
      { kind: 'TERM', second: authorities[OWNER]?.termToken },
    ]);
    await sender.close();
  });

  test('but decides shows by that who is: the next request goes there first, and without a notice', async () => {
    const notices: (string | null)[] = [];
    const network: Record<string, Answerer> = {
      [OWNER]: away,
      [BACKUP]: (tokens, unable) => {
        notices.push(unable);
        return approving(tokens, unable);
      },
    };
    const options = { term: { n: 1 }, authorities: { [BACKUP]: await standing(moved) } };
    const sender = await openSender(['a'], network, options);
    await sender.courier.deliver();
    await sender.db.pool.query(`UPDATE request SET state = 'QUEUED', "nextAttempt" = to_timestamp(0)`);
    await sender.courier.deliver();
    expect(sender.asked).toEqual([OWNER, BACKUP, BACKUP]);
    expect(notices).toEqual([expect.any(String), null]);
    await sender.close();
  });
});

test('A term that comes from elsewhere ends the wait at once', async () => {
  const network = { [OWNER]: away, [BACKUP]: away };
  const sender = await openSender(['a'], network, { term: { n: 1 } });
  await sender.courier.deliver();
  expect(sender.courier.restMs()).toBeGreaterThan(0);
  expect(await sender.courier.refresh(OWNER)).toBe(false);
  const { termToken } = await standing({ n: 2, holder: BACKUP, insync: [BACKUP], why: 'take-over' });
  const at = new Date(sender.clock.now);
  await keepStatement(sender.db.pool, { book: BOOK, kind: 'TERM', nr: 2, token: termToken, at });
  network[BACKUP] = approving;
  expect(await sender.courier.refresh(OWNER)).toBe(true);
  await sender.courier.deliver();
  expect(sender.asked.at(-1)).toBe(BACKUP);
  expect(await sender.rows()).toMatchObject([{ state: 'APPROVED' }]);
  await sender.close();
});

describe('a provisional answer', () => {
  const word = (changed: object, signedBy = BACKUP) =>
    signProvisional(
      { iss: BACKUP, book: BOOK, request: tokenHash('a'), len: 7, head: digest('log'), iat: 1, ...changed },
      (keys[signedBy] as TestKey).signer,
    );
  const saying = (provisional: string) =>
    answering({ ...APPROVED, state: 'PROVISIONAL', decidedAt: null, decidedBy: null, provisional });

  test('is shown as such with the word of the member, and asked after until it is decided', async () => {
    const provisional = await word({});
    const network: Record<string, Answerer> = { [OWNER]: away, [BACKUP]: saying(provisional) };
    const sender = await openSender(['a'], network, { term: { n: 1 } });
    await sender.courier.deliver();
    const [row] = await sender.rows();
    expect(await sender.approval.request(ownCaller(SELF, 'ADMINISTRATOR'), row?.id ?? '')).toMatchObject({
      state: 'PROVISIONAL',
      provisional,
      decidedAt: null,
    });
    network[OWNER] = approving;
    network[BACKUP] = approving;
    sender.clock.now = row?.nextAttempt?.getTime() ?? 0;
    await sender.courier.deliver();
    expect(await sender.rows()).toMatchObject([{ state: 'APPROVED', provisional: null }]);
    await sender.close();
  });

  test.each([
    ['by a node that is no member', {}, WITNESS],
    ['about another request', { request: tokenHash('b') }, BACKUP],
    ['of another book', { book: 'packer.example/other' }, BACKUP],
  ])('that is signed %s counts for nothing', async (_, changed, signedBy) => {
    const network = { [OWNER]: away, [BACKUP]: saying(await word(changed, signedBy)) };
    const sender = await openSender(['a'], network, { term: { n: 1 } });
    await sender.courier.deliver();
    expect(await sender.rows()).toMatchObject([{ state: 'QUEUED', provisional: null }]);
    await sender.close();
  });
});

test('A node that never answers holds up nobody who asks the other one', async () => {
  const options = { term: { n: 1 }, patienceMs: 5 };
  const sender = await openSender(['a'], { [OWNER]: never, [BACKUP]: approving }, options);
  await sender.courier.deliver();
  expect(await sender.rows()).toMatchObject([{ state: 'APPROVED' }]);
  await sender.close();
});
