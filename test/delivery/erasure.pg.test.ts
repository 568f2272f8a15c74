import { expect, it } from 'vitest';
import { applyBatch } from '../../api/delivery/apply.ts';
import { disclose } from '../../api/ledger/disclose.ts';
import { erasedState } from '../../api/ledger/erasure.ts';
import { openDatabase } from '../../api/store/database.ts';
import type { KeyedChange } from '../../api/store/entries.ts';
import { keepCopy } from '../../api/store/feeds.ts';
import { openGrants } from '../../api/store/grants.ts';
import { freshDatabase } from '../support/postgres.ts';
import { AUTHORITY, BOOK, keys, Log, PARTNER } from './support/log.ts';

const RECORD = 'urn:x:1';

function itemOf({ entry, key }: KeyedChange, names: string[], grants: string[] = []) {
  const sealed = { token: entry.token, recordKey: key ?? Buffer.alloc(0), state: entry.state ?? {} };
  const { disclosures } = disclose(sealed, names);
  return { kind: entry.kind === 'GRANT' ? 'GRANT' : 'CHANGE', token: entry.token, disclosures, grants };
}

it('A local copy holds nothing of an erased record, whatever comes late and whatever was kept aside', async () => {
  const fresh = await freshDatabase();
  const db = openDatabase({ url: fresh.url, poolSize: 2, applicationName: 'test' });
  const log = new Log();
  const { id } = await log.grant('all');
  const [granting] = log.changes as [KeyedChange];
  const one = await log.change('NOTE', RECORD, { text: 'canary-one' });
  const two = await log.change('NOTE', RECORD, { text: 'canary-two' });
  const other = await log.change('NOTE', 'urn:x:2', { text: 'other' });
  const erased = await log.change('NOTE', RECORD, erasedState({ reason: 'asked', shown: [id] }));
  const createdAt = new Date();
  await keepCopy(db.pool, { id: BOOK, title: 'Main', owner: AUTHORITY, createdAt }, createdAt);
  const apply = (...items: ReturnType<typeof itemOf>[]) =>
    applyBatch(
      db.pool,
      { book: BOOK, owner: AUTHORITY, from: AUTHORITY, keys, self: PARTNER.organisation, anew: 0 },
      openGrants(db.pool),
      { items, cursor: undefined },
      new Date(),
    );
  const content = async () => {
    const entries = await db.pool.query<{ seq: number; state: string | null }>(
      `SELECT seq, coalesce(state, '{}') AS state FROM entry WHERE kind = 'NOTE' ORDER BY seq`,
    );
    const aside = await db.pool.query<{ item: string }>('SELECT item FROM quarantine');
    return { states: entries.rows.map(({ state }) => state), aside: aside.rows.length };
  };

  await apply(itemOf(granting, Object.keys(granting.entry.state ?? {})));
  await apply(itemOf(two, ['text', '@names'], [id]), itemOf(other, ['text', '@names'], [id]));
  // Kept aside with what it opens, for that is what is wrong with it.
  const wrong = { ...itemOf(one, ['text', '@names'], [id]), disclosures: itemOf(two, ['text']).disclosures };
  expect((await apply(wrong)).quarantined).toMatchObject([{ code: 'SLOT_MISMATCH' }]);
  expect(await content()).toEqual({ states: ['{"text":"canary-two"}', '{"text":"other"}'], aside: 1 });

  expect(await apply(itemOf(erased, ['@erased'], [id]))).toMatchObject({ applied: 1, quarantined: [] });
  const gone = ['{}', '{"text":"other"}', '{"@erased":{"reason":"asked"}}'];
  expect(await content()).toEqual({ states: gone, aside: 0 });
  expect(
    (await apply(itemOf(one, ['text', '@names'], [id]), itemOf(two, ['text', '@names'], [id]))).quarantined,
  ).toEqual([]);
  expect(await content()).toEqual({ states: ['{}', ...gone], aside: 0 });
  await db.close();
  await fresh.drop();
});
