import type { Pool } from './database.ts';

/**
 * Takes so many calls of what a caller has left, for a process of the node to give out. What is left grows by `perMinute` in a
 * minute, up to that. By the clock of the database: that of all processes.
 *
 * @returns false where fewer are left: then none is taken
 */
export async function takeCalls(
  pool: Pool,
  { caller, perMinute, calls }: { caller: string; perMinute: number; calls: number },
): Promise<boolean> {
  const now = `least($2, known."left" + greatest(0, extract(epoch FROM statement_timestamp() - known.at)) * $2 / 60)`;
  const { rowCount } = await pool.query(
    `INSERT INTO call_allowance AS known (caller, "left", at) VALUES ($1, $2::float8 - $3::float8, statement_timestamp())
     ON CONFLICT (caller) DO UPDATE SET "left" = ${now} - $3, at = statement_timestamp() WHERE ${now} >= $3`,
    [caller, perMinute, calls],
  );
  return rowCount === 1;
}

/** Forgets callers who have everything left anyway. */
export async function forgetIdleCallers(pool: Pool): Promise<void> {
  await pool.query(`DELETE FROM call_allowance WHERE at < statement_timestamp() - interval '1 hour'`);
}
