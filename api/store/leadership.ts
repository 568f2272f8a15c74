import type pg from 'pg';

/** One process of a node that does what only one may do. */
export interface Leadership {
  /** Resolves when the database no longer knows of it: stop at once. */
  readonly lost: Promise<void>;
  release(): void;
}

/**
 * Takes a session-level advisory lock, which the database frees as soon as the session ends, however it ends. It keeps
 * one connection of the pool. Null when another process holds it.
 */
export async function tryLead(pool: pg.Pool, name: string): Promise<Leadership | null> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ leads: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS leads',
      [name],
    );
    if (!rows[0]?.leads) {
      client.release();
      return null;
    }
  } catch (error) {
    client.release(true);
    throw error;
  }
  let isOver = false;
  const lost = new Promise<void>((resolve) => client.once('end', resolve));
  const release = (): void => {
    if (isOver) return;
    isOver = true;
    // The session ends, and the lock with it.
    client.release(true);
  };
  client.once('error', release);
  return { lost, release };
}
