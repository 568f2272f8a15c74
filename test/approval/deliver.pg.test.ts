import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RequestView } from '../../api/approval/approval.ts';
import { tokenHash } from '../../api/ledger/change.ts';
import { verifyProvisional } from '../../api/ledger/statements/provisional.ts';
import { signUnable, type UnableClaims } from '../../api/ledger/statements/unable.ts';
import { currentStates } from '../../api/store/books.ts';
import { digest } from '../ledger/statement-samples.ts';
import { ownCaller, partnerCaller } from '../support/approval.ts';
import {
  ASKER,
  BOOK,
  keys,
  LOT,
  MEMBER,
  openMember,
  OWNER,
  request,
  type TestMember,
} from './support/member.ts';

let at: TestMember;
beforeAll(async () => {
  at = await openMember();
});
beforeEach(() => {
  Object.assign(at, { part: 'HOLDER', mode: 'strict', isAble: true, notices: [], relayed: [] });
});
afterAll(() => at.close());

const asker = partnerCaller(ASKER);

async function version(): Promise<number> {
  const [lot] = await currentStates(at.owner.db.pool, BOOK, [LOT]);
  return lot?.version ?? 0;
}

/** A request for a note on the lot as it is now. */
async function noteOf(given: Parameters<typeof request>[0] = {}): Promise<string> {
  const changes = [{ record: LOT, type: 'LOT', base: await version(), fields: { note: `${Math.random()}` } }];
  return request({ changes, ...given });
}

function notice(token: string, changed: Partial<UnableClaims> = {}): Promise<string> {
  const iat = at.member.clock.now / 1000;
  const claims = {
    iss: ASKER,
    aud: MEMBER,
    book: BOOK,
    about: OWNER,
    n: 1,
    request: tokenHash(token),
    iat,
    jti: 'one',
  };
  return signUnable({ ...claims, ...changed }, keys[ASKER].signer);
}

async function deliver(token: string, unable?: string, caller = asker): Promise<RequestView> {
  const [view] = await at.member.approval.deliver(caller, [token], unable);
  if (!view) throw new Error('no answer');
  return view;
}

describe('The holder of the right', () => {
  test('decides a request that is for the owner, and the owner gives the same answer to it', async () => {
    const token = await noteOf();
    const view = await deliver(token);
    expect(view).toMatchObject({ state: 'APPROVED', requester: ASKER });
    expect((await at.owner.approval.deliver(asker, [token]))[0]).toEqual(view);
  });

  test('takes a request that the other member brings, and from nobody else', async () => {
    const token = await noteOf();
    const code = (view: RequestView) => view.error?.code ?? view.state;
    expect(code(await deliver(token, undefined, partnerCaller('rival.example')))).toBe('UNVERIFIED');
    expect(await deliver(token, undefined, partnerCaller(OWNER))).toMatchObject({
      state: 'APPROVED',
      requester: ASKER,
    });
  });

  test('refuses a key that was used for another content, whoever decided the first', async () => {
    const key = 'one-key';
    await at.owner.approval.deliver(asker, [await noteOf({ key })]);
    expect((await deliver(await noteOf({ key }))).error).toMatchObject({ code: 'KEY_REUSED' });
  });
});

describe('A member that hears the holder', () => {
  beforeEach(() => Object.assign(at, { part: 'HEARS_HOLDER' }));

  test('answers what is final, and sends everything else to the holder', async () => {
    const done = await noteOf();
    const [view] = await at.owner.approval.deliver(asker, [done]);
    expect(await deliver(done)).toEqual(view);
    expect((await deliver(await noteOf())).error).toMatchObject({ code: 'NOT_AUTHORITY' });
    expect(at.relayed).toEqual([]);
  });

  test('hands the requests of a caller on whom the holder does not answer, and gives its answers', async () => {
    at.relay = async (tokens) =>
      JSON.parse(JSON.stringify(await at.owner.approval.deliver(asker, tokens))) as unknown;
    const token = await noteOf();
    const view = await deliver(token, await notice(token));
    expect(view).toMatchObject({ state: 'APPROVED', requester: ASKER, book: BOOK });
    expect(at.relayed).toEqual([[token]]);
    expect(at.notices).toEqual([]);
    expect(await deliver(token)).toMatchObject({ id: view.id, state: 'APPROVED', decidedAt: view.decidedAt });
  });

  test.each<[string, () => Promise<unknown>]>([
    ['does not come', () => new Promise(() => undefined)],
    ['is none', () => Promise.resolve(null)],
    ['cannot be fetched', () => Promise.reject(new Error('away'))],
  ])('says that a request was passed on where the answer %s', async (_, relay) => {
    at.relay = relay;
    const token = await noteOf();
    const { error } = await deliver(token, await notice(token));
    expect(error).toMatchObject({ code: 'UNABLE', message: expect.stringContaining('passed on') });
  });

  test('hands nothing on that was handed on to it', async () => {
    const token = await noteOf();
    const unable = await signUnable(
      {
        iss: OWNER,
        aud: MEMBER,
        book: BOOK,
        about: 'x.example',
        n: 1,
        request: tokenHash(token),
        iat: at.member.clock.now / 1000,
        jti: '1',
      },
      keys[OWNER].signer,
    );
    expect((await deliver(token, unable, partnerCaller(OWNER))).error).toMatchObject({
      code: 'NOT_AUTHORITY',
    });
    expect(at.relayed).toEqual([]);
  });
});

