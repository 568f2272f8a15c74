import type pg from 'pg';

type Queryable = Pick<pg.Pool, 'query'>;

export type WebhookState = 'ACTIVE' | 'HELD' | 'DISABLED';

/** See `model Webhook`. */
export interface StoredWebhook {
  id: string;
  book: string;
  subscriber: string;
  url: string;
  cursor: string | null;
  state: WebhookState;
  reason: string | null;
  failures: number;
  failingSince: Date | null;
  lastError: string | null;
  nextAt: Date;
  createdAt: Date;
  deliveredAt: Date | null;
}

export type NewWebhook = Pick<StoredWebhook, 'id' | 'book' | 'subscriber' | 'url' | 'cursor'> & {
  createdBy: string;
};

const COLUMNS = `id, book, subscriber, url, cursor, state, reason, failures, "failingSince", "lastError", "nextAt",
  "createdAt", "deliveredAt"`;

/** Keeps a webhook; null where the subscriber has it already. */
export async function putWebhook(db: Queryable, webhook: NewWebhook): Promise<StoredWebhook | null> {
  const { id, book, subscriber, url, cursor, createdBy } = webhook;
  const { rows } = await db.query<StoredWebhook>(
    `INSERT INTO webhook (id, book, subscriber, url, cursor, state, "createdBy") VALUES ($1, $2, $3, $4, $5, 'ACTIVE', $6)
     ON CONFLICT (book, subscriber, url) DO NOTHING RETURNING ${COLUMNS}`,
    [id, book, subscriber, url, cursor, createdBy],
  );
  return rows[0] ?? null;
}

/** In the order in which they were made. @param subscriber null for those of everybody */
export async function readWebhooks(db: Queryable, subscriber: string | null): Promise<StoredWebhook[]> {
  const { rows } = await db.query<StoredWebhook>(
    `SELECT ${COLUMNS} FROM webhook WHERE $1::text IS NULL OR subscriber = $1 ORDER BY "createdAt", id`,
    [subscriber],
  );
  return rows;
}

export async function findWebhook(db: Queryable, id: string): Promise<StoredWebhook | null> {
  const { rows } = await db.query<StoredWebhook>(`SELECT ${COLUMNS} FROM webhook WHERE id = $1`, [id]);
  return rows[0] ?? null;
}

export async function dropWebhook(db: Queryable, id: string): Promise<void> {
  await db.query(
    `WITH gone AS (DELETE FROM webhook WHERE id = $1) DELETE FROM webhook_delivery WHERE webhook = $1`,
    [id],
  );
}

/** Begins anew from a cursor. A delivery that is on its way counts no more. */
export async function moveWebhook(db: Queryable, id: string, cursor: string | null): Promise<void> {
  await db.query(
    `UPDATE webhook SET cursor = $2, seen = -1, lease = NULL, "leasedUntil" = NULL, "nextAt" = statement_timestamp()
      WHERE id = $1`,
    [id, cursor],
  );
}

/** Has it looked at at once, as if nothing had failed. */
export async function enableWebhook(db: Queryable, id: string): Promise<void> {
  await db.query(
    `UPDATE webhook SET state = 'ACTIVE', reason = NULL, failures = 0, "failingSince" = NULL, seen = -1, lease = NULL, "leasedUntil" = NULL,
            "nextAt" = statement_timestamp()
      WHERE id = $1`,
    [id],
  );
}

/** Has those looked at that wait until their subscribers may have something. */
export async function wakeHeld(db: Queryable): Promise<void> {
  await db.query(`UPDATE webhook SET "nextAt" = statement_timestamp() WHERE state = 'HELD'`);
}

/** A webhook that a process works on: what it does counts as long as it has the lease. */
export interface LeasedWebhook extends StoredWebhook {
  lease: string;
}

/**
 * Takes webhooks for which there may be something to do: their time has come, or their book has grown. No other process takes
 * them within the lease.
 */
export async function leaseWebhooks(
  db: Queryable,
  { lease, most, leaseMs }: { lease: string; most: number; leaseMs: number },
): Promise<LeasedWebhook[]> {
  const { rows } = await db.query<LeasedWebhook>(
    `UPDATE webhook SET lease = $1, "leasedUntil" = statement_timestamp() + $3 * interval '1 ms'
      WHERE id IN (
        SELECT w.id FROM webhook w JOIN book b ON b.id = w.book
         WHERE w.state <> 'DISABLED'
           AND (w.lease IS NULL OR w."leasedUntil" < statement_timestamp())
           AND (w."nextAt" <= statement_timestamp() OR (w.failures = 0 AND w.seen < b.length))
         ORDER BY w."nextAt" LIMIT $2 FOR UPDATE OF w SKIP LOCKED)
      RETURNING ${COLUMNS}, lease`,
    [lease, most, leaseMs],
  );
  return rows;
}

/** How the work on a webhook ended. */
export interface WebhookMove {
  state?: WebhookState;
  reason?: string | null;
  cursor?: string | null;
  /** See `model Webhook`. */
  seen?: number;
  /** Why a delivery failed; null when one was taken. Absent: none was tried. */
  failed?: string | null;
  /** Until it is looked at again though its book has not grown. */
  pauseMs: number;
}

/** Gives a webhook back. Does nothing for a process whose lease another one has taken over, or that has been moved meanwhile. */
export async function settleWebhook(
  db: Queryable,
  { id, lease }: Pick<LeasedWebhook, 'id' | 'lease'>,
  { state, reason, cursor, seen, failed, pauseMs }: WebhookMove,
): Promise<void> {
  await db.query(
    `UPDATE webhook SET lease = NULL, "leasedUntil" = NULL, "nextAt" = statement_timestamp() + $3 * interval '1 ms',
            state = coalesce($4, state), reason = CASE WHEN $4::text IS NULL THEN reason ELSE $5 END,
            cursor = CASE WHEN $6 THEN $7 ELSE cursor END, seen = coalesce($8, seen),
            failures = CASE WHEN $9 THEN (CASE WHEN $10::text IS NULL THEN 0 ELSE failures + 1 END) ELSE failures END,
            "failingSince" = CASE WHEN $9 THEN (CASE WHEN $10 IS NULL THEN NULL
                               ELSE coalesce("failingSince", statement_timestamp()) END) ELSE "failingSince" END,
            "lastError" = CASE WHEN $9 THEN $10 ELSE "lastError" END,
            "deliveredAt" = CASE WHEN $9 AND $10 IS NULL THEN statement_timestamp() ELSE "deliveredAt" END
      WHERE id = $1 AND lease = $2`,
    [
      id,
      lease,
      pauseMs,
      state ?? null,
      reason ?? null,
      cursor !== undefined,
      cursor ?? null,
      seen ?? null,
      failed !== undefined,
      failed ?? null,
    ],
  );
}
