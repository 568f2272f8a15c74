import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RequestView } from '../../api/approval/approval.ts';
import { signRequest, type RequestedChange } from '../../api/identity/request-token.ts';
import { localSigner } from '../../api/identity/signer.ts';
import { verificationKey } from '../../api/identity/jwk.ts';
import type { PoolClient } from '../../api/store/database.ts';
import { openAuthority, ownCaller, partnerCaller, type TestAuthority } from '../support/approval.ts';
import { generateKey } from '../support/key.ts';
import { terms } from '../delivery/support/log.ts';

const OWNER = 'grower.example';
const BOOK = 'grower.example/season';
const HIDDEN = 'https://grower.example/lots/hidden';
const admin = ownCaller(OWNER, 'ADMINISTRATOR');
const packer = partnerCaller('packer.example');
const packerKey = generateKey();

let authority: TestAuthority;

beforeAll(async () => {
  const key = verificationKey(packerKey);
  authority = await openAuthority(OWNER, {
    partners: new Map([['packer.example', new Map([[key.kid, key]])]]),
  });
  const { approval, db } = authority;
  await approval.createBook(admin, { name: 'season', title: 'Season' });
  await approval.changeGrant(admin, {
    book: BOOK,
    id: 'urn:lotbook:grant:packer',
    base: 0,
    terms: terms({
      audience: { organisations: ['packer.example'], groups: [], roles: [], public: false },
      fields: ['note'],
    }),
  });
  const changes = [{ kind: 'LOT' as const, record: HIDDEN, base: 0, content: { quantity: '1', uom: 'KGM' } }];
  await approval.requestUpdates(admin, [{ book: BOOK, key: 'seed', changes }]);
  await db.pool.query(
    `INSERT INTO book (id, title, owner, authority) VALUES ('rival.example/orders', 'Orders', 'rival.example', 'rival.example')`,
  );
});
afterAll(() => authority.close());

async function deliver(change: Partial<RequestedChange>, book = BOOK): Promise<RequestView> {
  const claims = {
    iss: 'packer.example',
    aud: OWNER,
    book,
    jti: randomUUID(),
    iat: 1_782_900_000,
    key: randomUUID(),
    changes: [{ record: HIDDEN, type: 'LOT', base: 1, fields: {}, ...change }],
  };
  const token = await signRequest(claims, localSigner(packerKey));
  const [view] = await authority.approval.deliver(packer, [token]);
  if (!view) throw new Error('no answer');
  return view;
}

function answerOf({ state, error, outcome }: RequestView) {
  return { state, error, outcome };
}

describe('A partner that may change nothing', () => {
  test('cannot add a record by leaving out all of its fields', async () => {
    const view = await deliver({ record: 'https://packer.example/parties/1', type: 'PARTY', base: 0 });
    expect(answerOf(view)).toMatchObject({ state: 'REFUSED', error: { code: 'NOT_PERMITTED' } });
  });

  test.each([[{}], [{ base: 7 }], [{ type: 'NOTE' }], [{ fields: { note: 'x' } }]])(
    'is told the same of a hidden record as of none: %j',
    async (change) => {
      const hidden = await deliver(change);
      const none = await deliver({ ...change, record: 'https://grower.example/lots/none' });
      expect(answerOf(hidden)).toEqual(answerOf(none));
      expect(hidden.error?.code).toBe('NOT_PERMITTED');
    },
  );

  test.each([
    ['book', () => deliver({}, 'grower.example/\0')],
    ['changes[0].record', () => deliver({ record: 'urn:x:\0' })],
  ])('is refused for a text that the database cannot hold: %s', async (place, ask) => {
    expect((await ask()).error).toMatchObject({ code: 'BAD_INPUT', place: `tokens[0].${place}` });
  });

  test('is told the same of a hidden grant as of none', async () => {
    const change = { type: 'NOTE', fields: { text: 'x' } };
    const hidden = await deliver({ ...change, record: 'urn:lotbook:grant:editors' });
    const none = await deliver({ ...change, record: 'urn:lotbook:grant:nothing' });
    expect(answerOf(hidden)).toEqual(answerOf(none));
  });

  test('is not told which books of others this node holds copies of', async () => {
    const copied = await deliver({}, 'rival.example/orders');
    const none = await deliver({}, 'rival.example/nothing');
    expect(answerOf(copied)).toEqual(answerOf(none));
  });
});