describe('A member that does not hear the holder', () => {
  beforeEach(() => Object.assign(at, { part: 'SILENT' }));

  test('notes the notice once, and asks the requester to come again soon', async () => {
    const tokens = [await noteOf(), await noteOf()];
    const views = await at.member.approval.deliver(asker, tokens, await notice(tokens[1] as string));
    for (const { error } of views)
      expect(error).toMatchObject({ code: 'UNABLE', retryAfterMs: expect.any(Number) });
    expect(at.notices).toMatchObject([{ iss: ASKER, about: OWNER }]);
  });

  test.each<[string, Partial<UnableClaims>]>([
    ['of long ago', { iat: 1_700_000_000 }],
    ['for another member', { aud: OWNER, about: MEMBER }],
    ['about another request', { request: digest('another') }],
    ['of another book', { book: 'grower.example/other' }],
    ['in the name of another', { iss: OWNER }],
  ])('takes no notice %s', async (_, changed) => {
    const token = await noteOf();
    expect((await deliver(token, await notice(token, changed))).error).toMatchObject({
      code: 'NOT_AUTHORITY',
    });
    expect(at.notices).toEqual([]);
  });

  test('tells who has no part in the book nothing, and believes it nothing', async () => {
    const token = await noteOf({ iss: MEMBER });
    const unable = await notice(token);
    expect((await deliver(token, unable, partnerCaller(MEMBER))).error).toMatchObject({ code: 'NOT_FOUND' });
    expect(at.notices).toEqual([]);
  });
});

describe('In the mode `available`', () => {
  beforeEach(() => Object.assign(at, { mode: 'available', part: 'SILENT' }));

  test('a member that cannot decide says by what it has judged, and the holder decides it later', async () => {
    const token = await noteOf();
    const before = await version();
    const view = await deliver(token, await notice(token));
    expect(view).toMatchObject({ state: 'PROVISIONAL', decidedAt: null, outcome: [] });
    const expected = { keys: keys[MEMBER].keys, issuer: MEMBER, book: BOOK };
    expect(verifyProvisional(view.provisional ?? '', expected)).toMatchObject({
      ok: true,
      claims: { request: tokenHash(token), len: 1, head: digest('log') },
    });
    expect(await version()).toBe(before);
    expect(await deliver(token, await notice(token))).toMatchObject({ id: view.id, state: 'PROVISIONAL' });
    at.part = 'HOLDER';
    const decided = await at.member.approval.deliverOwn([token], null);
    expect(decided).toMatchObject([{ id: view.id, state: 'APPROVED', requester: ASKER, provisional: null }]);
    expect(await version()).toBe(before + 1);
  });

  test('a holder without a quorum answers so too', async () => {
    Object.assign(at, { part: 'HOLDER', isAble: false });
    const token = await noteOf();
    expect(await deliver(token)).toMatchObject({ state: 'PROVISIONAL' });
    at.mode = 'strict';
    expect((await deliver(await noteOf())).error).toMatchObject({ code: 'UNABLE' });
  });

  test('nothing is said of a request that would be refused', async () => {
    const changes = [{ record: LOT, type: 'LOT', base: 99, fields: { note: 'x' } }];
    for (const token of [
      await request({ changes }),
      await noteOf({
        changes: [{ record: LOT, type: 'LOT', base: await version(), fields: { quantity: '9' } }],
      }),
    ]) {
      const view = await deliver(token, await notice(token));
      expect(view).toMatchObject({ state: 'REFUSED', decidedAt: null, error: { code: 'UNABLE' } });
    }
  });
});

