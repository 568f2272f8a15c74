import type { AccessLogRow } from './generated/client.ts';
import type { Pool } from './database.ts';
import type { Db } from './partners.ts';
import { inTransaction } from './transaction.ts';

export type { AccessLogRow } from './generated/client.ts';

export interface AccessLogFilter {
  who?: string | null | undefined;
  action?: string | null | undefined;
  /** Only what was refused. */
  refused?: boolean | null | undefined;
  from?: Date | null | undefined;
  until?: Date | null | undefined;
}

/**
 * Adds rows at the end of the log, under the one lock of all processes of the node.
 * @param continued the rows behind the last one, which is null at the beginning
 */
export function appendAccess(
  pool: Pool,
  continued: (last: Pick<AccessLogRow, 'seq' | 'hash'> | null) => AccessLogRow[],
): Promise<void> {
  return inTransaction(pool, async (db) => {
    await db.query("SELECT pg_advisory_xact_lock(hashtext('lotbook access log'))");
    const { rows } = await db.query<Pick<AccessLogRow, 'seq' | 'hash'>>(
      'SELECT seq, hash FROM access_log ORDER BY seq DESC LIMIT 1',
    );
    for (const row of continued(rows[0] ?? null)) {
      const { seq, at, who, address, action, object, result, count, prev, hash } = row;
      await db.query({
        name: 'append-access',
        text: `INSERT INTO access_log (seq, at, who, address, action, object, result, count, prev, hash)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
        values: [seq, at, who, address, action, object, result, count, prev, hash],
      });
    }
  });
}

/** Rows with a lower number than `before`, the latest first. */
export function readAccess(
  db: Db,
  { who, action, refused, from, until }: AccessLogFilter,
  { before, first }: { before: number | null; first: number },
): Promise<AccessLogRow[]> {
  return db.accessLogRow.findMany({
    where: {
      ...(before !== null && { seq: { lt: before } }),
      ...(who && { who }),
      ...(action && { action }),
      ...(refused && { result: { not: 'OK' } }),
      ...((from || until) && { at: { ...(from && { gte: from }), ...(until && { lt: until }) } }),
    },
    orderBy: { seq: 'desc' },
    take: first,
  });
}
