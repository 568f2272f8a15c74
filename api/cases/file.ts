import type { RecordView } from '../delivery/records.ts';
import { LotbookError } from '../errors.ts';
import { unflatten } from '../events/fields.ts';
import { sha256Bytes } from '../identity/sha256.ts';
import type { RecordKind } from '../ledger/change.ts';
import { noticeOf, replyOf, type NoticeContent, type ReplyContent } from '../recall/notice.ts';
import type { Caller } from '../sharing/caller.ts';
import type { CasesDeps } from './deps.ts';

/** The case itself, as its record holds it (events/case-shapes.ts). */
export interface CaseContent {
  title: string;
  state: 'OPEN' | 'CLOSED';
  clockStart: string;
  drill: boolean;
  class?: 'CLASS_I' | 'CLASS_II' | 'CLASS_III';
  hazard?: string;
  product?: string;
  openedBy: string;
  upstream?: string;
  tracedAt?: string;
  closedAt?: string;
  closedBy?: string;
  summary?: string;
}

/** A record of a case, and where it is. */
export interface InFile<T> {
  book: string;
  id: string;
  version: number;
  content: T;
}

const PAGE = 100;

/** The records of some kinds, all of them, as far as the caller may see them. */
export async function readKinds(
  { reading }: Pick<CasesDeps, 'reading'>,
  caller: Caller,
  book: string,
  kinds: readonly RecordKind[],
  ids?: readonly string[],
): Promise<RecordView[]> {
  const found: RecordView[] = [];
  for (let after: string | null = null; ;) {
    const search = { kinds, ids };
    const page = await reading.search({
      caller,
      book,
      search,
      order: 'FIRST',
      descending: false,
      first: PAGE,
      after,
    });
    found.push(...page.items.map(({ node }) => node).filter(({ erased }) => erased === null));
    if (!page.hasNextPage || page.endCursor === null) return found;
    after = page.endCursor;
  }
}

export function caseIn(view: RecordView): InFile<CaseContent> {
  return inFile(view, unflatten(view.fields) as unknown as CaseContent);
}

export function noticeIn(view: RecordView): InFile<NoticeContent> {
  return inFile(view, noticeOf(view.fields));
}

export function replyIn(view: RecordView): InFile<ReplyContent> {
  return inFile(view, replyOf(view.fields));
}

function inFile<T>({ book, id, version }: RecordView, content: T): InFile<T> {
  return { book, id, version, content };
}

/** The case of a book; null where it is none, or nothing of it is open to the caller. */
export async function findCase(
  deps: Pick<CasesDeps, 'reading'>,
  caller: Caller,
  book: string,
): Promise<InFile<CaseContent> | null> {
  const [view] = await readKinds(deps, caller, book, ['CASE']);
  return view ? caseIn(view) : null;
}

/** @throws LotbookError NOT_FOUND */
export async function readCase(
  deps: Pick<CasesDeps, 'reading'>,
  caller: Caller,
  book: string,
): Promise<InFile<CaseContent>> {
  const found = await findCase(deps, caller, book);
  if (found) return found;
  throw new LotbookError('NOT_FOUND', 'There is no such case, or none that you may see.', { place: 'book' });
}

/** @throws LotbookError NOT_FOUND */
export async function readNotice(
  { reading }: Pick<CasesDeps, 'reading'>,
  caller: Caller,
  book: string,
  id: string,
): Promise<InFile<NoticeContent>> {
  const view = await reading.record({ caller, book, id });
  if (view?.kind === 'NOTICE' && view.erased === null) return noticeIn(view);
  throw new LotbookError('NOT_FOUND', 'There is no such notice, or none that you may see.', { place: 'id' });
}

/** The replies of a notice, in the order of its recipients. */
export async function readReplies(
  deps: Pick<CasesDeps, 'reading'>,
  caller: Caller,
  book: string,
  notice: string,
): Promise<InFile<ReplyContent>[]> {
  const views = await readKinds(deps, caller, book, ['REPLY']);
  return views.map(replyIn).filter(({ content }) => content.notice === notice);
}

/** Names what is one party's in a case or a notice, without telling who it is, or how many there are. */
export function mark(of: string, party: string): string {
  return sha256Bytes(`${of} ${party}`).toString('hex').slice(0, 24);
}
