import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordChange, UpdateInput } from '../../api/approval/approval.ts';
import { signRequest } from '../../api/identity/request-token.ts';
import { localSigner } from '../../api/identity/signer.ts';
import { verificationKey } from '../../api/identity/jwk.ts';
import { disclose } from '../../api/ledger/disclose.ts';
import { verifyChange } from '../../api/ledger/verify-change.ts';
import type { GrantTerms } from '../../api/sharing/grant.ts';
import { openAuthority, ownCaller, partnerCaller, type TestAuthority } from '../support/approval.ts';
import { audience, grantTerms } from '../support/grant.ts';
import { generateKey } from '../support/key.ts';

const LOT = 'https://id.gs1.org/01/09521141012345/10/L1';
const BOOK = 'grower.example/season';
const admin = ownCaller('grower.example', 'ADMINISTRATOR');
const editor = ownCaller('grower.example', 'EDITOR');
const approver = ownCaller('grower.example', 'APPROVER');
const partner = partnerCaller('packer.example');
const partnerKey = generateKey();

let authority: TestAuthority;
let lots = 0;

beforeAll(async () => {
  const key = verificationKey(partnerKey);
  authority = await openAuthority('grower.example', {
    partners: new Map([['packer.example', new Map([[key.kid, key]])]]),
  });
  await authority.approval.createBook(admin, { name: 'season', title: 'Season 2026' });
});
afterAll(() => authority?.close());

function newLot(): string {
  lots += 1;
  return `https://id.gs1.org/01/09521141012345/10/L${lots}`;
}

function update(changes: RecordChange[], key: string = randomUUID()): UpdateInput {
  return { book: BOOK, key, changes };
}

function create(
  record: string,
  fields: Record<string, string> = { quantity: '12.50', uom: 'KGM' },
): RecordChange {
  return { record, kind: 'LOT', base: 0, content: fields };
}

function captured(more: object): RecordChange {
  const content = {
    type: 'ObjectEvent',
    eventTime: '2026-07-01T08:00:00Z',
    eventTimeZoneOffset: '+02:00',
    action: 'OBSERVE',
    epcList: ['https://id.gs1.org/01/09521141012345/21/17'],
    bizStep: 'shipping',
    ...more,
  };
  return { kind: 'EVENT', base: null, content };
}

async function ask(input: UpdateInput, caller = editor) {
  const [view] = await authority.approval.requestUpdates(caller, [input]);
  if (!view) throw new Error('no answer');
  return view;
}

async function length(): Promise<number> {
  const { rows } = await authority.db.pool.query('SELECT length FROM book WHERE id = $1', [BOOK]);
  return rows[0].length as number;
}

function terms(part: Partial<GrantTerms>): GrantTerms {
  return grantTerms({ audience: audience('packer.example'), fields: ['quantity'], ...part });
}

