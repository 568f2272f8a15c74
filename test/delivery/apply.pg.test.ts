import { expect, it } from 'vitest';
import { applyBatch } from '../../api/delivery/apply.ts';
import { keepCopy } from '../../api/store/feeds.ts';
import { openGrants } from '../../api/store/grants.ts';
import { openDatabase } from '../../api/store/database.ts';
import { freshDatabase } from '../support/postgres.ts';
import { AUTHORITY, BOOK, keys, Log, PARTNER } from './support/log.ts';

/** A text that no index row holds: 2,000 characters of three bytes, which do not compress. */
function tooLong(): string {
  let seed = 1;
  const next = () => (seed = (seed * 48_271) % 2_147_483_647);
  return `urn:x:${Array.from({ length: 2_000 }, () => String.fromCharCode(0x4e00 + (next() % 20_000))).join('')}`;
}

it('A received record that the database cannot index is kept aside, and the next one is applied', async () => {
  const fresh = await freshDatabase();
  const db = openDatabase({ url: fresh.url, poolSize: 2, applicationName: 'test' });
  const log = new Log();
  const items = [];
  for (const record of [tooLong(), 'urn:x:short']) {
    const { entry } = await log.change('NOTE', record, { text: 'a' });
    items.push({ kind: 'CHANGE', token: entry.token, disclosures: [], grants: [] });
  }
  const source = { book: BOOK, owner: AUTHORITY, from: AUTHORITY, keys, self: PARTNER.organisation, anew: 0 };
  const createdAt = new Date();
  await keepCopy(db.pool, { id: BOOK, title: 'Main', owner: AUTHORITY, createdAt }, createdAt);
  const { applied, quarantined } = await applyBatch(
    db.pool,
    source,
    openGrants(db.pool),
    { items, cursor: undefined },
    new Date(),
  );
  expect(applied).toBe(1);
  expect(quarantined).toMatchObject([{ seq: 1, code: 'NOT_STORED' }]);
  await db.close();
  await fresh.drop();
});
