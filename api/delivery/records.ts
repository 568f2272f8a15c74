import type { Database } from '../store/database.ts';
import { LotbookError } from '../errors.ts';
import type { JsonValue } from '../events/value.ts';
import type { RecordKind } from '../ledger/change.ts';
import { erasureOf } from '../ledger/erasure.ts';
import { permittedFields, searchableEverywhere, type Permitted } from '../sharing/permitted.ts';
import type { KeyedChange, StoredChange } from '../store/entries.ts';
import { readRecords, type RecordOrder, type RecordPosition, type RecordRow } from '../store/records.ts';
import { handOut, subjectOf } from './hand-out.ts';
import { narrow } from './narrow.ts';
import { formatCursor, isSeq, parseCursor, type Page } from './page.ts';
import { meets, type RecordSearch } from './record-search.ts';
import type { Scope } from './scope.ts';

/** A record as far as the caller may see it. */
export interface RecordView {
  book: string;
  id: string;
  kind: RecordKind;
  version: number;
  seq: number;
  updatedAt: Date;
  /** The permitted fields that are set. */
  fields: Record<string, JsonValue>;
  permitted: Permitted;
  /** Looking with a partner's eyes: names of set fields that it does not get. */
  withheld: string[];
  /** Why it was erased; null for a record that was not. */
  erased: string | null;
  token: string;
  disclosures: string[];
}

export interface RecordsQuery {
  search: RecordSearch;
  order: RecordOrder;
  descending: boolean;
  first: number;
  after?: string | null | undefined;
}

/** So many rows are looked at for one page; then it ends, full or not. */
const MAX_LOOKED_AT = 5_000;
const SMALLEST_BATCH = 64;
const LARGEST_BATCH = 512;

/**
 * One page of the records that meet a search. Rows are read in batches that grow, and each is judged by what the
 * caller may see of it; only what is shown is opened.
 */
export async function searchRecords(
  pool: Database['pool'],
  scope: Scope,
  query: RecordsQuery,
): Promise<Page<RecordView>> {
  const { search, order, descending, first } = query;
  checkOrder(scope, order);
  const cursorOf = (row: RecordRow): string => formatCursor(order, numbersOf(order, row));
  const narrowing = narrow(search, scope.grants, scope.question);
  let after = query.after ? positionOf(order, query.after) : null;
  const page: Page<RecordView> = {
    items: [],
    hasNextPage: false,
    hasPreviousPage: after !== null,
    endCursor: null,
  };
  let lookedAt = 0;
  let batch = Math.max(SMALLEST_BATCH, first + 1);
  for (;;) {
    const limit = Math.min(batch, MAX_LOOKED_AT - lookedAt);
    const rows = await readRecords(pool, {
      ...narrowing,
      book: scope.book.id,
      order,
      descending,
      after,
      limit,
    });
    for (const row of rows) {
      const node = meets(search, seen(scope, row.entry)) ? viewOf(scope, row) : null;
      if (node && page.items.length === first) return { ...page, hasNextPage: true };
      if (!node) continue;
      page.endCursor = cursorOf(row);
      page.items.push({ cursor: page.endCursor, node });
    }
    lookedAt += rows.length;
    if (rows.length < limit) return page;
    const last = rows.at(-1) as RecordRow;
    if (lookedAt >= MAX_LOOKED_AT) return { ...page, endCursor: cursorOf(last), hasNextPage: true };
    after = placeOf(order, last);
    batch = Math.min(batch * 2, LARGEST_BATCH);
  }
}

/** A record as the scope sees it; null where nothing of it is permitted. */
export function viewOf(
  { book, grants, question, viewAs }: Scope,
  { entry, key }: KeyedChange,
): RecordView | null {
  const handed = handOut(entry, key, grants, question);
  if (!handed) return null;
  const erased = erasureOf(entry.state)?.reason ?? null;
  return {
    book: book.id,
    id: entry.record,
    kind: entry.kind,
    version: entry.version,
    seq: entry.seq,
    updatedAt: entry.at,
    ...handed,
    erased,
    withheld:
      viewAs && erased === null
        ? Object.keys(entry.state ?? {}).filter((name) => !Object.hasOwn(handed.fields, name))
        : [],
    token: entry.token,
  };
}

/** What a search may look at. The fields are those that `handOut` would give; nothing is opened yet. */
function seen({ grants, question }: Scope, entry: StoredChange) {
  const state = entry.state ?? {};
  const about = { id: entry.record, kind: entry.kind, at: entry.at.getTime() };
  if (question === 'OWN') return { ...about, fields: state };
  const permitted = permittedFields(grants, subjectOf(entry), Object.keys(state), question);
  const fields: Record<string, JsonValue> = {};
  for (const name of permitted.keys()) fields[name] = state[name] as JsonValue;
  return { ...about, fields };
}

/** Sorting by a field tells its value. */
function checkOrder({ grants, question }: Scope, order: RecordOrder): void {
  if (order !== 'EVENT_TIME' || question === 'OWN') return;
  if (searchableEverywhere(grants, question)('eventTime')) return;
  throw new LotbookError(
    'NOT_PERMITTED',
    'Not every grant gives you eventTime, so records cannot be sorted by it.',
  );
}

function placeOf(order: RecordOrder, { entry, firstSeq, eventTime }: RecordRow): RecordPosition {
  return { seq: order === 'CURRENT' ? entry.seq : firstSeq, time: eventTime?.getTime() ?? null };
}

function numbersOf(order: RecordOrder, row: RecordRow): number[] {
  const { seq, time } = placeOf(order, row);
  return order === 'EVENT_TIME' ? [seq, time ?? 0] : [seq];
}

function positionOf(order: RecordOrder, cursor: string): RecordPosition {
  const [seq, time = null] = parseCursor(order, order === 'EVENT_TIME' ? 2 : 1, cursor);
  const isTime = time === null || Math.abs(time) <= 8.64e15;
  if (isSeq(seq) && isTime) return { seq, time };
  throw new LotbookError('BAD_INPUT', 'This is no cursor of this list.', { place: 'after' });
}
