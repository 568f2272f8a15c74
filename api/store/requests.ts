import type pg from 'pg';

export type RequestState = 'QUEUED' | 'PROVISIONAL' | 'PENDING' | 'APPROVED' | 'REFUSED' | 'REJECTED';

/** A row of the table of update requests. */
export interface StoredRequest {
  id: string;
  book: string;
  requester: string;
  key: string;
  contentHash: string;
  state: RequestState;
  changes: string | null;
  outcome: string | null;
  code: string | null;
  message: string | null;
  place: string | null;
  currentVersion: number | null;
  reason: string | null;
  createdAt: Date;
  decidedAt: Date | null;
  decidedBy: string | null;
  token: string | null;
  attempts: number;
  nextAttempt: Date | null;
  lastError: string | null;
  /** With PROVISIONAL: the member's signed word. */
  provisional?: string | null;
}

type Source = Pick<pg.Pool, 'query'> | pg.PoolClient;

export async function requestById(source: Source, id: string): Promise<StoredRequest | null> {
  const { rows } = await source.query<StoredRequest>('SELECT * FROM request WHERE id = $1', [id]);
  return rows[0] ?? null;
}

/** Who made these requests, as far as they are known here: client ids. */
export async function requestersOf(source: Source, ids: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await source.query<Pick<StoredRequest, 'id' | 'requester'>>({
    name: 'requesters',
    text: 'SELECT id, requester FROM request WHERE id = ANY($1)',
    values: [[...new Set(ids)]],
  });
  return new Map(rows.map(({ id, requester }) => [id, requester]));
}

/** Requests that were already made under these keys. */
export async function knownRequests(
  source: Source,
  book: string,
  requests: readonly { requester: string; key: string }[],
): Promise<StoredRequest[]> {
  const { rows } = await source.query<StoredRequest>({
    text: `SELECT r.* FROM request r
             JOIN unnest($2::text[], $3::text[]) AS t(requester, key)
               ON r.book = $1 AND r.requester = t.requester AND r.key = t.key`,
    values: [book, requests.map(({ requester }) => requester), requests.map(({ key }) => key)],
  });
  return rows;
}

/** Requests that wait for a person, oldest first. */
export async function pendingRequests(
  source: Source,
  book: string,
  limit: number,
  after: { createdAt: Date; id: string } | null,
): Promise<StoredRequest[]> {
  const { rows } = await source.query<StoredRequest>(
    `SELECT * FROM request
      WHERE book = $1 AND state = 'PENDING' AND ($2::timestamptz IS NULL OR ("createdAt", id) > ($2, $3::uuid))
      ORDER BY "createdAt", id LIMIT $4`,
    [book, after?.createdAt ?? null, after?.id ?? null, limit],
  );
  return rows;
}

