import type pg from 'pg';
import type { Link } from '../events/links.ts';

export interface LinkedRecord {
  record: string;
  /** True for one that has no links yet. */
  isNew: boolean;
  links: readonly Link[];
}

/** Writes what records link now, in place of what they linked before: links belong to the current version. */
export async function writeLinks(
  client: pg.PoolClient,
  book: string,
  records: readonly LinkedRecord[],
): Promise<void> {
  const known = records.filter(({ isNew }) => !isNew).map(({ record }) => record);
  if (known.length > 0) {
    await client.query('DELETE FROM link WHERE book = $1 AND record = ANY($2)', [book, known]);
  }
  const rows = records.flatMap(({ record, links }) => links.map((link, nr) => ({ record, nr, ...link })));
  if (rows.length === 0) return;
  const column = <T>(of: (row: (typeof rows)[number]) => T): T[] => rows.map(of);
  await client.query({
    name: 'write-links',
    text: `INSERT INTO link (book, record, nr, role, identifier, field, kind, quantity, uom)
           SELECT $1, * FROM unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                                    $9::text[])`,
    values: [
      book,
      column(({ record }) => record),
      column(({ nr }) => nr),
      column(({ role }) => role),
      column(({ identifier }) => identifier),
      column(({ field }) => field),
      column(({ kind }) => kind),
      column(({ quantity }) => quantity ?? null),
      column(({ uom }) => uom ?? null),
    ],
  });
}
