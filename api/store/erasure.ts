import type pg from 'pg';
import { unflatten, type Fields } from '../events/fields.ts';
import { eventHash } from '../events/hash.ts';
import { canonicalIdentifier } from '../events/identifiers.ts';
import { peekClaims } from '../identity/jws.ts';

/** A record, and the version that says that it is erased. */
export interface ErasedRecord {
  record: string;
  version: number;
}

const MESSAGE = 'The record was erased.';
const EXPORT_MESSAGE = 'A record of the book was erased since. Ask for the export again.';

/**
 * Deletes what there is of the earlier versions of erased records: states, disclosures, what requests for them held, what was
 * kept aside of them, and the exports of the book, which may hold them. To be called where the erased version was written: its key and its links, of which it has none, are then
 * in the place of the earlier ones. The tokens stay, and the chain with them.
 */
export async function eraseEarlier(
  client: pg.PoolClient,
  book: string,
  erased: readonly ErasedRecord[],
  at: Date,
): Promise<void> {
  if (erased.length === 0) return;
  const records = erased.map(({ record }) => record);
  await client.query(
    `UPDATE entry e SET state = NULL, disclosures = NULL
       FROM unnest($2::text[], $3::int[]) AS t(record, version)
      WHERE e.book = $1 AND e.record = t.record AND e.version < t.version`,
    [book, records, erased.map(({ version }) => version)],
  );
  await client.query('UPDATE record SET erased = true WHERE book = $1 AND id = ANY($2)', [book, records]);
  await forgetRequests(client, book, records, at);
  await forgetAside(client, book, records);
  await removeExports(client, book, at);
}

/** No export from before is handed out any more. Its file goes soon after, see exports/files.ts. */
async function removeExports(client: pg.PoolClient, book: string, at: Date): Promise<void> {
  await client.query(
    `UPDATE export_job SET state = 'REMOVED', bytes = NULL, message = $2, "finishedAt" = coalesce("finishedAt", $3)
      WHERE $1 = ANY(books) AND state IN ('RUNNING', 'DONE')`,
    [book, EXPORT_MESSAGE, at],
  );
}

/**
 * Deletes what decided requests for erased records held. One that waits for a person ends; one that is under way to another
 * node stays as it is until that has decided it.
 */
async function forgetRequests(
  client: pg.PoolClient,
  book: string,
  records: readonly string[],
  at: Date,
): Promise<void> {
  const { rows: waiting } = await client.query<{ id: string; changes: string | null; token: string | null }>(
    `SELECT id, changes, token FROM request
      WHERE book = $1 AND state IN ('PENDING', 'REFUSED', 'REJECTED') AND changes IS NOT NULL
      UNION
     SELECT id, changes, token FROM request
      WHERE book = $1 AND state IN ('PENDING', 'REFUSED', 'REJECTED') AND token IS NOT NULL`,
    [book],
  );
  const wanted = new Set(records);
  const ids = waiting.filter((request) => idsIn(request).some((id) => wanted.has(id))).map(({ id }) => id);
  await client.query(
    `UPDATE request SET changes = NULL, token = NULL,
            code = CASE state WHEN 'PENDING' THEN 'CONFLICT' ELSE code END,
            message = CASE state WHEN 'PENDING' THEN $4 ELSE message END,
            "decidedAt" = coalesce("decidedAt", $3), "nextAttempt" = NULL,
            state = CASE state WHEN 'PENDING' THEN 'REFUSED' ELSE state END
      WHERE book = $1 AND id = ANY($2::uuid[])`,
    [book, ids, at, MESSAGE],
  );
  // Where it was decided, by the entries that it led to; where it was asked, by what was answered.
  await client.query(
    `UPDATE request SET changes = NULL, token = NULL
      WHERE id IN (SELECT request FROM entry WHERE book = $1 AND record = ANY($2)) AND state = 'APPROVED'`,
    [book, records],
  );
  await client.query(
    `UPDATE request SET changes = NULL, token = NULL
      WHERE book = $1 AND state = 'APPROVED' AND changes IS NOT NULL
        AND EXISTS (SELECT FROM jsonb_array_elements(outcome::jsonb) o WHERE o->>'record' = ANY($2))`,
    [book, records],
  );
}

/** Deletes what a request held that was decided after its record was erased. */
export async function forgetDecided(db: Pick<pg.Pool, 'query'>, book: string, id: string): Promise<void> {
  const { rows } = await db.query<{ changes: string | null; token: string | null }>(
    `SELECT changes, token FROM request WHERE book = $1 AND id = $2 AND "decidedAt" IS NOT NULL
        AND EXISTS (SELECT FROM record r WHERE r.book = $1 AND r.erased)`,
    [book, id],
  );
  const [request] = rows;
  if (!request) return;
  await db.query(
    `UPDATE request SET changes = NULL, token = NULL
      WHERE id = $1 AND EXISTS (SELECT FROM record r WHERE r.book = $2 AND r.erased AND r.id = ANY($3))`,
    [id, book, idsIn(request)],
  );
}

/** What a local copy kept aside because it failed a check, with the disclosures where they were the fault. */
async function forgetAside(client: pg.PoolClient, book: string, records: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ id: number; item: string }>(
    'SELECT id, item FROM quarantine WHERE book = $1',
    [book],
  );
  const wanted = new Set(records);
  const ids = rows.filter(({ item }) => wanted.has(recordIn(item))).map(({ id }) => id);
  if (ids.length > 0) await client.query('DELETE FROM quarantine WHERE id = ANY($1)', [ids]);
}

function recordIn(item: string): string {
  // Long ones are cut: the token comes before what makes them long.
  const [, token = ''] = /"token":"([^"]*)"/.exec(item) ?? [];
  return String(peekClaims(token)?.['sub'] ?? '');
}

interface Change {
  record?: unknown;
  fields?: unknown;
  content?: unknown;
  valid?: { id?: unknown };
}

/** The records that a stored request is about, by any of the names that it gives them. */
function idsIn({ changes, token }: { changes: string | null; token: string | null }): string[] {
  const asked = changes === null ? [] : (JSON.parse(changes) as Change[]);
  const signed = token === null ? undefined : peekClaims(token)?.['changes'];
  return [...asked, ...(Array.isArray(signed) ? (signed as Change[]) : [])].flatMap(namesOf);
}

function namesOf({ record, fields, content, valid }: Change): string[] {
  const given = [record, valid?.id, member(fields, 'eventID'), member(content, 'eventID')];
  const names = given.filter((name): name is string => typeof name === 'string');
  if (names.length > 0) return names.flatMap((name) => [name, canonicalIdentifier(name)]);
  try {
    return [eventHash(fields ? unflatten(fields as Fields) : (content as Parameters<typeof eventHash>[0]))];
  } catch {
    return [];
  }
}

function member(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null ? (object as Record<string, unknown>)[name] : null;
}