export async function countProvisional(source: Source, book: string): Promise<number> {
  const { rows } = await source.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM request WHERE book = $1 AND state = 'PROVISIONAL'`,
    [book],
  );
  return rows[0]?.count ?? 0;
}

/** Ends a waiting request; null when it does not wait any more. */
export async function rejectRequest(
  source: Source,
  id: string,
  reason: string,
  at: Date,
  by: string,
): Promise<StoredRequest | null> {
  const { rows } = await source.query<StoredRequest>(
    `UPDATE request SET state = 'REJECTED', reason = $2, "decidedAt" = $3, "decidedBy" = $4
      WHERE id = $1 AND state = 'PENDING' RETURNING *`,
    [id, reason, at, by],
  );
  return rows[0] ?? null;
}

/** Keeps a request for another node. The same key again gives what is there. */
export async function queueRequest(
  source: Source,
  request: Pick<
    StoredRequest,
    'id' | 'book' | 'requester' | 'key' | 'contentHash' | 'changes' | 'token' | 'createdAt'
  > & {
    reason: string | null;
  },
): Promise<StoredRequest> {
  const { id, book, requester, key, contentHash, changes, token, createdAt, reason } = request;
  await source.query(
    `INSERT INTO request (id, book, requester, key, "contentHash", state, changes, token, "createdAt", "nextAttempt", reason)
     VALUES ($1, $2, $3, $4, $5, 'QUEUED', $6, $7, $8, $8, $9)
     ON CONFLICT (book, requester, key) DO NOTHING`,
    [id, book, requester, key, contentHash, changes, token, createdAt, reason],
  );
  const [stored] = await knownRequests(source, book, [{ requester, key }]);
  if (!stored) throw new Error('a queued request vanished');
  return stored;
}

/** Puts another signed token in place of that of a request that waits for its delivery. */
export async function setRequestToken(pool: pg.Pool, id: string, token: string): Promise<void> {
  await pool.query(`UPDATE request SET token = $2 WHERE id = $1 AND state IN ('QUEUED', 'PROVISIONAL')`, [
    id,
    token,
  ]);
}

/**
 * Keeps a request that this node has judged alone, to be handed in again. One that is kept under its key already becomes
 * provisional; what is decided stays, and is the answer.
 */
export async function keepProvisional(
  source: Source,
  request: Pick<
    StoredRequest,
    'id' | 'book' | 'requester' | 'key' | 'contentHash' | 'changes' | 'token' | 'createdAt' | 'nextAttempt'
  > & { reason: string | null; provisional: string },
): Promise<StoredRequest> {
  const { id, book, requester, key, contentHash, changes, token, createdAt, reason } = request;
  await source.query(
    `INSERT INTO request (id, book, requester, key, "contentHash", state, changes, token, "createdAt", "nextAttempt",
                          reason, provisional)
     VALUES ($1, $2, $3, $4, $5, 'PROVISIONAL', $6, $7, $8, $9, $10, $11)
     ON CONFLICT (book, requester, key) DO UPDATE SET state = 'PROVISIONAL', provisional = excluded.provisional
       WHERE request.state IN ('QUEUED', 'PROVISIONAL') AND request."contentHash" = excluded."contentHash"`,
    [
      id,
      book,
      requester,
      key,
      contentHash,
      changes,
      token,
      createdAt,
      request.nextAttempt,
      reason,
      request.provisional,
    ],
  );
  const [stored] = await knownRequests(source, book, [{ requester, key }]);
  if (!stored) throw new Error('a provisional request vanished');
  return stored;
}

/** Books with requests whose next attempt is due, and where they go as long as no term is known. */
export async function dueBooks(source: Source, now: Date): Promise<{ book: string; authority: string }[]> {
  const { rows } = await source.query<{ book: string; authority: string }>(
    `SELECT DISTINCT r.book, b.authority FROM request r JOIN book b ON b.id = r.book
      WHERE r.state IN ('QUEUED', 'PROVISIONAL', 'PENDING') AND r."nextAttempt" <= $1`,
    [now],
  );
  return rows;
}

/**
 * Takes requests of a book whose next attempt is due, for `leaseMs`: another process leaves them alone so long, and finds
 * them again if this one dies.
 */
export async function takeDueRequests(
  source: Source,
  book: string,
  now: Date,
  leaseMs: number,
  limit: number,
): Promise<StoredRequest[]> {
  const { rows } = await source.query<StoredRequest>(
    `WITH due AS (
       SELECT id FROM request
        WHERE book = $1 AND state IN ('QUEUED', 'PROVISIONAL', 'PENDING') AND "nextAttempt" <= $2
        ORDER BY "createdAt" LIMIT $4 FOR UPDATE SKIP LOCKED
     )
     UPDATE request r SET "nextAttempt" = $2::timestamptz + make_interval(secs => $3::float8 / 1000)
       FROM due WHERE r.id = due.id RETURNING r.*`,
    [book, now, leaseMs, limit],
  );
  return rows.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
}

/** Makes requests due at once that wait for whoever decides about them. */
export async function hurryRequests(source: Source, book: string, now: Date): Promise<void> {
  await source.query(
    `UPDATE request SET "nextAttempt" = $2
      WHERE book = $1 AND state IN ('QUEUED', 'PROVISIONAL') AND "nextAttempt" > $2`,
    [book, now],
  );
}

/** Writes what was said of a request, or why nobody could be asked. False where it was decided already: that stays. */
export async function updateQueued(
  source: Source,
  id: string,
  update: Pick<
    StoredRequest,
    | 'state'
    | 'outcome'
    | 'code'
    | 'message'
    | 'place'
    | 'currentVersion'
    | 'reason'
    | 'decidedAt'
    | 'decidedBy'
    | 'attempts'
    | 'nextAttempt'
    | 'lastError'
    | 'provisional'
  >,
): Promise<boolean> {
  const { rowCount } = await source.query(
    `UPDATE request SET state = $2, outcome = $3, code = $4, message = $5, place = $6, "currentVersion" = $7, reason = $8,
            "decidedAt" = $9, "decidedBy" = $10, attempts = $11, "nextAttempt" = $12, "lastError" = $13,
            provisional = $14
      WHERE id = $1 AND state IN ('QUEUED', 'PROVISIONAL', 'PENDING')`,
    [
      id,
      update.state,
      update.outcome,
      update.code,
      update.message,
      update.place,
      update.currentVersion,
      update.reason,
      update.decidedAt,
      update.decidedBy,
      update.attempts,
      update.nextAttempt,
      update.lastError,
      update.provisional ?? null,
    ],
  );
  return rowCount === 1;
}
