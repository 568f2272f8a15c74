import type { Database } from '../store/database.ts';
import { LotbookError } from '../errors.ts';
import { canonicalIdentifier } from '../events/identifiers.ts';
import type { JsonValue } from '../events/value.ts';
import type { RecordKind } from '../ledger/change.ts';
import { requestersOf } from '../store/requests.ts';
import { isChange, readEntries, readEntriesOfRecord, type KeyedEntry } from '../store/entries.ts';
import { handOut } from './hand-out.ts';
import { formatCursor, isSeq, parseCursor, type Page } from './page.ts';
import type { Scope } from './scope.ts';

/** One approved change, as far as the caller may see it. */
export interface ChangeView {
  book: string;
  seq: number;
  record: string;
  kind: RecordKind;
  version: number;
  at: Date;
  /** Client id of who asked for it; null for partners, and where the request is not known here. */
  by: string | null;
  fields: Record<string, JsonValue>;
  token: string;
  disclosures: string[];
}

export interface ChangesQuery {
  record?: string | null | undefined;
  first: number;
  after?: string | null | undefined;
}

const MAX_LOOKED_AT = 5_000;
const BATCH = 128;

/** One page of the log of a book, or of one record, oldest first. */
export async function readChanges(
  pool: Database['pool'],
  scope: Scope,
  { record, first, after }: ChangesQuery,
): Promise<Page<ChangeView>> {
  let seq = after ? seqOf(after) : 0;
  const page: Page<ChangeView> = { items: [], hasNextPage: false, hasPreviousPage: seq > 0, endCursor: null };
  const id = record ? canonicalIdentifier(record) : null;
  const requests = new Map<ChangeView, string>();
  const done = async (): Promise<Page<ChangeView>> => {
    if (scope.question !== 'OWN') return page;
    const requesters = await requestersOf(pool, [...requests.values()]);
    for (const [view, request] of requests) view.by = requesters.get(request) ?? null;
    return page;
  };
  const read = (): Promise<KeyedEntry[]> =>
    id === null
      ? readEntries(pool, { book: scope.book.id, after: seq, limit: BATCH })
      : readEntriesOfRecord(pool, { book: scope.book.id, record: id, after: seq, limit: BATCH });
  for (let lookedAt = 0; lookedAt < MAX_LOOKED_AT; lookedAt += BATCH) {
    const entries = await read();
    for (const keyed of entries) {
      const node = viewOf(scope, keyed);
      if (node && page.items.length === first) {
        page.hasNextPage = true;
        return done();
      }
      seq = keyed.entry.seq;
      if (!node) continue;
      page.endCursor = formatCursor('LOG', [seq]);
      page.items.push({ cursor: page.endCursor, node });
      requests.set(node, keyed.entry.request);
    }
    if (entries.length < BATCH) return done();
  }
  page.endCursor = formatCursor('LOG', [seq]);
  page.hasNextPage = true;
  return done();
}

function viewOf({ grants, question }: Scope, keyed: KeyedEntry): ChangeView | null {
  if (!isChange(keyed)) return null;
  const { entry, key } = keyed;
  const handed = handOut(entry, key, grants, question);
  if (!handed) return null;
  const { book, seq, record, kind, version, at, token } = entry;
  const { fields, disclosures } = handed;
  return { book, seq, record, kind, version, at, by: null, fields, token, disclosures };
}

function seqOf(cursor: string): number {
  const [seq] = parseCursor('LOG', 1, cursor);
  if (isSeq(seq)) return seq;
  throw new LotbookError('BAD_INPUT', 'This is no cursor of this list.', { place: 'after' });
}
