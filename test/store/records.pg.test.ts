import { expect, test } from 'vitest';
import { openDatabase } from '../../api/store/database.ts';
import { readRecords } from '../../api/store/records.ts';
import { freshDatabase } from '../support/postgres.ts';

const BOOK = 'owner.example/season';
const PRODUCT = 'https://id.gs1.org/01/09521141010007';

test('a search for the lots of a product reads its links, and not all links', async () => {
  const fresh = await freshDatabase();
  const db = openDatabase({ url: fresh.url, poolSize: 1, applicationName: 'test' });
  await db.pool.query(
    `INSERT INTO link (book, record, nr, role, identifier, field, kind)
     SELECT $1, 'r' || i, 0, 'in', 'https://id.gs1.org/01/0952114101' || lpad((i % 500)::text, 4, '0') || '/10/L', 'f', 'lot'
       FROM generate_series(1, 5000) i`,
    [BOOK],
  );
  await db.pool.query(
    `INSERT INTO record (book, id, kind, version, seq, "firstSeq", hash)
     SELECT $1, 'r' || i, 'EVENT', 1, i, i, 'h' FROM generate_series(1, 5000) i`,
    [BOOK],
  );
  await db.pool.query('ANALYZE');
  const plans: string[] = [];
  const query = async (text: string, values: unknown[]) => {
    const { rows } = await db.pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, values);
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
    return db.pool.query(text, values);
  };
  await readRecords({ query } as unknown as typeof db.pool, {
    book: BOOK,
    order: 'FIRST',
    descending: false,
    after: null,
    limit: 10,
    identifiers: [{ exact: [PRODUCT], products: [PRODUCT] }],
  });
  expect(plans.join()).toContain('link_identifier_book_idx');
  expect(plans.join()).not.toContain('Seq Scan on link');
  await db.close();
  await fresh.drop();
});