describe('an approved update', () => {
  test('is sealed, chained to the version before it, and verifies with the disclosures of its fields', async () => {
    const lot = newLot();
    const first = await ask(update([create(lot)]));
    expect(first).toMatchObject({ state: 'APPROVED', outcome: [{ record: lot, version: 1 }], error: null });
    const second = await ask(
      update([{ record: lot, kind: 'LOT', base: 1, fields: { quantity: '7', variety: 'Little Gem' } }]),
    );
    expect(second).toMatchObject({ state: 'APPROVED', outcome: [{ record: lot, version: 2 }] });

    const { rows } = await authority.db.pool.query(
      'SELECT e.token, e.state, r.key FROM entry e JOIN record r ON r.book = e.book AND r.id = e.record WHERE e.record = $1 ORDER BY e.version',
      [lot],
    );
    const [one, two] = rows;
    const options = { keys: authority.keys, expect: { issuer: 'grower.example', book: BOOK } };
    const opened = disclose({ token: two.token, recordKey: two.key, state: JSON.parse(two.state) }, [
      'quantity',
      'uom',
    ]);
    const before = verifyChange({ ...options, token: one.token, disclosures: [] });
    if (!before.ok) throw new Error(before.code);
    const verified = verifyChange({
      ...options,
      token: two.token,
      disclosures: opened.disclosures,
      previous: { ver: 1, hash: before.change.hash },
    });
    expect(verified).toMatchObject({
      ok: true,
      change: { record: lot, ver: 2, fields: { quantity: '7', uom: 'KGM' }, txn: second.id },
    });
  });

  test('is answered in the same way when it is asked for again, and does nothing more', async () => {
    const input = update([create(newLot())]);
    const first = await ask(input);
    const before = await length();
    const again = await Promise.all([ask(input), ask(input), ask(input)]);
    expect(again.map(({ id, outcome }) => ({ id, outcome }))).toEqual(
      again.map(() => ({ id: first.id, outcome: first.outcome })),
    );
    expect(await length()).toBe(before);
  });

  test('of an event that is captured twice is there once', async () => {
    const event = captured({});
    const first = await ask(update([event]));
    const second = await ask(update([event]));
    expect(first.state).toBe('APPROVED');
    expect(second).toMatchObject({ error: null });
    expect(second.outcome).toEqual(first.outcome);
    const stamped = {
      ...event,
      content: { ...(event.content as object), recordTime: '2026-07-02T00:00:00Z' },
    };
    expect((await ask(update([stamped]))).outcome).toEqual(first.outcome);
  });

  test('of different events with one eventID keeps all of them, the later ones under their event hash', async () => {
    const eventID = `urn:uuid:${randomUUID()}`;
    const events = ['packing', 'shipping', 'receiving'].map((bizStep) => captured({ eventID, bizStep }));
    const { outcome } = await ask(update(events));
    expect(outcome.map(({ record }) => record.replace(/;.*/, ''))).toEqual([
      eventID,
      'ni:///sha-256',
      'ni:///sha-256',
    ]);
    expect((await ask(update(events.toReversed()))).outcome).toEqual(outcome.toReversed());
    const declaration = { declarationTime: '2026-07-03T00:00:00Z', reason: 'incorrect_data' };
    const declared = await ask(
      update([captured({ eventID, bizStep: 'shipping', errorDeclaration: declaration })]),
    );
    expect(declared.outcome).toEqual([{ record: outcome[1]?.record, version: 2, seq: expect.any(Number) }]);
  });

  test('of an event that was corrected since is known when it is captured again', async () => {
    const event = captured({ eventID: `urn:uuid:${randomUUID()}` });
    const { outcome } = await ask(update([event]));
    const record = outcome[0]?.record ?? '';
    await ask(update([{ record, kind: 'EVENT', base: 1, fields: { disposition: 'in_transit' } }]));
    const before = await length();
    expect((await ask(update([event]))).outcome).toEqual([{ record, version: 2, seq: before }]);
    expect(await length()).toBe(before);
  });

  test('of an event beside its own error declaration is there once, declared wrong', async () => {
    const eventID = `urn:uuid:${randomUUID()}`;
    const errorDeclaration = { declarationTime: '2026-07-03T00:00:00Z', reason: 'did_not_occur' };
    const view = await ask(update([captured({ eventID }), captured({ eventID, errorDeclaration })]));
    expect(view.outcome).toEqual([{ record: eventID, version: 1, seq: expect.any(Number) }]);
    const { rows } = await authority.db.pool.query('SELECT state FROM entry WHERE record = $1', [eventID]);
    expect(JSON.parse(rows[0].state)['errorDeclaration.reason']).toBe('did_not_occur');
  });

  test('of one record by many at once is won by exactly one for each version', async () => {
    const lot = newLot();
    await ask(update([create(lot)]));
    const views = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        ask(update([{ record: lot, kind: 'LOT', base: 1, fields: { quantity: `${n + 1}` } }])),
      ),
    );
    expect(views.filter(({ state }) => state === 'APPROVED')).toHaveLength(1);
    expect(
      views.filter(({ error }) => error?.code === 'STALE_BASE' && error.currentVersion === 2),
    ).toHaveLength(19);
  });
});

