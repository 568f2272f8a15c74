import { expect, test } from 'vitest';
import { openDatabase } from '../../api/store/database.ts';
import { readAuthority, writeAuthority } from '../../api/store/replica.ts';
import { markRestored } from '../../api/store/restored.ts';
import { inTransaction } from '../../api/store/transaction.ts';
import { freshDatabase } from '../support/postgres.ts';

test('a restored node is marked in every book in which it has a part, and what else is stored stays', async () => {
  const database = await freshDatabase();
  const { pool, close } = openDatabase({ url: database.url, poolSize: 2, applicationName: 'test' });
  const member = JSON.stringify({
    final: { len: 3, head: 'h' },
    opening: null,
    recovering: false,
    frozen: 'why',
  });
  const register = JSON.stringify({ n: 4, len: 3, covers: true, next: null });
  const frontier = Buffer.from([1, 2]);
  const common = { mandate: 1, term: 4 };
  await inTransaction(pool, async (client) => {
    await writeAuthority(client, {
      ...common,
      book: 'a.example/both',
      member: { before: null, after: member },
    });
    const both = { before: null, after: register, frontier };
    await writeAuthority(client, { ...common, book: 'a.example/both', register: both });
    await writeAuthority(client, { ...common, book: 'b.example/witness', register: both });
    await writeAuthority(client, { ...common, book: 'c.example/told' });
  });

  expect((await markRestored(pool)).sort()).toEqual(['a.example/both', 'b.example/witness']);

  const stored = await readAuthority(pool, 'a.example/both');
  expect(JSON.parse(stored?.member ?? '')).toEqual({ ...JSON.parse(member), recovering: true });
  expect(JSON.parse(stored?.register ?? '')).toEqual({
    ...JSON.parse(register),
    covers: false,
    restored: true,
  });
  expect(stored?.frontier).toEqual(frontier);
  expect((await readAuthority(pool, 'b.example/witness'))?.member).toBeNull();
  expect(await readAuthority(pool, 'c.example/told')).toMatchObject({ member: null, register: null });
  await close();
  await database.drop();
});
