import { deriveLinks } from '../events/links.ts';
import { tokenHash } from '../ledger/change.ts';
import { erasureOf } from '../ledger/erasure.ts';
import { grantFromFields, type Grant } from '../sharing/grant.ts';
import { attributesOf } from '../sharing/subject.ts';
import type { CopiedEntry, CopiedHead, CopiedRecord } from '../store/copies.ts';
import type { Held } from './copies.ts';

/** What is held of the records that a batch touches, and what the batch makes of it. */
export class Copy implements Held {
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

  take(given: CopiedEntry): void {
    const entry = this.#isErasedSince(given) ? { ...given, fields: {}, disclosures: [] } : given;
    const before = this.at(entry.seq);
    // The token is the same: without anything that is opened for the first time it is a repeat.
    if (before?.disclosures.length === entry.disclosures.length) return;
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

  /** Whether its record is known to be erased in a later version: then nothing of an earlier one is kept, however late it comes. */
  #isErasedSince({ record, version }: CopiedEntry): boolean {
    const head = this.#heads.get(record);
    const current = head && head.version > version ? this.version(record, head.version) : undefined;
    return erasureOf(current?.fields) !== null;
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
    links: kind === 'GRANT' || kind === 'LOCK' ? [] : deriveLinks(fields),
    erased: erasureOf(fields) !== null,
  };
}
