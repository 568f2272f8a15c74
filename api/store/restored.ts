import type { Pool } from './database.ts';
import { inTransaction } from './transaction.ts';

/**
 * The operator's word that this database was restored from an older copy. What this node told others since then may be gone
 * here, so as a member of a book's authority it stores and approves nothing until it has found out what it lacks; and as a
 * registrar it makes no term until the members have told it which there are, and what it keeps no longer tells all that may be final. To be called before anybody looks after the authority.
 *
 * @returns the books in which it is a member or the registrar
 */
export async function markRestored(pool: Pool): Promise<string[]> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ book: string; member: string | null; register: string | null }>(
      'SELECT book, member, register FROM authority WHERE member IS NOT NULL OR register IS NOT NULL FOR UPDATE',
    );
    for (const { book, member, register } of rows) {
      await client.query('UPDATE authority SET member = $2, register = $3 WHERE book = $1', [
        book,
        withMark(member, { recovering: true }),
        withMark(register, { covers: false, restored: true }),
      ]);
    }
    return rows.map(({ book }) => book);
  });
}

function withMark(stored: string | null, mark: object): string | null {
  return stored === null ? null : JSON.stringify({ ...(JSON.parse(stored) as object), ...mark });
}
