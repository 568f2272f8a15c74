import { deriveLinks } from '../events/links.ts';
import { tokenHash } from '../ledger/change.ts';
import { grantFromFields, type Grant } from '../sharing/grant.ts';
import { attributesOf } from '../sharing/subject.ts';
import type { Database } from '../store/database.ts';
import {
  lockFeed,
  readCopiedEntries,
  readCopiedHeads,
  writeCopies,
  type CopiedEntry,
  type CopiedHead,
  type CopiedRecord,
  type QuarantinedItem,
} from '../store/copies.ts';
import { inTransaction } from '../store/transaction.ts';
import {
  checkItem,
  claimedPlace,
  evidenceOf,
  type Held,
  type ItemFaultCode,
  type Origin,
  type ReceivedItem,
} from './copies.ts';

export interface Batch {
  items: readonly ReceivedItem[];
  /** Undefined leaves the feed where it is. */
  cursor: string | undefined;
}

export interface Applied {
  applied: number;
  quarantined: QuarantinedItem[];
}

/**
 * Verifies a batch and writes it with the cursor in one transaction. What fails verification is kept aside and does not
 * keep the rest from being applied. Applying a batch again changes nothing.
 */
export async function applyBatch(
  pool: Database['pool'],
  origin: Origin,
  grants: readonly Grant[],
  batch: Batch,
  now: Date,
): Promise<Applied> {
  try {
    return await applyWhole(pool, origin, grants, batch, now);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return applyOneByOne(pool, origin, grants, batch, now);
  }
}

async function applyWhole(
  pool: Database['pool'],
  origin: Origin,
  grants: readonly Grant[],
  { items, cursor }: Batch,
  now: Date,
): Promise<Applied> {
  const { book } = origin;
  return inTransaction(pool, async (client) => {
    await lockFeed(client, book);
    const places = items.flatMap(({ token }) => claimedPlace(token) ?? []);
    const heads = await readCopiedHeads(client, book, [...new Set(places.map(({ record }) => record))]);
    const around = places.flatMap(({ record, version }) =>
      [version - 1, version, version + 1].map((number) => ({ record, version: number })),
    );
    const versions = [...around, ...heads.map(({ id, version }) => ({ record: id, version }))];
    const seqs = places.map(({ seq }) => seq);
    const copy = new Copy(await readCopiedEntries(client, book, { seqs, versions }), heads, grants);
    const quarantined: QuarantinedItem[] = [];
    let applied = 0;
    for (const item of items) {
      const checked = checkItem(item, copy, origin);
      if (checked.ok) {
        copy.take(checked.entry);
        applied += 1;
      } else quarantined.push(aside(item, checked.code, checked.detail));
    }
    const { entries, records } = copy;
    await writeCopies(client, { book, entries, records, quarantined, cursor, now });
    return { applied, quarantined };
  });
}

/** Something in the batch cannot be stored: finds out what, and keeps that aside. */
async function applyOneByOne(
  pool: Database['pool'],
  origin: Origin,
  grants: readonly Grant[],
  { items, cursor }: Batch,
  now: Date,
): Promise<Applied> {
  const total: Applied = { applied: 0, quarantined: [] };
  for (const item of items) {
    const one = { items: [item], cursor: undefined };
    try {
      const { applied, quarantined } = await applyWhole(pool, origin, grants, one, now);
      total.applied += applied;
      total.quarantined.push(...quarantined);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      total.quarantined.push(aside(item, 'NOT_STORED', `SQLSTATE ${(error as { code: string }).code}`));
    }
  }
  const { book } = origin;
  await inTransaction(pool, async (client) => {
    await lockFeed(client, book);
    await writeCopies(client, {
      book,
      entries: [],
      records: [],
      quarantined: total.quarantined,
      cursor,
      now,
    });
  });
  return total;
}

/** What is held of the records that a batch touches, and what the batch makes of it. */
class Copy implements Held {
  readonly grants: Map<string, Grant>;
  #bySeq = new Map<number, CopiedEntry>();
  #byVersion = new Map<string, CopiedEntry>();
  #heads = new Map<string, CopiedHead>();
  #changed = new Map<number, CopiedEntry>();
  #records = new Map<string, CopiedRecord>();

  constructor(entries: readonly CopiedEntry[], heads: readonly CopiedHead[], grants: readonly Grant[]) {
    this.grants = new Map(grants.map((grant) => [grant.id, grant]));
    for (const entry of entries) this.#put(entry);
    for (const head of heads) this.#heads.set(head.id, head);
  }

  get entries(): CopiedEntry[] {
    return [...this.#changed.values()];
  }

  get records(): CopiedRecord[] {
    return [...this.#records.values()];
  }

  at(seq: number): CopiedEntry | undefined {
    return this.#bySeq.get(seq);
  }

  version(record: string, version: number): CopiedEntry | undefined {
    return this.#byVersion.get(`${version} ${record}`);
  }

  take(entry: CopiedEntry): void {
    this.#put(entry);
    this.#changed.set(entry.seq, entry);
    const { record, version, seq } = entry;
    const head = this.#heads.get(record);
    const firstSeq = Math.min(head?.firstSeq ?? seq, seq);
    if (!head || version >= head.version) {
      this.#heads.set(record, { id: record, version, firstSeq });
      this.#records.set(record, recordOf(entry, firstSeq));
      if (entry.kind === 'GRANT') this.#takeGrant(entry);
      return;
    }
    // An older version that came later: the record only begins earlier than was known.
    this.#heads.set(record, { ...head, firstSeq });
    const current = this.version(record, head.version);
    if (current) this.#records.set(record, recordOf(current, firstSeq));
  }

  #put(entry: CopiedEntry): void {
    this.#bySeq.set(entry.seq, entry);
    this.#byVersion.set(`${entry.version} ${entry.record}`, entry);
  }

  #takeGrant({ record: id, version, seq, fields }: CopiedEntry): void {
    const since = version === 1 ? seq : (this.grants.get(id)?.since ?? seq);
    this.grants.set(id, grantFromFields({ id, version, since }, fields));
  }
}

function recordOf(
  { record, kind, version, seq, token, fields }: CopiedEntry,
  firstSeq: number,
): CopiedRecord {
  const { time } = attributesOf(kind, record, fields);
  return {
    id: record,
    kind,
    version,
    seq,
    firstSeq,
    hash: tokenHash(token),
    eventTime: time === null ? null : new Date(time),
    links: kind === 'GRANT' ? [] : deriveLinks(fields),
  };
}

function aside(item: ReceivedItem, code: ItemFaultCode, detail: string): QuarantinedItem {
  const seq = claimedPlace(item.token)?.seq ?? null;
  return { seq, code, detail: detail.slice(0, 500), item: evidenceOf(item, code) };
}

/**
 * Data exceptions, violated constraints and exceeded limits, such as that of an index row (SQLSTATE classes 22, 23 and
 * 54): the content's fault, not the connection's.
 */
function isRefusal(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^(22|23|54)/.test(code);
}
