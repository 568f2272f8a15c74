import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { deriveLinks } from '../../../api/events/links.ts';
import type { Fields } from '../../../api/events/fields.ts';

/** Every lot of a family is made of one of those before it, is shipped and received: three events a lot. */
export interface Family {
  name: string;
  lots: number;
  /** Of which one a lot is made; by default four are made of each, and ten thousand lots are eight levels. */
  parent?: (nr: number) => number | null;
}

const EVENTS_EACH = 3;
const BATCH = 4_000;

export const lotOf = (family: string, nr: number): string =>
  `https://id.gs1.org/01/09521234543213/10/${family}-${nr}`;

/** Inserts the rows of a book of families as a node would have them; tracing reads no tokens. */
export async function insertFamilies(
  client: pg.Client,
  book: string,
  families: Iterable<Family>,
): Promise<number> {
  const [organisation = ''] = book.split('/');
  await client.query(
    `INSERT INTO book (id, title, owner, authority, "slotKey") VALUES ($1, 'Season', $2, $2, '\\x00')`,
    [book, organisation],
  );
  let seq = 0;
  let batch: Fields[] = [];
  const flush = async (): Promise<void> => {
    await insert(client, book, seq, batch);
    seq += batch.length;
    batch = [];
  };
  for (const family of families) {
    for (let nr = 0; nr < family.lots; nr += 1) {
      batch.push(...eventsOf(family, nr));
      if (batch.length >= BATCH) await flush();
    }
  }
  await flush();
  await client.query('ANALYZE');
  return seq;
}

export const eventsIn = (lots: number): number => lots * EVENTS_EACH;

const byFour = (nr: number): number | null => (nr === 0 ? null : (nr - 1) >> 2);

function eventsOf({ name, parent = byFour }: Family, nr: number): Fields[] {
  const lot = lotOf(name, nr);
  const madeOf = parent(nr);
  const from = madeOf === null ? null : lotOf(name, madeOf);
  const time = (step: number) =>
    new Date(Date.UTC(2026, 0, 1) + (nr * EVENTS_EACH + step) * 60_000).toISOString();
  const common = { eventTimeZoneOffset: '+00:00', 'bizLocation.id': 'https://id.gs1.org/414/9521321000018' };
  const seen = (step: number, bizStep: string): Fields => ({
    ...common,
    type: 'ObjectEvent',
    action: 'OBSERVE',
    bizStep,
    eventTime: time(step),
    'quantityList[].epcClass': [lot],
    'quantityList[].quantity': ['10'],
    'quantityList[].uom': ['KGM'],
  });
  const making: Fields = {
    ...common,
    type: from ? 'TransformationEvent' : 'ObjectEvent',
    eventTime: time(0),
    ...(from
      ? { 'inputQuantityList[].epcClass': [from], 'outputQuantityList[].epcClass': [lot] }
      : { action: 'ADD', 'quantityList[].epcClass': [lot] }),
  };
  return [making, seen(1, 'shipping'), seen(2, 'receiving')];
}

async function insert(
  client: pg.Client,
  book: string,
  after: number,
  events: readonly Fields[],
): Promise<void> {
  const ids = events.map(() => `urn:uuid:${randomUUID()}`);
  const seqs = events.map((_, nr) => after + nr + 1);
  const values = [book, seqs, ids, events.map((fields) => JSON.stringify(fields)), randomUUID()];
  await client.query(
    `INSERT INTO entry (book, seq, kind, record, version, at, token, state, request)
     SELECT $1, seq, 'EVENT', record, 1, now(), '', state, $5
       FROM unnest($2::int[], $3::text[], $4::text[]) AS t(seq, record, state)`,
    values,
  );
  await client.query(
    `INSERT INTO record (book, id, kind, version, seq, "firstSeq", hash, "eventTime")
     SELECT $1, id, 'EVENT', 1, seq, seq, '', time FROM unnest($2::int[], $3::text[], $4::timestamptz[]) AS t(seq, id, time)`,
    [book, seqs, ids, events.map((fields) => fields['eventTime'])],
  );
  const links = events.flatMap((fields, at) =>
    deriveLinks(fields).map((link, nr) => ({ ...link, record: ids[at], nr })),
  );
  const columns = ['record', 'nr', 'role', 'identifier', 'field', 'kind', 'quantity', 'uom'] as const;
  await client.query(
    `INSERT INTO link (book, record, nr, role, identifier, field, kind, quantity, uom)
     SELECT $1, * FROM unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])`,
    [book, ...columns.map((name) => links.map((link) => link[name] ?? null))],
  );
}