test('A partner that may change a field is told nothing of others by what is then wrong with the record', async () => {
  const { approval } = authority;
  const event = {
    type: 'ObjectEvent',
    eventTime: '2026-07-01T08:00:00Z',
    eventTimeZoneOffset: '+02:00',
    eventID: 'urn:uuid:6e0b4c1a-0f6c-4b64-9a7e-1d1a6c0f9d77',
    action: 'ADD',
    epcList: ['https://id.gs1.org/01/09521141012345/21/17'],
    ilmd: { 'https://ns.grower.example/recipe': 'secret' },
  };
  const changes = [{ kind: 'EVENT' as const, base: 0, content: event }];
  const [seeded] = await approval.requestUpdates(admin, [{ book: BOOK, key: 'recipe', changes }]);
  expect(seeded?.state).toBe('APPROVED');
  await approval.changeGrant(admin, {
    book: BOOK,
    id: 'urn:lotbook:grant:action',
    base: 0,
    terms: terms({
      right: 'CHANGE',
      audience: { organisations: ['packer.example'], groups: [], roles: [], public: false },
      selector: { kinds: ['EVENT'], products: [], lots: [], records: [], from: null, until: null },
      fields: ['action'],
    }),
  });
  const ask = (action: string) => deliver({ record: event.eventID, type: 'EVENT', fields: { action } });
  const hidden = await ask('OBSERVE');
  expect(hidden.error).toMatchObject({ code: 'BAD_INPUT', place: 'changes[0].fields' });
  expect(JSON.stringify(hidden)).not.toContain('ilmd');
  const own = await ask('EAT');
  expect(own.error?.message).toBe('give one of ADD, OBSERVE, DELETE');
});

test('An update whose COMMIT took effect, though its answer was lost, is answered as approved', async () => {
  const { approval, db } = authority;
  const connect = db.pool.connect.bind(db.pool) as () => Promise<PoolClient>;
  let lost = 0;
  const spy = vi.spyOn(db.pool, 'connect').mockImplementation((async (...given: unknown[]) => {
    if (given.length > 0) return (connect as (...all: unknown[]) => unknown)(...given);
    const client = await connect();
    const query = client.query.bind(client) as (...all: unknown[]) => Promise<unknown>;
    client.query = (async (...all: unknown[]) => {
      const result = await query(...all);
      if (all[0] !== 'COMMIT' || lost > 0) return result;
      lost += 1;
      throw new Error('the connection broke');
    }) as never;
    return client;
  }) as never);
  const changes = [
    { kind: 'LOT' as const, record: 'https://grower.example/lots/lost', base: 0, content: {} },
  ];
  const [view] = await approval.requestUpdates(admin, [{ book: BOOK, key: 'lost', changes }]);
  spy.mockRestore();
  expect(lost).toBe(1);
  expect(view).toMatchObject({ state: 'APPROVED', outcome: [{ version: 1 }], error: null });
});

test('A record that is too large for a feed is refused, its neighbours are not', async () => {
  const note = (text: string) => ({
    book: BOOK,
    key: randomUUID(),
    changes: [{ kind: 'NOTE' as const, base: 0, content: { about: [HIDDEN], text } }],
  });
  const views = await authority.approval.requestUpdates(admin, [note('x'.repeat(1_000_000)), note('x')]);
  expect(views.map(({ error }) => error?.code ?? null)).toEqual(['TOO_LARGE', null]);
});

test('Rules that change while updates come in are those that are kept, and those that decide after them', async () => {
  const { approval, grants, clock } = authority;
  const given = {
    audience: { organisations: [], groups: [], roles: ['EDITOR'], public: false },
    fields: ['*'],
  };
  const editor = ownCaller(OWNER, 'EDITOR');
  for (let round = 0; round < 5; round += 1) {
    const book = `${OWNER}/book-${round}`;
    await approval.createBook(admin, { name: `book-${round}`, title: 'Book' });
    const id = 'urn:lotbook:grant:editors';
    const until = clock.now;
    const end = { book, id, base: 1, terms: { ...terms(given), right: 'CHANGE' as const, until } };
    const ending = approval.changeGrant(admin, end);
    const asked: Promise<RequestView[]>[] = [];
    for (let at = 0; at < 12; at += 1) {
      // As many as are planned while the rule is being committed.
      const changes = Array.from({ length: at < 5 ? 1 : 70 }, (_, nr) => ({
        kind: 'LOT' as const,
        record: `https://grower.example/lots/${at}-${nr}`,
        base: 0,
        content: {},
      }));
      asked.push(approval.requestUpdates(editor, [{ book, key: `${at}`, changes }]));
      await new Promise(setImmediate);
    }
    await ending;
    const ended = (await grants.of(book)).find((grant) => grant.id === id);
    expect(ended?.until).toBe(until);
    const { rows } = await authority.db.pool.query(
      `SELECT (SELECT seq FROM entry WHERE book = $1 AND record = $2 AND version = 2) AS ended,
              (SELECT max(seq) FROM entry WHERE book = $1 AND kind <> 'GRANT') AS last`,
      [book, id],
    );
    await Promise.all(asked);
    expect(rows[0].last ?? 0).toBeLessThan(rows[0].ended as number);
  }
});
