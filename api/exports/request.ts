import { canonicalIdentifier } from '../events/identifiers.ts';
import { LotbookError } from '../errors.ts';
import { MAX_SCOPED_RECORDS, OF_EVERY_EXPORT, type Scope } from '../ledger/export/lines.ts';
import type { Caller } from '../sharing/caller.ts';
import type { ExportFormat } from '../store/export-jobs.ts';
import type { StoredEntry } from '../store/entries.ts';

/** An audit export that somebody asks for. */
export interface ExportRequest {
  caller: Caller;
  book: string;
  /** With whose eyes; null is as the caller. */
  audience: string | null;
  /** Ids of records; null is all. */
  records: readonly string[] | null;
  /** Entries approved from and until these moments; null is all. */
  from: Date | null;
  until: Date | null;
  format: ExportFormat;
}

/** @throws LotbookError BAD_INPUT */
export function scopeOfRequest({ records, from, until }: ExportRequest): Scope {
  if (records && (records.length === 0 || records.length > MAX_SCOPED_RECORDS)) {
    const message = `Name 1 to ${MAX_SCOPED_RECORDS} records, or none for all.`;
    throw new LotbookError('BAD_INPUT', message, { place: 'input.records' });
  }
  if (from && until && from >= until)
    throw new LotbookError('BAD_INPUT', 'The end is not after the beginning.', { place: 'input.until' });
  return {
    records: records && [...new Set(records.flatMap((id) => [id, canonicalIdentifier(id)]))].toSorted(),
    from: from?.toISOString() ?? null,
    until: until?.toISOString() ?? null,
  };
}

/** Whether an entry was asked for. Who could sign, and with which key, belongs to every export. */
export function isInScope({ records, from, until }: Scope): (entry: StoredEntry) => boolean {
  const ids = records && new Set(records);
  const [first, end] = [
    from === null ? -Infinity : Date.parse(from),
    until === null ? Infinity : Date.parse(until),
  ];
  return ({ kind, record, at }) => {
    if (OF_EVERY_EXPORT.has(kind)) return true;
    const time = at.getTime();
    return (!ids || ids.has(record)) && time >= first && time < end;
  };
}
