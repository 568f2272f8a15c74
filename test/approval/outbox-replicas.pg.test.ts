import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RequestView } from '../../api/approval/approval.ts';
import { ownCaller } from '../support/approval.ts';
import { grantToFields } from '../../api/sharing/grant.ts';
import { audience, grantTerms } from '../support/grant.ts';
import { appointment, eventually, openNetwork, type Network } from '../support/replicas.ts';

const P = 'grower.example';
const B = 'packer.example';
const W = 'witness.example';
const T = 'buyer.example';
const BOOK = `${P}/season`;
const admin = ownCaller(P, 'ADMINISTRATOR');

let network: Network;
beforeEach(async () => {
  network = await openNetwork([P, B, W, T]);
  const { approval, replication } = network.node(P);
  await approval.createBook(admin, { name: 'season', title: 'Season' });
  const terms = grantTerms({ right: 'CHANGE', audience: audience(T) });
  await approval.changeGrant(admin, { book: BOOK, id: 'urn:lotbook:grant:t', terms, base: 0 });
  await replication.appoint(appointment(BOOK, B, W));
  await eventually(async () => (await replication.view(BOOK))?.insync.length === 2);
  await copyStatements();
});
afterEach(async () => {
  await network.node(T).outbox.stop();
  await network.close();
});

/** What the feed of the book brings to a partner: that it is there, and who may approve. */
async function copyStatements(): Promise<void> {
  const { db } = network.node(T);
  await db.pool.query(`INSERT INTO book (id, title, owner, authority) VALUES ($1, 'Season', $2, $2)`, [
    BOOK,
    P,
  ]);
  const { rows } = await network
    .node(P)
    .db.pool.query<object>('SELECT * FROM statement WHERE book = $1', [BOOK]);
  for (const row of rows)
    await db.pool.query('INSERT INTO statement VALUES ($1, $2, $3, $4, $5)', Object.values(row));
}

let lots = 0;
async function ask(): Promise<RequestView> {
  const record = `https://id.gs1.org/01/09521141012345/10/L${(lots += 1)}`;
  const changes = [{ record, kind: 'LOT' as const, base: 0, content: { quantity: '12.50', uom: 'KGM' } }];
  const buyer = ownCaller(T, 'EDITOR');
  const [view] = await network.node(T).approval.requestUpdates(buyer, [{ book: BOOK, key: record, changes }]);
  if (!view) throw new Error('no answer');
  return view;
}

const isApproved =
  ({ id }: RequestView) =>
  async () =>
    (await network.node(T).approval.request(ownCaller(T, 'EDITOR'), id ?? ''))?.state === 'APPROVED';

test('A partner whose request finds the primary dead makes the backup take over, and is answered once by it', async () => {
  const { outbox, db } = network.node(T);
  outbox.start();
  await eventually(isApproved(await ask()));
  network.node(P).cut();
  const views = [await ask(), await ask(), await ask()];
  for (const view of views) await eventually(isApproved(view));
  expect(await network.node(B).replication.view(BOOK)).toMatchObject({ holder: B });
  const { rows } = await network
    .node(B)
    .db.pool.query(`SELECT 1 FROM entry WHERE book = $1 AND kind = 'LOT'`, [BOOK]);
  expect(rows).toHaveLength(4);
  await eventually(async () => {
    const terms = await db.pool.query(`SELECT 1 FROM statement WHERE kind = 'TERM' AND nr > 2`);
    return terms.rows.length > 0;
  });
});

