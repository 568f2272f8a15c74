import { LotbookError } from '../errors.ts';
import { afterStep, type NoticeStep } from '../recall/notice-state.ts';
import { missingIn, type NoticeContent } from '../recall/notice.ts';
import type { Caller } from '../sharing/caller.ts';
import { instant, needRole, write, type CasesDeps } from './deps.ts';
import { readCase, readNotice, type InFile } from './file.ts';

/** What people say in a draft; the rest is the operations' own. */
export type NoticeDraft = Pick<NoticeContent, 'type' | 'action' | 'title'> &
  Partial<
    Pick<
      NoticeContent,
      | 'updates'
      | 'class'
      | 'depth'
      | 'reason'
      | 'hazard'
      | 'instructions'
      | 'contact'
      | 'afterHoursContact'
      | 'lots'
      | 'recipients'
      | 'acknowledgeBy'
      | 'respondBy'
      | 'upstream'
    >
  >;

export async function draftNotice(
  deps: CasesDeps,
  caller: Caller,
  book: string,
  draft: NoticeDraft,
): Promise<InFile<NoticeContent>> {
  needRole(caller, 'INVESTIGATOR', book);
  const file = await readCase(deps, caller, book);
  if (file.content.state !== 'OPEN') throw new LotbookError('CONFLICT', 'The case is closed.');
  const id = `urn:uuid:${deps.randomId()}`;
  const content: NoticeContent = {
    ...draft,
    case: file.id,
    drill: file.content.drill,
    state: 'DRAFT',
    draftedBy: caller.clientId,
  };
  await write(deps, caller, book, [
    { record: id, kind: 'NOTICE', base: 0, content },
    ...traced(deps, file, draft),
  ]);
  return readNotice(deps, caller, book, id);
}

/** Who edits is from then on who drafted: that person does not approve. */
export async function editNotice(
  deps: CasesDeps,
  caller: Caller,
  { book, id, base, draft }: { book: string; id: string; base: number; draft: NoticeDraft },
): Promise<InFile<NoticeContent>> {
  needRole(caller, 'INVESTIGATOR', book);
  const { content } = await readNotice(deps, caller, book, id);
  const file = await readCase(deps, caller, book);
  const { upstream } = content;
  const edited: NoticeContent = {
    ...draft,
    ...(upstream && { upstream }),
    case: content.case,
    drill: content.drill,
    state: stepOf(content, 'EDIT'),
    draftedBy: caller.clientId,
  };
  await write(deps, caller, book, [
    { record: id, kind: 'NOTICE', base, content: edited },
    ...traced(deps, file, draft),
  ]);
  return readNotice(deps, caller, book, id);
}

/** When a draft first names its recipients, the trace is done. */
function traced(
  { clock }: CasesDeps,
  file: Awaited<ReturnType<typeof readCase>>,
  { recipients }: NoticeDraft,
) {
  const { id, version, content } = file;
  if (!recipients?.length || content.tracedAt !== undefined) return [];
  const after = { ...content, tracedAt: instant(clock()) };
  return [{ record: id, kind: 'CASE' as const, base: version, content: after }];
}

/** @throws LotbookError CONFLICT with the names of what is missing */
export async function proposeNotice(
  deps: CasesDeps,
  caller: Caller,
  book: string,
  id: string,
): Promise<InFile<NoticeContent>> {
  needRole(caller, 'INVESTIGATOR', book);
  const notice = await readNotice(deps, caller, book, id);
  checkWhole(notice.content, deps.clock());
  return put(deps, caller, notice, { ...notice.content, state: stepOf(notice.content, 'PROPOSE') });
}

/** @throws LotbookError NOT_PERMITTED for who drafted it */
export async function approveNotice(
  deps: CasesDeps,
  caller: Caller,
  book: string,
  id: string,
): Promise<InFile<NoticeContent>> {
  needRole(caller, 'APPROVER', book);
  const notice = await readNotice(deps, caller, book, id);
  const state = stepOf(notice.content, 'APPROVE');
  needSecondPerson(caller, notice.content);
  checkWhole(notice.content, deps.clock());
  const approvedAt = instant(deps.clock());
  return put(deps, caller, notice, { ...notice.content, state, approvedBy: caller.clientId, approvedAt });
}

export async function sendBackNotice(
  deps: CasesDeps,
  caller: Caller,
  { book, id, reason }: { book: string; id: string; reason: string },
): Promise<InFile<NoticeContent>> {
  needRole(caller, 'APPROVER', book);
  const notice = await readNotice(deps, caller, book, id);
  const { approvedBy: _by, approvedAt: _at, ...content } = notice.content;
  return put(deps, caller, notice, { ...content, state: stepOf(content, 'SEND_BACK'), remark: reason });
}

export async function cancelNotice(
  deps: CasesDeps,
  caller: Caller,
  { book, id, reason }: { book: string; id: string; reason: string },
): Promise<InFile<NoticeContent>> {
  needRole(caller, 'INVESTIGATOR', book);
  const notice = await readNotice(deps, caller, book, id);
  const state = stepOf(notice.content, 'CANCEL');
  return put(deps, caller, notice, { ...notice.content, state, remark: reason });
}

/** The state that a step leads to. @throws LotbookError CONFLICT where it cannot be taken */
export function stepOf(notice: NoticeContent, step: NoticeStep): NoticeContent['state'] {
  const next = afterStep(notice.state, step);
  if (next) return next;
  throw new LotbookError('CONFLICT', `A notice that is ${notice.state} does not take this step.`);
}

/** @throws LotbookError NOT_PERMITTED */
export function needSecondPerson(caller: Caller, { draftedBy }: NoticeContent): void {
  if (caller.clientId === draftedBy)
    throw new LotbookError(
      'NOT_PERMITTED',
      'Another person decides this than the one who drafted the notice.',
    );
}

/** On the version that was read. */
export async function put(
  deps: CasesDeps,
  caller: Caller,
  { book, id, version }: InFile<NoticeContent>,
  content: NoticeContent,
): Promise<InFile<NoticeContent>> {
  await write(deps, caller, book, [{ record: id, kind: 'NOTICE', base: version, content }]);
  return readNotice(deps, caller, book, id);
}

function checkWhole(notice: NoticeContent, now: number): void {
  const missing = missingIn(notice, now);
  const [first] = missing;
  if (!first) return;
  const names = missing.map(({ field }) => field).join(', ');
  throw new LotbookError('BAD_INPUT', `The notice is not complete: ${names}. ${first.message}`, {
    place: first.field,
  });
}
