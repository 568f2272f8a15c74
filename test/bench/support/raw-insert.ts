import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { deriveLinks } from '../../../api/events/links.ts';
import type { Fields } from '../../../api/events/fields.ts';
import type { Signer } from '../../../api/identity/signer.ts';
import { type ChangeInput, type IssuedChange, issueChanges } from '../../../api/ledger/issue.ts';
import { BOOK, ORGANISATION } from './node.ts';

/** A record to be sealed and inserted; `request` groups records into update requests. */
export interface RawRecord {
  record: string;
  kind: ChangeInput['kind'];
  fields: Fields;
  eventTime: Date | null;
  request: string;
}

const slotKey = randomBytes(32);

/**
 * The limit of a node: seals changes and inserts the rows that a node would, a batch at a time, and nothing else.
 * One batch is made and sealed while the one before is inserted. Returns how many changes it were.
 */
export async function sealAndInsert(
  client: pg.Client,
  signer: Signer,
  batches: Iterable<readonly RawRecord[]>,
  firstSeq: number,
): Promise<number> {
  let inserting: Promise<void> = Promise.resolve();
  let seq = firstSeq;
  for (const batch of batches) {
    const inputs = batch.map((record, nr) => inputOf(record, seq + nr));
    seq += batch.length;
    const issued = await issueChanges(inputs, signer);
    await inserting;
    inserting = insert(client, batch, inputs, issued);
  }
  await inserting;
  return seq - firstSeq;
}

function inputOf({ record, kind, fields, request }: RawRecord, seq: number): ChangeInput {
  return {
    issuer: ORGANISATION,
    book: BOOK,
    record,
    kind,
    atMs: Date.now(),
    jti: randomUUID(),
    txn: request,
    ver: 1,
    seq,
    term: 1,
    state: fields,
    recordKey: randomBytes(32),
    slotKey,
  };
}

async function insert(
  client: pg.Client,
  batch: readonly RawRecord[],
  inputs: readonly ChangeInput[],
  issued: readonly IssuedChange[],
): Promise<void> {
  const at = new Date();
  const ids = batch.map(({ record }) => record);
  const kinds = batch.map(({ kind }) => kind);
  const seqs = inputs.map(({ seq }) => seq);
  await client.query('BEGIN');
  await client.query({
    name: 'entries',
    text: `INSERT INTO entry (book, seq, kind, record, version, at, token, state, request)
             SELECT $1, seq, kind, record, 1, $2, token, state, request
               FROM unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[])
                 AS t(seq, kind, record, token, state, request)`,
    values: [
      BOOK,
      at,
      seqs,
      kinds,
      ids,
      issued.map(({ token }) => token),
      batch.map(({ fields }) => JSON.stringify(fields)),
      batch.map(({ request }) => request),
    ],
  });
  await client.query({
    name: 'records',
    text: `INSERT INTO record (book, id, kind, version, seq, "firstSeq", hash, key, "eventTime")
             SELECT $1, id, kind, 1, seq, seq, hash, key, event_time
               FROM unnest($2::text[], $3::text[], $4::int[], $5::text[], $6::bytea[], $7::timestamptz[])
                 AS t(id, kind, seq, hash, key, event_time)`,
    values: [
      BOOK,
      ids,
      kinds,
      seqs,
      issued.map(({ hash }) => hash),
      inputs.map(({ recordKey }) => recordKey),
      batch.map(({ eventTime }) => eventTime),
    ],
  });
  await insertLinks(client, batch);
  await insertRequests(client, batch, seqs, at);
  await client.query('COMMIT');
}

async function insertLinks(client: pg.Client, batch: readonly RawRecord[]): Promise<void> {
  const links = batch.flatMap(({ record, fields }) =>
    deriveLinks(fields).map((link, nr) => ({ record, nr, ...link })),
  );
  if (links.length === 0) return;
  const names = ['record', 'nr', 'role', 'identifier', 'field', 'kind', 'quantity', 'uom'] as const;
  await client.query({
    name: 'links',
    text: `INSERT INTO link (book, record, nr, role, identifier, field, kind, quantity, uom)
           SELECT $1, * FROM unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                                    $9::text[])`,
    values: [BOOK, ...names.map((name) => links.map((link) => link[name] ?? null))],
  });
}

async function insertRequests(
  client: pg.Client,
  batch: readonly RawRecord[],
  seqs: readonly number[],
  at: Date,
): Promise<void> {
  const outcomes = new Map<string, object[]>();
  for (const [nr, { record, request }] of batch.entries()) {
    const outcome = outcomes.get(request) ?? [];
    outcome.push({ record, version: 1, seq: seqs[nr] });
    outcomes.set(request, outcome);
  }
  const ids = [...outcomes.keys()];
  await client.query({
    name: 'requests',
    text: `INSERT INTO request (book, id, requester, key, "contentHash", state, outcome, "createdAt", "decidedAt", "decidedBy")
           SELECT $1, id, $2, key, hash, 'APPROVED', outcome, $3, $3, $4
             FROM unnest($5::uuid[], $6::text[], $7::text[], $8::text[]) AS t(id, key, hash, outcome)
           ON CONFLICT (id) DO NOTHING`,
    values: [
      BOOK,
      `${ORGANISATION}/erp`,
      at,
      ORGANISATION,
      ids,
      ids.map(() => randomUUID()),
      ids.map((id) => createHash('sha256').update(id).digest('base64url')),
      ids.map((id) => JSON.stringify(outcomes.get(id))),
    ],
  });
}
