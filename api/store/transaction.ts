import type pg from 'pg';

/**
 * Runs `work` in one transaction on one connection. Commits when it resolves; rolls back and rethrows when it rejects.
 * If COMMIT itself fails, whether the transaction took effect is unknown: read before trying again.
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  /** False: its commit may be lost when the machine stops, as if it had not begun yet. */
  { isDurable = true } = {},
): Promise<T> {
  const client = await pool.connect();
  let usable = false;
  try {
    await client.query(isDurable ? 'BEGIN' : 'BEGIN; SET LOCAL synchronous_commit = off');
    const result = await work(client).catch(async (error: unknown) => {
      await client.query('ROLLBACK').then(
        () => (usable = true),
        () => undefined,
      );
      throw error;
    });
    const { command } = await client.query('COMMIT');
    usable = true;
    // PostgreSQL answers the COMMIT of a transaction in which a statement failed with a rollback, not with an error.
    if (command !== 'COMMIT')
      throw new Error('the transaction was rolled back: a statement in it failed unnoticed');
    return result;
  } finally {
    // A connection in an unknown state is closed, not lent to the next caller.
    client.release(!usable);
  }
}
