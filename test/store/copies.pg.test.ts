import { randomBytes, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { grantToFields } from '../../api/sharing/grant.ts';
import { writeEntries } from '../../api/store/commit.ts';
import { writeCopies } from '../../api/store/copies.ts';
import { openDatabase } from '../../api/store/database.ts';
import { keepCopy } from '../../api/store/feeds.ts';
import { openGrants } from '../../api/store/grants.ts';
import { openReplica } from '../../api/store/replica.ts';
import { inTransaction } from '../../api/store/transaction.ts';
import { audience, grantTerms } from '../support/grant.ts';
import { freshDatabase } from '../support/postgres.ts';

const id = 'owner.example/harvest';
const GRANT = 'urn:lotbook:grant:partners';

test('the grants of a local copy are not taken for those of the whole book, even where both end with the same entry', async () => {
  const fresh = await freshDatabase();
  const db = openDatabase({ url: fresh.url, poolSize: 2, applicationName: 'test' });
  const now = new Date();
  const book = { id, title: 'Harvest', owner: 'owner.example', createdAt: now };
  const grants = openGrants(db.pool);
  const named = async () => (await grants.of(id)).flatMap((grant) => grant.audience.organisations);
  const seq = 1;
  const entry = {
    seq,
    kind: 'GRANT',
    record: GRANT,
    version: 1,
    token: 'a.b.c',
    request: randomUUID(),
  } as const;
  const record = {
    id: GRANT,
    kind: 'GRANT',
    version: 1,
    seq,
    firstSeq: seq,
    hash: 'h',
    eventTime: null,
    links: [],
    erased: false,
  } as const;

  await keepCopy(db.pool, book, now);
  const fields = grantToFields(grantTerms({ audience: audience('us.example') }));
  const copied = { ...entry, atMs: now.getTime(), fields, disclosures: [] };
  await inTransaction(db.pool, (client) =>
    writeCopies(client, { book: id, entries: [copied], records: [record], quarantined: [], now }),
  );
  expect(await named()).toEqual(['us.example']);

  const whole = grantToFields(grantTerms({ audience: audience('us.example', 'other.example') }));
  const written = {
    ...entry,
    hash: 'h',
    firstSeq: seq,
    state: JSON.stringify(whole),
    eventTime: null,
    links: [],
  };
  await inTransaction(db.pool, async (client) => {
    await openReplica(client, { ...book, authority: book.owner, slotKey: randomBytes(32) });
    await writeEntries(client, id, now, [{ ...written, recordKey: randomBytes(32) }]);
  });
  expect(await named()).toEqual(['us.example', 'other.example']);
  await db.close();
  await fresh.drop();
});