test('A rule is changed by the owner at its own node while the backup holds the right', async () => {
  const [p, b] = [network.node(P), network.node(B)];
  await p.replication.handOver(BOOK);
  p.outbox.start();
  const rule = (await p.grants.of(BOOK)).find(({ id }) => id === 'urn:lotbook:grant:t');
  if (!rule) throw new Error('no rule');
  const { id, version, since: _, ...terms } = rule;
  const ended = { ...terms, until: Date.now() };
  await expect(
    p.approval.changeGrant(ownCaller(P, 'EDITOR'), { book: BOOK, id, terms: ended, base: version }),
  ).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
  const view = await p.approval.changeGrant(admin, { book: BOOK, id, terms: ended, base: version });
  expect(view).toMatchObject({ state: 'APPROVED', outcome: [{ record: id, version: 2 }] });
  for (const node of [p, b])
    expect(await node.grants.of(BOOK)).toContainEqual({ ...rule, version: 2, until: ended.until });
  expect((await p.replication.view(BOOK))?.holder).toBe(B);
  await p.outbox.stop();
});

test('A rule is changed for nobody but the owner’s administrators, whoever signs', async () => {
  const p = network.node(P);
  await p.replication.handOver(BOOK);
  const fields = grantToFields(grantTerms({ right: 'READ', audience: audience('thief.example') }));
  const change = { record: 'urn:lotbook:grant:theirs', type: 'GRANT', base: 0, fields };
  const asker = { client: `${P}/erp`, roles: ['EDITOR'], content: 'A'.repeat(43) };
  expect((await network.sign(P, B, { book: BOOK, changes: [change], asker })).error).toMatchObject({
    code: 'NOT_PERMITTED',
  });
  expect((await network.sign(T, B, { book: BOOK, changes: [change] })).error).toMatchObject({
    code: 'BAD_INPUT',
  });
  const admins = { ...asker, roles: ['ADMINISTRATOR'] };
  for (const wrong of [{ ...fields, right: 'ALL' }, { ...fields, lot: 'L1' }, { right: 'READ' }]) {
    const changes = [{ ...change, fields: wrong }];
    expect((await network.sign(P, B, { book: BOOK, changes, asker: admins })).error).toMatchObject({
      code: 'BAD_INPUT',
    });
  }
});

test('Who asks again at a primary that was set back is given the answer of before, under its id', async () => {
  const p = network.node(P);
  const editor = ownCaller(P, 'EDITOR');
  const record = 'https://id.gs1.org/01/09521141012345/10/KEPT';
  const changes = [{ record, kind: 'LOT' as const, base: 0, content: { quantity: '1', uom: 'KGM' } }];
  const again = () => p.approval.requestUpdates(editor, [{ book: BOOK, key: 'kept', changes }]);
  const [first] = await again();
  expect(first?.state).toBe('APPROVED');
  await p.replication.handOver(BOOK);
  await p.db.pool.query(`DELETE FROM request WHERE key = 'kept'`);
  p.outbox.start();
  expect((await again())[0]?.id).toBe(first?.id);
  await eventually(async () => {
    const now = await p.approval.request(editor, first?.id ?? '');
    return now?.state === 'APPROVED' && JSON.stringify(now.outcome) === JSON.stringify(first?.outcome);
  });
  await p.outbox.stop();
});

test('What the owner’s own people ask while the backup holds the right is decided there, under their own name', async () => {
  const [p, b] = [network.node(P), network.node(B)];
  await p.replication.handOver(BOOK);
  p.outbox.start();
  const editor = ownCaller(P, 'EDITOR');
  const changes = [
    {
      record: 'https://id.gs1.org/01/09521141012345/10/OWN',
      kind: 'LOT' as const,
      base: 0,
      content: { quantity: '1', uom: 'KGM' },
    },
  ];
  const [view] = await p.approval.requestUpdates(editor, [{ book: BOOK, key: 'own', changes }]);
  expect(view?.state).toMatch(/QUEUED|APPROVED/);
  await eventually(async () => (await p.approval.request(editor, view?.id ?? ''))?.state === 'APPROVED');
  const { rows } = await b.db.pool.query(`SELECT requester, state FROM request WHERE key = 'own'`);
  expect(rows).toEqual([{ requester: editor.clientId, state: 'APPROVED' }]);
  await p.outbox.stop();
});
