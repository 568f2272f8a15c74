import { setImmediate } from 'node:timers/promises';
import { found } from '../delivery/reading.ts';
import type { RecordView } from '../delivery/records.ts';
import { LotbookError } from '../errors.ts';
import { openDocument, type PrintedDocument } from '../exports/pdf/document.ts';
import { tokenHash, RECORD_KINDS } from '../ledger/change.ts';
import { printCode } from '../ledger/print-code.ts';
import type { Caller } from '../sharing/caller.ts';
import type { BooksDeps } from './deps.ts';

export interface Print {
  /** One document (ISO 32000). */
  pdf: Buffer;
  code: string;
  records: number;
}

/** A page or so each, and some milliseconds of this node's time. */
const MOST_RECORDS = 500;
const PAGE = 100;
/** Locks and sharing rules are no content. */
const KINDS = RECORD_KINDS.filter((kind) => kind !== 'LOCK' && kind !== 'GRANT');

/**
 * Prints records of a book, or all of it, as far as the caller may see them: each with its version, and a code on every page by which
 * the versions can be checked. Throws NOT_FOUND, TOO_LARGE.
 */
export async function printRecords(
  deps: BooksDeps,
  caller: Caller,
  { book, records }: { book: string; records: readonly string[] | null },
): Promise<Print> {
  const { title } = found(await deps.reading.book(caller, book), 'book');
  const views = records ? await chosen(deps, caller, book, records) : await all(deps, caller, book);
  const code = printCode(views);
  const document = await openDocument({
    title: `${title} (${book})`,
    author: deps.organisation,
    at: deps.clock(),
    foot: `Verification code ${code}`,
  });
  for (const view of views) {
    printOne(document, view);
    // Others are served meanwhile.
    await setImmediate();
  }
  return { pdf: await document.end(), code, records: views.length };
}

/** Whether these versions, in this order, are those that a code was printed for. Throws NOT_FOUND for one that may not be seen. */
export async function isPrintOf(
  { reading }: BooksDeps,
  caller: Caller,
  {
    book,
    versions,
    code,
  }: { book: string; versions: readonly { record: string; version: number }[]; code: string },
): Promise<boolean> {
  checkCount(versions.length);
  const views: RecordView[] = [];
  for (const { record: id, version } of versions)
    views.push(found(await reading.version({ caller, book, id, version }), 'version'));
  const plain = (text: string) => text.replace(/[\s-]/g, '').toUpperCase();
  return plain(code) === plain(printCode(views));
}

async function chosen(
  { reading }: BooksDeps,
  caller: Caller,
  book: string,
  records: readonly string[],
): Promise<RecordView[]> {
  checkCount(records.length);
  const views: RecordView[] = [];
  for (const id of records) views.push(found(await reading.record({ caller, book, id }), 'record'));
  return views;
}

async function all({ reading }: BooksDeps, caller: Caller, book: string): Promise<RecordView[]> {
  const views: RecordView[] = [];
  const query = { caller, book, search: { kinds: KINDS }, order: 'FIRST' as const, descending: false };
  for (let after: string | null = null; ;) {
    const page = await reading.search({ ...query, first: PAGE, after });
    views.push(...page.items.map(({ node }) => node));
    checkCount(Math.max(1, views.length));
    if (!page.hasNextPage || page.endCursor === null) return views;
    after = page.endCursor;
  }
}

function checkCount(count: number): void {
  if (count >= 1 && count <= MOST_RECORDS) return;
  throw new LotbookError('TOO_LARGE', `Print 1 to ${MOST_RECORDS} records at a time: choose some.`, {
    place: 'records',
  });
}

function printOne(document: PrintedDocument, view: RecordView): void {
  const { id, kind, version, seq, updatedAt, erased, fields, token } = view;
  document.heading(id, 1);
  document.pairs([
    ['Kind', kind],
    ['Version', `${version}, entry ${seq} of the book`],
    ['Approved', updatedAt.toISOString()],
    ['Hash of its token', tokenHash(token)],
    ...(erased === null ? [] : [['Erased', erased] as const]),
  ]);
  const names = Object.keys(fields).toSorted();
  const rows = names.map((name) => [name, textOf(fields[name])]);
  const columns = [
    { head: 'Field', share: 2 },
    { head: 'Value', share: 3 },
  ];
  if (rows.length > 0) document.table(columns, rows);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
