import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyBatch } from '../../api/delivery/apply.ts';
import type { ReceivedItem } from '../../api/delivery/copies.ts';
import { tokenHash } from '../../api/ledger/change.ts';
import { openDatabase, type Database } from '../../api/store/database.ts';
import { keepCopy, readCursor } from '../../api/store/feeds.ts';
import { openGrants } from '../../api/store/grants.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';
import { memberOf, TestMandates } from './support/authority.ts';
import { AUTHORITY, BOOK, keys, Log, ownerJwk, PARTNER } from './support/log.ts';

let fresh: FreshDatabase;
let db: Database;

beforeAll(async () => {
  fresh = await freshDatabase();
  db = openDatabase({ url: fresh.url, poolSize: 2, applicationName: 'test' });
  const createdAt = new Date();
  await keepCopy(db.pool, { id: BOOK, title: 'Main', owner: AUTHORITY, createdAt }, createdAt);
});
afterAll(async () => {
  await db.close();
  await fresh.drop();
});

/** What a feed brings that was opened when the book had last begun anew by mandate `anew`. */
function receive(items: readonly ReceivedItem[], anew: number) {
  const source = { book: BOOK, owner: AUTHORITY, from: AUTHORITY, keys, self: PARTNER.organisation, anew };
  return applyBatch(db.pool, source, openGrants(db.pool), { items, cursor: 'here' }, new Date());
}

/** Two records, of which the first has a second version: two logs of it are the same up to there. */
async function logWith(second: string): Promise<ReceivedItem[]> {
  const log = new Log();
  const changes = [
    await log.change('NOTE', 'urn:x:1', { text: 'a' }),
    await log.change('NOTE', 'urn:x:2', { text: 'a' }),
    await log.change('NOTE', 'urn:x:1', { text: second }),
  ];
  return changes.map(({ entry }) => ({ kind: 'CHANGE', token: entry.token, disclosures: [], grants: [] }));
}

async function column(sql: string): Promise<unknown[]> {
  const { rows } = await db.pool.query<{ value: unknown }>(sql);
  return rows.map(({ value }) => value);
}

test('a copy gives up what the owner has accepted to be lost, and takes what the book holds in its place', async () => {
  const before = await logWith('lost');
  const after = await logWith('instead');
  expect(await receive(before, 0)).toMatchObject({ applied: 3, quarantined: [] });

  const acceptLoss = { len: 2, nodes: [tokenHash('the first two')] };
  const token = await new TestMandates(BOOK, memberOf(AUTHORITY, ownerJwk)).mandate({ acceptLoss });
  expect(await receive([{ kind: 'MANDATE', token, disclosures: [], grants: [] }], 0)).toMatchObject({
    authorityChanged: true,
  });
  expect(await column('SELECT record AS value FROM entry')).toEqual(['urn:x:2']);
  expect(await column(`SELECT item AS value FROM quarantine WHERE code = 'VOID'`)).toEqual([
    before[2]?.token,
  ]);
  expect(await readCursor(db.pool, BOOK)).toBeNull();

  await expect(receive(before, 0)).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
  expect(await receive(after, 1)).toMatchObject({ applied: 2, quarantined: [] });
  expect(await column('SELECT token AS value FROM entry ORDER BY seq')).toEqual(
    after.map((item) => item.token),
  );
  expect(await column('SELECT version AS value FROM record ORDER BY id')).toEqual([2, 1]);
});
