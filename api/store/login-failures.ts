import type { Pool } from './database.ts';
import { inTransaction } from './transaction.ts';

/** Failed log-ins under one key, and until when no further one is looked at. */
export interface LoginFailures {
  count: number;
  lastAt: Date;
  lockedUntil: Date | null;
}

/** How the count of a key moves on with one more attempt. */
export type NextFailures = (key: string, previous: LoginFailures | null) => LoginFailures;

const FORGET_AFTER_MS = 7 * 86_400_000;

/**
 * Counts an attempt under each of the keys before it is looked at, so that many at once, in whatever processes, are no more
 * than one after the other. Where one of them is locked nothing is counted.
 *
 * @returns until when it is locked; null: look at it
 */
export function countAttempt(
  pool: Pool,
  keys: readonly string[],
  now: Date,
  next: NextFailures,
): Promise<Date | null> {
  return inTransaction(pool, async (db) => {
    // In one order, or two attempts could wait for each other.
    const ordered = keys.toSorted();
    await db.query('DELETE FROM login_failure WHERE "lastAt" < $1', [
      new Date(now.getTime() - FORGET_AFTER_MS),
    ]);
    await db.query(
      `INSERT INTO login_failure (key, count, "lastAt") SELECT key, 0, $2 FROM unnest($1::text[]) AS key
        ORDER BY key ON CONFLICT DO NOTHING`,
      [ordered, now],
    );
    const { rows } = await db.query<LoginFailures & { key: string }>(
      'SELECT key, count, "lastAt", "lockedUntil" FROM login_failure WHERE key = ANY($1) ORDER BY key FOR UPDATE',
      [ordered],
    );
    const locked = rows.flatMap(({ lockedUntil }) => (lockedUntil && lockedUntil > now ? [lockedUntil] : []));
    if (locked.length > 0) return new Date(Math.max(...locked.map((until) => until.getTime())));
    for (const { key, ...known } of rows) {
      const { count, lastAt, lockedUntil } = next(key, known.count === 0 ? null : known);
      await db.query(
        'UPDATE login_failure SET count = $2, "lastAt" = $3, "lockedUntil" = $4 WHERE key = $1',
        [key, count, lastAt, lockedUntil],
      );
    }
    return null;
  });
}

/** After a log-in: its account begins anew, and the attempt is taken back from its address. */
export async function forgiveAttempt(pool: Pool, account: string, address: string): Promise<void> {
  await pool.query('DELETE FROM login_failure WHERE key = $1', [account]);
  await pool.query(
    'UPDATE login_failure SET count = greatest(count - 1, 0), "lockedUntil" = NULL WHERE key = $1',
    [address],
  );
}
