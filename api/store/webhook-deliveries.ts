import type pg from 'pg';

type Queryable = Pick<pg.Pool, 'query'>;

/** See `model WebhookDelivery`. */
export interface StoredDelivery {
  id: string;
  after: string | null;
  cursor: string;
  items: number;
  state: 'PENDING' | 'DELIVERED' | 'REPLACED';
  attempts: number;
  status: number | null;
  error: string | null;
  createdAt: Date;
  attemptedAt: Date;
}

const KEPT = 100;

/** The last ones of a webhook, the newest first. */
export async function readDeliveries(
  db: Queryable,
  webhook: string,
  first: number,
): Promise<StoredDelivery[]> {
  const { rows } = await db.query<StoredDelivery>(
    `SELECT id, after, cursor, items, state, attempts, status, error, "createdAt", "attemptedAt"
       FROM webhook_delivery WHERE webhook = $1 ORDER BY "createdAt" DESC, id LIMIT $2`,
    [webhook, first],
  );
  return rows;
}

/**
 * Notes an attempt before it is made: of the delivery that is under way where it would deliver the same, else of a new one,
 * whose id is `id`. A receiver that has seen an id has seen what comes with it.
 */
export async function beginDelivery(
  db: Queryable,
  given: Pick<StoredDelivery, 'id' | 'after' | 'cursor' | 'items'> & { webhook: string; digest: string },
): Promise<string> {
  const { id, webhook, after, cursor, items, digest } = given;
  const again = await db.query<{ id: string }>(
    `UPDATE webhook_delivery SET attempts = attempts + 1, "attemptedAt" = statement_timestamp()
      WHERE webhook = $1 AND state = 'PENDING' AND digest = $2 RETURNING id`,
    [webhook, digest],
  );
  const [known] = again.rows;
  if (known) return known.id;
  await db.query(
    `WITH old AS (UPDATE webhook_delivery SET state = 'REPLACED' WHERE webhook = $2 AND state = 'PENDING')
     INSERT INTO webhook_delivery (id, webhook, after, cursor, items, digest, state, attempts)
     VALUES ($1, $2, $3, $4, $5, $6, 'PENDING', 1)`,
    [id, webhook, after, cursor, items, digest],
  );
  return id;
}

/** Notes how an attempt ended, and forgets deliveries of long ago. */
export async function endDelivery(
  db: Queryable,
  { id, status, error }: { id: string; status: number | null; error: string | null },
): Promise<void> {
  await db.query(
    `UPDATE webhook_delivery SET status = $2, error = $3::text, state = CASE WHEN $3::text IS NULL THEN 'DELIVERED' ELSE state END
      WHERE id = $1 AND state <> 'DELIVERED'`,
    [id, status, error],
  );
  await db.query(
    `DELETE FROM webhook_delivery WHERE id IN (
       SELECT old.id FROM webhook_delivery this JOIN webhook_delivery old USING (webhook)
        WHERE this.id = $1 ORDER BY old."createdAt" DESC OFFSET ${KEPT})`,
    [id],
  );
}
