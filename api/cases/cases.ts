import type { RequestView } from '../approval/update.ts';
import { isObject } from '../events/value.ts';
import { isOverdue, boardOf, type Board } from '../recall/board.ts';
import type { NoticeContent, ReplyContent } from '../recall/notice.ts';
import { scoreOf, type Score } from '../recall/score.ts';
import type { Caller } from '../sharing/caller.ts';
import { answerByLink, openLink, type MadeLink, type OpenedLink } from './answer-links.ts';
import { answerNotice, receivedNotices, type Answer, type Received } from './answer.ts';
import { accepted, needRole, wrong, type CasesDeps } from './deps.ts';
import * as drafting from './drafting.ts';
import type { NoticeDraft } from './drafting.ts';
import * as emergency from './emergency.ts';
import type { Emergency, EmergencyRule, ProposeEmergency } from './emergency.ts';
import { findConsignees, type ProposedConsignees } from './find-consignees.ts';
import {
  findCase,
  noticeIn,
  readCase,
  readKinds,
  readNotice,
  readReplies,
  replyIn,
  type CaseContent,
  type InFile,
} from './file.ts';
import { closeNotice, escalateRecipient, remindRecipients, renewLink, withdrawLots } from './follow-up.ts';
import { forwardNotice } from './forward.ts';
import { issueNotice } from './issue.ts';
import { closeCase, ENTRY_KINDS, openCase, shareCase, type OpenCaseInput } from './open-case.ts';
import { openPassUp } from './pass-up.ts';
import { openReminders } from './reminders.ts';

export type { CasesDeps } from './deps.ts';

export interface CaseView extends InFile<CaseContent> {
  owner: string;
  entries: { kind: (typeof ENTRY_KINDS)[number]; count: number }[];
  notices: InFile<NoticeContent>[];
  score: Score;
}

export interface CaseEntry {
  book: string;
  kind: string;
  record?: string | null | undefined;
  base: number;
  content: unknown;
  key?: string | null | undefined;
}

type Notice = InFile<NoticeContent>;
interface InBook {
  book: string;
  id: string;
}

/** Recalls and outbreak investigations: their files, their notices, and what is answered. */
export interface Cases {
  list(caller: Caller): Promise<CaseView[]>;
  find(caller: Caller, book: string): Promise<CaseView | null>;
  open(caller: Caller, input: OpenCaseInput): Promise<CaseView>;
  share(caller: Caller, given: { book: string; organisation: string; work: boolean }): Promise<CaseView>;
  close(caller: Caller, given: { book: string; summary: string }): Promise<CaseView>;
  writeEntry(caller: Caller, entry: CaseEntry): Promise<RequestView>;
  consignees(caller: Caller, lots: readonly string[]): Promise<ProposedConsignees>;
  notice(caller: Caller, book: string, id: string): Promise<Notice>;
  /** Of a notice of this organisation; of others none is here. */
  replies(caller: Caller, notice: Notice): Promise<InFile<ReplyContent>[]>;
  board(replies: readonly ReplyContent[]): Board;
  isOverdue(reply: ReplyContent): boolean;
  draft(caller: Caller, book: string, draft: NoticeDraft): Promise<Notice>;
  edit(caller: Caller, given: InBook & { base: number; draft: NoticeDraft }): Promise<Notice>;
  propose(caller: Caller, book: string, id: string): Promise<Notice>;
  approve(caller: Caller, book: string, id: string): Promise<Notice>;
  sendBack(caller: Caller, given: InBook & { reason: string }): Promise<Notice>;
  cancel(caller: Caller, given: InBook & { reason: string }): Promise<Notice>;
  issue(caller: Caller, book: string, id: string): Promise<{ notice: Notice; links: MadeLink[] }>;
  remind(
    caller: Caller,
    given: InBook & { recipients?: readonly string[] | null | undefined },
  ): Promise<Notice>;
  escalate(caller: Caller, given: InBook & { recipient: string; to: string }): Promise<Notice>;
  renewLink(caller: Caller, given: InBook & { recipient: string }): Promise<MadeLink>;
  withdrawLots(caller: Caller, given: InBook & { lots: readonly string[]; reason: string }): Promise<Notice>;
  closeNotice(caller: Caller, given: InBook & { despite?: string | null | undefined }): Promise<Notice>;
  received(caller: Caller): Promise<Received[]>;
  answer(caller: Caller, given: Answer & InBook): Promise<RequestView>;
  forward(caller: Caller, given: InBook): Promise<Notice>;
  /** For whoever has the link; null where it is good no more. */
  openLink(code: string): Promise<OpenedLink | null>;
  answerByLink(code: string, answer: Answer & { by: string }): Promise<OpenedLink>;
  addEmergencyRule(caller: Caller, rule: EmergencyRule): Promise<void>;
  /** Null: of all books. */
  emergencies(caller: Caller, book: string | null): Promise<Emergency[]>;
  proposeEmergency(caller: Caller, input: ProposeEmergency): Promise<Emergency>;
  declareEmergency(caller: Caller, given: InBook): Promise<Emergency>;
  endEmergency(caller: Caller, given: InBook & { reason: string }): Promise<Emergency>;
  start(): void;
  stop(): Promise<void>;
}