describe('an update is refused, and nothing is written,', () => {
  const bad: [string, () => UpdateInput, string, string | undefined][] = [
    [
      'with a stale base',
      () => update([{ record: newLot(), kind: 'LOT', base: 3, fields: { quantity: '1' } }]),
      'STALE_BASE',
      undefined,
    ],
    [
      'with an unknown field',
      () => update([create(newLot(), { quantty: '1' })]),
      'BAD_INPUT',
      'updates[0].changes[0].quantty',
    ],
    [
      'with a wrong check digit',
      () => update([create('https://id.gs1.org/01/09521141012346/10/X')]),
      'BAD_INPUT',
      'updates[0].changes[0].id',
    ],
    [
      'with a wrong check digit of a place',
      () =>
        update([
          {
            record: 'https://id.gs1.org/414/9521141000008',
            kind: 'LOCATION',
            base: 0,
            content: { name: 'Shed' },
          },
        ]),
      'BAD_INPUT',
      'updates[0].changes[0].id',
    ],
    [
      'with a NUL in a value',
      () => update([create(newLot(), { variety: 'a\0b' })]),
      'BAD_INPUT',
      'updates[0].changes[0].variety',
    ],
    [
      'that changes one record twice',
      () => {
        const lot = newLot();
        return update([create(lot), create(lot)]);
      },
      'BAD_INPUT',
      'updates[0].changes[1]',
    ],
    ['without changes', () => update([]), 'BAD_INPUT', 'updates[0].changes'],
    [
      'of a book that is not here',
      () => ({ ...update([create(newLot())]), book: 'nobody.example/x' }),
      'NOT_FOUND',
      'updates[0].book',
    ],
    [
      'with a field name that is none',
      () => update([{ record: newLot(), kind: 'LOT', base: 0, fields: { 'a..b': '1' } }]),
      'BAD_INPUT',
      undefined,
    ],
    [
      'that would change a sharing rule',
      () => update([{ record: 'urn:lotbook:grant:x', kind: 'GRANT', base: 0, fields: {} }]),
      'BAD_INPUT',
      'updates[0].changes[0].kind',
    ],
  ];
  test.each(bad)('%s', async (_what, input, code, place) => {
    const before = await length();
    const view = await ask(input());
    expect(view).toMatchObject({ state: 'REFUSED', error: { code, ...(place ? { place } : {}) } });
    expect(await length()).toBe(before);
  });

  test('when one of its changes is wrong', async () => {
    const good = newLot();
    const view = await ask(
      update([create(good), { record: newLot(), kind: 'LOT', base: 1, fields: { quantity: '1' } }]),
    );
    expect(view).toMatchObject({ state: 'REFUSED', error: { code: 'STALE_BASE', place: 'changes[1]' } });
    const { rowCount } = await authority.db.pool.query('SELECT 1 FROM record WHERE id = $1', [good]);
    expect(rowCount).toBe(0);
  });

  test('when its key was used for another content', async () => {
    const lot = newLot();
    await ask(update([create(lot)], 'one-key'));
    const view = await ask(update([create(newLot())], 'one-key'));
    expect(view).toMatchObject({ state: 'REFUSED', error: { code: 'KEY_REUSED' } });
  });

  test('when the caller has no role that a rule names', async () => {
    const view = await ask(update([create(newLot())]), ownCaller('grower.example', 'VIEWER'));
    expect(view).toMatchObject({ state: 'REFUSED', error: { code: 'NOT_PERMITTED' } });
  });
});