describe("The owner's own people, while the backup holds the right", () => {
  const owner = partnerCaller(OWNER);
  const quantity = async (changed: object = {}) => ({
    iss: OWNER,
    changes: [{ record: LOT, type: 'LOT', base: await version(), fields: { quantity: `${Math.random()}` } }],
    asker: { client: `${OWNER}/erp`, roles: ['EDITOR', 'VIEWER'], content: digest('content') },
    ...changed,
  });

  test('have the roles that their node says', async () => {
    const may = await deliver(await request(await quantity()), undefined, owner);
    expect(may).toMatchObject({ state: 'APPROVED', requester: `${OWNER}/erp` });
    const roles = { client: `${OWNER}/erp`, roles: ['VIEWER'], content: digest('content') };
    const mayNot = await deliver(await request(await quantity({ asker: roles })), undefined, owner);
    expect(mayNot.error).toMatchObject({ code: 'NOT_PERMITTED' });
  });

  test('set what they give without knowing the version', async () => {
    const changes = [{ record: LOT, type: 'LOT', base: null, fields: { quantity: '77', uom: 'KGM' } }];
    expect(await deliver(await request(await quantity({ changes })), undefined, owner)).toMatchObject({
      state: 'APPROVED',
    });
    expect((await deliver(await request({ changes }))).error).toMatchObject({ code: 'BAD_INPUT' });
  });

  test('are nobody else, and nobody else is one of them', async () => {
    const asOther = { client: ASKER, roles: ['EDITOR'], content: digest('content') };
    const view = await deliver(await request(await quantity({ asker: asOther })), undefined, owner);
    expect(view.error).toMatchObject({ code: 'UNVERIFIED' });
    const stolen = await deliver(await request(await quantity({ iss: ASKER })));
    expect(stolen).toMatchObject({ requester: ASKER, error: { code: 'NOT_PERMITTED' } });
  });

  test('have one effect for a key, whether they asked their own node or the backup', async () => {
    const editor = ownCaller(OWNER, 'EDITOR');
    const changes = [{ record: LOT, kind: 'LOT' as const, base: await version(), fields: { quantity: '3' } }];
    const update = { book: BOOK, key: 'once', changes };
    const [view] = await at.owner.approval.requestUpdates(editor, [update]);
    const { rows } = await at.owner.db.pool.query<{ contentHash: string }>(
      `SELECT "contentHash" FROM request WHERE key = 'once'`,
    );
    const asked = { client: editor.clientId, roles: ['EDITOR'], content: rows[0]?.contentHash ?? '' };
    const token = await request(await quantity({ key: 'once', asker: asked }));
    expect(await deliver(token, undefined, owner)).toMatchObject({ id: view?.id, state: 'APPROVED' });
  });
});

test("The backup's own people are partners of the book, also while it holds the right", async () => {
  const editor = ownCaller(MEMBER, 'EDITOR', 'ADMINISTRATOR');
  const changes = [{ record: LOT, kind: 'LOT' as const, base: await version(), fields: { note: 'ours' } }];
  const [view] = await at.member.approval.requestUpdates(editor, [{ book: BOOK, key: 'ours', changes }]);
  expect(view).toMatchObject({ state: 'QUEUED' });
  const { rows } = await at.member.db.pool.query<{ token: string }>(
    `SELECT token FROM request WHERE key = 'ours'`,
  );
  const answers = await at.member.approval.deliverOwn([rows[0]?.token ?? ''], null);
  expect(answers).toMatchObject([{ state: 'REFUSED', error: { code: 'NOT_FOUND' } }]);
});

test('What own people ask while the right is elsewhere waits under its key and id, and is decided once it is here', async () => {
  const own = await openMember(OWNER);
  own.part = 'SILENT';
  const editor = ownCaller(OWNER, 'EDITOR');
  const changes = [{ record: LOT, kind: 'LOT' as const, base: 1, fields: { quantity: '5' } }];
  const ask = async (key: string) =>
    (await own.member.approval.requestUpdates(editor, [{ book: BOOK, key, changes }]))[0];
  const view = await ask('later');
  expect(view).toMatchObject({ state: 'QUEUED' });
  own.part = 'HOLDER';
  const { rows } = await own.member.db.pool.query<{ token: string }>(
    `SELECT token FROM request WHERE key = 'later'`,
  );
  const answers = await own.member.approval.deliverOwn([rows[0]?.token ?? ''], null);
  expect(answers).toMatchObject([{ id: view?.id, state: 'APPROVED', requester: editor.clientId }]);
  expect(await ask('later')).toMatchObject({ id: view?.id, state: 'APPROVED', outcome: [{ version: 2 }] });
  own.isAble = false;
  expect(await ask('without a quorum')).toMatchObject({ state: 'QUEUED' });
  await own.close();
});

test('A node that has just begun, or of which another process looks after the book, lets partners come again', async () => {
  Object.assign(at, { part: 'ELSEWHERE' });
  const { state, error } = await deliver(await noteOf());
  expect({ state, code: error?.code }).toEqual({ state: 'REFUSED', code: 'IN_USE' });
});