export function openCases(deps: CasesDeps): Cases {
  const passUp = openPassUp(deps);
  const reminders = openReminders(deps);
  const view = async (caller: Caller, book: string): Promise<CaseView> =>
    viewOf(deps, caller, await readCase(deps, caller, book));
  return {
    list: async (caller) => {
      const found: CaseView[] = [];
      for (const { id } of await deps.reading.books(caller)) {
        const file = await findCase(deps, caller, id);
        if (file) found.push(await viewOf(deps, caller, file));
      }
      return found.toSorted((a, b) => (a.content.clockStart < b.content.clockStart ? 1 : -1));
    },
    find: async (caller, book) => {
      const file = await findCase(deps, caller, book);
      return file && viewOf(deps, caller, file);
    },
    open: async (caller, input) => view(caller, (await openCase(deps, caller, input)).book),
    share: async (caller, given) => view(caller, (await shareCase(deps, caller, given)).book),
    close: async (caller, given) => view(caller, (await closeCase(deps, caller, given)).book),
    writeEntry: (caller, entry) => writeEntry(deps, caller, entry),
    consignees: (caller, lots) => findConsignees(deps, caller, lots),
    notice: (caller, book, id) => readNotice(deps, caller, book, id),
    replies: async (caller, { book, id }) =>
      ownerOf(book) === deps.organisation ? readReplies(deps, caller, book, id) : [],
    board: (replies) => boardOf(replies, deps.clock()),
    isOverdue: (reply) => isOverdue(reply, deps.clock()),
    draft: (caller, book, draft) => drafting.draftNotice(deps, caller, book, draft),
    edit: (caller, given) => drafting.editNotice(deps, caller, given),
    propose: (caller, book, id) => drafting.proposeNotice(deps, caller, book, id),
    approve: (caller, book, id) => drafting.approveNotice(deps, caller, book, id),
    sendBack: (caller, given) => drafting.sendBackNotice(deps, caller, given),
    cancel: (caller, given) => drafting.cancelNotice(deps, caller, given),
    issue: (caller, book, id) => issueNotice(deps, caller, book, id),
    remind: (caller, given) => remindRecipients(deps, caller, given),
    escalate: (caller, given) => escalateRecipient(deps, caller, given),
    renewLink: (caller, given) => renewLink(deps, caller, given),
    withdrawLots: (caller, given) => withdrawLots(deps, caller, given),
    closeNotice: (caller, given) => closeNotice(deps, caller, given),
    received: (caller) => receivedNotices(deps, caller),
    answer: (caller, given) => answerNotice(deps, caller, given),
    forward: async (caller, given) => {
      const notice = await forwardNotice(deps, caller, given);
      await passUp.follow(notice.book);
      return notice;
    },
    addEmergencyRule: (caller, rule) => emergency.addEmergencyRule(deps, caller, rule),
    emergencies: (caller, book) => emergency.listEmergencies(deps, caller, book),
    proposeEmergency: (caller, input) => emergency.proposeEmergency(deps, caller, input),
    declareEmergency: (caller, given) => emergency.declareEmergency(deps, caller, given),
    endEmergency: (caller, given) => emergency.endEmergency(deps, caller, given),
    openLink: (code) => openLink(deps, code),
    answerByLink: (code, answer) => answerByLink(deps, code, answer),
    start: () => {
      passUp.start();
      reminders.start();
    },
    stop: async () => {
      await Promise.all([passUp.stop(), reminders.stop()]);
    },
  };
}

async function viewOf(deps: CasesDeps, caller: Caller, file: InFile<CaseContent>): Promise<CaseView> {
  const { book, content } = file;
  const views = await readKinds(deps, caller, book, [...ENTRY_KINDS, 'NOTICE', 'REPLY']);
  const notices = views.filter(({ kind }) => kind === 'NOTICE').map(noticeIn);
  const contents = notices.map(({ content: each }) => each);
  const replies = views.filter(({ kind }) => kind === 'REPLY').map((each) => replyIn(each).content);
  const checks = views
    .filter(({ kind }) => kind === 'CHECK')
    .map(({ fields }) => ({ informed: fields['informed'] === true, acted: fields['acted'] === true }));
  return {
    ...file,
    owner: ownerOf(book),
    entries: ENTRY_KINDS.map((kind) => ({ kind, count: views.filter((each) => each.kind === kind).length })),
    notices,
    score: scoreOf(content, contents, replies, checks),
  };
}

/** @throws LotbookError BAD_INPUT for another kind; NOT_FOUND for no case */
async function writeEntry(
  deps: CasesDeps,
  caller: Caller,
  { book, kind: given, record, base, content, key }: CaseEntry,
): Promise<RequestView> {
  needRole(caller, 'INVESTIGATOR', book);
  const kind = ENTRY_KINDS.find((each) => each === given);
  if (!kind) throw wrong(`Give one of ${ENTRY_KINDS.join(', ')}.`, 'input.kind');
  if (!isObject(content)) throw wrong('Give an object.', 'input.content');
  const { id } = await readCase(deps, caller, book);
  const [view] = await deps.approval.requestUpdates(caller, [
    {
      book,
      key: key ?? deps.randomId(),
      changes: [
        { record: record ?? `urn:uuid:${deps.randomId()}`, kind, base, content: { ...content, case: id } },
      ],
    },
  ]);
  return accepted(view as RequestView);
}

function ownerOf(book: string): string {
  return book.slice(0, book.indexOf('/'));
}