describe('a partner', () => {
  const tokenFor = (
    changes: { record: string; base: number; fields: Record<string, string> }[],
    key = randomUUID(),
  ) =>
    signRequest(
      {
        iss: 'packer.example',
        aud: 'grower.example',
        book: BOOK,
        jti: randomUUID(),
        iat: 1,
        key,
        changes: changes.map((change) => ({ type: 'LOT', ...change })),
      },
      localSigner(partnerKey),
    );
  const deliver = async (token: string, caller = partner) =>
    (await authority.approval.deliver(caller, [token]))[0];

  test('without any grant is not even told that the book is there', async () => {
    const view = await deliver(await tokenFor([{ record: LOT, base: 1, fields: { quantity: '1' } }]));
    expect(view).toMatchObject({ id: null, state: 'REFUSED', error: { code: 'NOT_FOUND' } });
  });

  test('with the right to propose waits for a person, who is not the requester', async () => {
    const lot = newLot();
    await ask(update([create(lot)]));
    await authority.approval.changeGrant(admin, {
      book: BOOK,
      id: 'urn:lotbook:grant:propose',
      terms: terms({ right: 'REQUEST', selector: { ...terms({}).selector, lots: [lot] } }),
      base: 0,
    });
    const key = randomUUID();
    const token = await tokenFor([{ record: lot, base: 1, fields: { quantity: '11' } }], key);
    const view = await deliver(token);
    expect(view?.state).toBe('PENDING');
    expect(await deliver(token)).toMatchObject({ id: view?.id, state: 'PENDING' });
    const { items } = await authority.approval.pending(BOOK, 10, null);
    expect(items.map(({ id }) => id)).toEqual([view?.id]);
    const decided = await authority.approval.approve(approver, view?.id ?? '', 'checked by phone');
    expect(decided).toMatchObject({
      state: 'APPROVED',
      decidedBy: approver.clientId,
      outcome: [{ record: lot, version: 2 }],
    });
    expect(await deliver(token)).toMatchObject({ id: view?.id, state: 'APPROVED' });
    await expect(authority.approval.approve(approver, view?.id ?? '', null)).rejects.toMatchObject({
      code: 'ALREADY_DECIDED',
    });
    expect(await authority.approval.request(partner, view?.id ?? '')).toMatchObject({
      state: 'APPROVED',
      decidedBy: 'grower.example',
    });
    expect(await authority.approval.request(partnerCaller('other.example'), view?.id ?? '')).toBeNull();

    const other = newLot();
    await ask(update([create(other)]));
    expect(
      await deliver(await tokenFor([{ record: other, base: 1, fields: { quantity: '1' } }])),
    ).toMatchObject({
      state: 'REFUSED',
      error: { code: 'NOT_PERMITTED' },
    });
    expect(await deliver(await tokenFor([{ record: lot, base: 2, fields: { variety: 'x' } }]))).toMatchObject(
      {
        state: 'REFUSED',
        error: { code: 'NOT_PERMITTED', place: 'changes[0].fields.variety' },
      },
    );
  });

  test('learns nothing from a change that would make a record fall under its rule', async () => {
    const mine = newLot();
    const hidden = newLot();
    await ask(update([create(hidden)]));
    await authority.approval.changeGrant(admin, {
      book: BOOK,
      id: 'urn:lotbook:grant:own-lot',
      terms: terms({ right: 'CHANGE', fields: ['*'], selector: { ...terms({}).selector, lots: [mine] } }),
      base: 0,
    });
    const forged = await deliver(await tokenFor([{ record: hidden, base: 1, fields: { product: mine } }]));
    expect(forged).toMatchObject({ state: 'REFUSED', error: { code: 'NOT_PERMITTED' } });
  });

  test('cannot speak for another organisation, nor with a token for another authority', async () => {
    const token = await tokenFor([{ record: LOT, base: 1, fields: { quantity: '1' } }]);
    expect(await deliver(token, partnerCaller('other.example'))).toMatchObject({
      error: { code: 'UNVERIFIED' },
    });
    expect(await deliver(`${token.slice(0, -4)}AAAA`)).toMatchObject({ error: { code: 'UNVERIFIED' } });
  });
});

describe('two processes of one node', () => {
  test('number one book together: no gap, no repeat, no lost update', async () => {
    const other = await openAuthority('grower.example', { url: urlOf(authority) });
    const lot = newLot();
    await ask(update([create(lot, { quantity: '0' })]));
    const work = [authority, other].flatMap((process) =>
      Array.from({ length: 40 }, () =>
        process.approval.requestUpdates(editor, [update([create(newLot())])]).then(([view]) => view),
      ),
    );
    const views = await Promise.all(work);
    expect(views.every((view) => view?.state === 'APPROVED')).toBe(true);
    const { rows } = await authority.db.pool.query('SELECT seq FROM entry WHERE book = $1 ORDER BY seq', [
      BOOK,
    ]);
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_row, index) => index + 1));
    expect(await length()).toBe(rows.length);
    await other.close();
  });
});

test('A queue that is full tells callers when to come back, and takes up work again', async () => {
  const small = await openAuthority('grower.example', { url: urlOf(authority), maxQueue: 3 });
  const views = await Promise.all(
    Array.from({ length: 30 }, () =>
      small.approval
        .requestUpdates(editor, [update([create(newLot()), create(newLot())])])
        .then(([view]) => view),
    ),
  );
  const busy = views.filter((view) => view?.error?.code === 'TOO_BUSY');
  expect(busy.length).toBeGreaterThan(0);
  expect(busy.every((view) => (view?.error?.retryAfterMs ?? 0) > 0)).toBe(true);
  expect(small.approval.sequencer.waiting()).toBe(0);
  expect(await ask(update([create(newLot())]))).toMatchObject({ state: 'APPROVED' });
  await small.close();
});

function urlOf({ db }: TestAuthority): string {
  return (db.pool.options as { connectionString: string }).connectionString;
}

test('Rules give no more fields by name than a change can commit to beside its own', async () => {
  const names = (from: number) => Array.from({ length: 600 }, (_, at) => `ext${from + at}`);
  const add = (name: string, part: Partial<GrantTerms>) =>
    authority.approval.changeGrant(admin, {
      book: BOOK,
      id: `urn:lotbook:grant:${name}`,
      terms: terms(part),
      base: 0,
    });
  await add('many', { fields: names(0) });
  await add('the-same', { fields: names(0) });
  await expect(add('others', { fields: names(600) })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    details: { place: 'input.fields' },
  });
  await add('all', { fields: ['*'] });
});
