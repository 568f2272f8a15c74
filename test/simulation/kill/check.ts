import pg from 'pg';
import { type EntryKind, isRecordKind } from '../../../api/ledger/change.ts';
import { deriveLinks } from '../../../api/events/links.ts';
import { verificationKey, type PublicJwk } from '../../../api/identity/jwk.ts';
import { disclose } from '../../../api/ledger/disclose.ts';
import { verifyChange } from '../../../api/ledger/verify-change.ts';
import { connection } from '../../../api/store/database.ts';
import type { Acknowledged, Outcome } from './load.ts';

export interface Findings {
  entries: number;
  requests: number;
  /** What is not as it has to be; empty is good. */
  faults: string[];
}

interface EntryRow {
  seq: number;
  kind: EntryKind;
  record: string;
  version: number;
  token: string;
  state: string;
  request: string;
  key: Buffer;
}

interface RequestRow {
  id: string;
  key: string;
  state: string;
  outcome: string | null;
}

/**
 * Whether the authority's database holds exactly what it acknowledged: every acknowledged change once, in its place; no
 * seq missing or twice; nothing that nobody asked for; every version chained to the one before it, signed and openable;
 * records, links and requests as the log says.
 */
export async function checkAuthority(
  url: string,
  {
    book,
    jwk,
    acknowledged,
  }: { book: string; jwk: PublicJwk; acknowledged: ReadonlyMap<string, Acknowledged> },
): Promise<Findings> {
  const client = new pg.Client(connection(url));
  await client.connect();
  try {
    const rows = async <T extends pg.QueryResultRow>(sql: string): Promise<T[]> =>
      (await client.query<T>(sql, [book])).rows;
    const log = await rows<EntryRow>(
      `SELECT e.seq, e.kind, e.record, e.version, e.token, e.state, e.request, r.key
       FROM entry e LEFT JOIN record r ON r.book = e.book AND r.id = e.record WHERE e.book = $1 ORDER BY e.seq`,
    );
    const entries = log.filter(({ kind }) => isRecordKind(kind));
    const requests = await rows<RequestRow>('SELECT id, key, state, outcome FROM request WHERE book = $1');
    const [head] = await rows<{ length: number }>('SELECT length FROM book WHERE id = $1');
    const records = await rows<{ id: string; version: number; seq: number; hash: string }>(
      'SELECT id, version, seq, hash FROM record WHERE book = $1',
    );
    const links = await rows<{ record: string; links: number }>(
      'SELECT record, count(*)::int AS links FROM link WHERE book = $1 GROUP BY record',
    );
    const faults = [
      ...checkSeqs(log, head?.length ?? 0),
      ...checkAcknowledged(entries, requests, acknowledged),
      ...checkRequests(entries, requests),
      ...checkChain(entries, records, { book, jwk }),
      ...checkLinks(entries, new Map(links.map((row) => [row.record, row.links]))),
    ];
    return { entries: entries.length, requests: requests.length, faults };
  } finally {
    await client.end();
  }
}

function checkSeqs(entries: readonly EntryRow[], length: number): string[] {
  const gaps = entries
    .filter(({ seq }, at) => seq !== at + 1)
    .map(({ seq }) => `seq ${seq} is not in its place`);
  return length === entries.length
    ? gaps
    : [...gaps, `the book says ${length} entries and has ${entries.length}`];
}

function checkAcknowledged(
  entries: readonly EntryRow[],
  requests: readonly RequestRow[],
  acknowledged: ReadonlyMap<string, Acknowledged>,
): string[] {
  const faults: string[] = [];
  const bySeq = new Map(entries.map((entry) => [entry.seq, entry]));
  const rowOf = new Map(requests.map((request) => [request.key, request]));
  for (const { id, key, outcome, marks } of acknowledged.values()) {
    if (rowOf.get(key)?.id !== id) faults.push(`${key} is not the request that was acknowledged`);
    for (const [at, { record, version, seq }] of outcome.entries()) {
      const entry = bySeq.get(seq);
      const isThere = entry?.record === record && entry.version === version && entry.request === id;
      if (!isThere) faults.push(`${key} change ${at} was acknowledged and is lost`);
      else if (!entry.state.includes(JSON.stringify(marks[at])))
        faults.push(`${key} change ${at} is another one`);
    }
  }
  for (const { key, state } of requests) {
    if (key.startsWith('client ') && !acknowledged.has(key))
      faults.push(`${key} is there, ${state}, unanswered`);
  }
  return faults;
}

function checkRequests(entries: readonly EntryRow[], requests: readonly RequestRow[]): string[] {
  const made = new Map<string, string[]>();
  for (const { request, record, version, seq } of entries) {
    made.set(request, [...(made.get(request) ?? []), `${record} ${version} ${seq}`]);
  }
  const faults: string[] = [];
  for (const { id, key, state, outcome } of requests) {
    const said = (JSON.parse(outcome ?? '[]') as Outcome[]).map(
      (each) => `${each.record} ${each.version} ${each.seq}`,
    );
    if (state !== 'APPROVED') faults.push(`${key} is ${state}`);
    if (said.toSorted().join() !== (made.get(id) ?? []).toSorted().join()) {
      faults.push(`${key} says another outcome than the log`);
    }
    made.delete(id);
  }
  return [...faults, ...[...made.keys()].map((id) => `entries without a request: ${id}`)];
}

function checkChain(
  entries: readonly EntryRow[],
  records: readonly { id: string; version: number; seq: number; hash: string }[],
  { book, jwk }: { book: string; jwk: PublicJwk },
): string[] {
  const key = verificationKey(jwk);
  const keys = new Map([[key.kid, key]]);
  const [issuer = ''] = book.split('/');
  const heads = new Map<string, { ver: number; seq: number; hash: string }>();
  const faults: string[] = [];
  for (const { seq, record, token, state: text, key: recordKey, version } of entries) {
    const state = JSON.parse(text) as Record<string, string>;
    const { disclosures } = disclose({ token, recordKey, state }, Object.keys(state));
    const previous = heads.get(record) ?? { ver: 0, hash: '' };
    const verified = verifyChange({ token, disclosures, keys, expect: { issuer, book }, previous });
    if (!verified.ok) faults.push(`seq ${seq}: ${verified.code} ${verified.detail}`);
    else if (
      verified.change.seq !== seq ||
      verified.change.ver !== version ||
      verified.change.record !== record
    ) {
      faults.push(`seq ${seq} is signed for another place`);
    } else if (JSON.stringify(sorted(verified.change.fields)) !== JSON.stringify(sorted(state))) {
      faults.push(`seq ${seq} opens to another state`);
    } else heads.set(record, { ver: version, seq, hash: verified.change.hash });
  }
  for (const { id, version, seq, hash } of records) {
    const head = heads.get(id);
    if (head?.ver !== version || head.seq !== seq || head.hash !== hash)
      faults.push(`${id} is not at its last version`);
    heads.delete(id);
  }
  return [...faults, ...[...heads.keys()].map((id) => `${id} has entries and no record`)];
}

function checkLinks(entries: readonly EntryRow[], links: ReadonlyMap<string, number>): string[] {
  const current = new Map(entries.map(({ record, state }) => [record, state]));
  return [...current]
    .filter(([record, state]) => deriveLinks(JSON.parse(state)).length !== (links.get(record) ?? 0))
    .map(([record]) => `${record} has other links than its state`);
}

function sorted(fields: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
