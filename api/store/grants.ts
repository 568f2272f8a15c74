import type pg from 'pg';
import type { Fields } from '../events/fields.ts';
import { grantFromFields, type Grant } from '../sharing/grant.ts';

/** The grants of books, as they are now. */
export interface Grants {
  /** All grants of a book, ended ones too, in log order; empty for a book that this node does not know. */
  of(book: string): Promise<readonly Grant[]>;
  /** The same for a book whose row was just read, and before anything was written. */
  at(source: pg.Pool | pg.PoolClient, book: string, grantsSeq: number): Promise<readonly Grant[]>;
}

/**
 * Grants are read again when the book's `grantsSeq` has moved, whichever process moved it: one small read for each
 * decision, and never an old rule.
 */
export function openGrants(pool: pg.Pool): Grants {
  // The read itself is kept: a thousand readers that come at once share it.
  const cache = new Map<string, { grantsSeq: number; grants: Promise<readonly Grant[]> }>();

  const at: Grants['at'] = (source, book, grantsSeq) => {
    const cached = cache.get(book);
    if (cached?.grantsSeq === grantsSeq) return cached.grants;
    const read = { grantsSeq, grants: grantsSeq === 0 ? Promise.resolve([]) : readGrants(source, book) };
    cache.set(book, read);
    read.grants.catch(() => {
      if (cache.get(book) === read) cache.delete(book);
    });
    return read.grants;
  };

  return {
    async of(book) {
      const { rows } = await pool.query<{ grantsSeq: number }>({
        name: 'grants-seq',
        text: 'SELECT "grantsSeq" FROM book WHERE id = $1',
        values: [book],
      });
      return rows[0] ? at(pool, book, rows[0].grantsSeq) : [];
    },
    at,
  };
}

async function readGrants(source: pg.Pool | pg.PoolClient, book: string): Promise<Grant[]> {
  const { rows } = await source.query<{ id: string; version: number; since: number; state: string }>(
    `SELECT r.id, r.version, r."firstSeq" AS since, e.state
       FROM record r JOIN entry e ON e.book = r.book AND e.seq = r.seq
      WHERE r.book = $1 AND r.kind = 'GRANT' AND e.state IS NOT NULL
      ORDER BY r."firstSeq"`,
    [book],
  );
  return rows.map(({ state, ...record }) => grantFromFields(record, JSON.parse(state) as Fields));
}
