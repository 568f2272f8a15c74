import type { CaseView } from '../cases/cases.ts';
import type { MadeLink } from '../cases/answer-links.ts';
import type { NoticeDraft } from '../cases/drafting.ts';
import type { InFile } from '../cases/file.ts';
import { canonicalIdentifier } from '../events/identifiers.ts';
import type { Board } from '../recall/board.ts';
import { missingIn, type NoticeContent, type ReplyContent } from '../recall/notice.ts';
import type { GraphQLContext } from './context.ts';
import { payload } from './errors.ts';
import type { NoticeInput, Resolvers, ResolversTypes } from './generated/resolvers.ts';

type View<T extends keyof ResolversTypes> = Awaited<ResolversTypes[T]>;
type Notice = InFile<NoticeContent>;

const DAY_MS = 86_400_000;

export const cases: Resolvers = {
  Query: {
    cases: async (_, __, context) =>
      Promise.all((await context.cases.list(context.caller)).map((each) => caseView(context, each))),
    case: async (_, { book }, context) => {
      const found = await context.cases.find(context.caller, book);
      return found && caseView(context, found);
    },
    notice: async (_, { book, id }, context) =>
      noticeView(context, await context.cases.notice(context.caller, book, id)),
    receivedNotices: async (_, __, context) => {
      const received = await context.cases.received(context.caller);
      return Promise.all(
        received.map(async ({ notice, reply }) => ({
          notice: await noticeView(context, notice),
          from: notice.book.slice(0, notice.book.indexOf('/')),
          reply: replyView(context, reply),
        })),
      );
    },
    consignees: async (_, { lots }, { caller, cases: room }) => {
      const { consignees, ...found } = await room.consignees(caller, lots.map(canonicalIdentifier));
      return { ...found, consignees: consignees.map(recipientView) };
    },
  },
  Mutation: {
    openCase: (_, { input }, context) =>
      answerCase(context, ({ caller, cases: room }) =>
        room.open(caller, { ...input, drill: input.drill ?? false }),
      ),
    shareCase: (_, { work = false, ...given }, context) =>
      answerCase(context, ({ caller, cases: room }) => room.share(caller, { ...given, work })),
    closeCase: (_, given, context) =>
      answerCase(context, ({ caller, cases: room }) => room.close(caller, given)),
    writeCaseEntry: (_, { input }, { caller, cases: room }) =>
      payload(async () => ({ request: await room.writeEntry(caller, { ...input, base: input.base ?? 0 }) })),
    draftNotice: (_, { input }, context) =>
      answerNotice(context, ({ caller, cases: room }) => room.draft(caller, input.book, draftOf(input))),
    editNotice: (_, { id, base, input }, context) =>
      answerNotice(context, ({ caller, cases: room }) =>
        room.edit(caller, { book: input.book, id, base, draft: draftOf(input) }),
      ),
    proposeNotice: (_, { book, id }, context) =>
      answerNotice(context, ({ caller, cases: room }) => room.propose(caller, book, id)),
    approveNotice: (_, { book, id }, context) =>
      answerNotice(context, ({ caller, cases: room }) => room.approve(caller, book, id)),
    sendBackNotice: (_, given, context) =>
      answerNotice(context, ({ caller, cases: room }) => room.sendBack(caller, given)),
    cancelNotice: (_, given, context) =>
      answerNotice(context, ({ caller, cases: room }) => room.cancel(caller, given)),
    issueNotice: (_, { book, id }, context) =>
      payload(async () => {
        const { notice, links } = await context.cases.issue(context.caller, book, id);
        return { notice: await noticeView(context, notice), links };
      }),
    withdrawLots: (_, given, context) =>
      answerNotice(context, ({ caller, cases: room }) => room.withdrawLots(caller, given)),
    remindRecipients: (_, given, context) =>
      answerNotice(context, ({ caller, cases: room }) => room.remind(caller, given)),
    escalateRecipient: (_, given, context) =>
      answerNotice(context, ({ caller, cases: room }) => room.escalate(caller, given)),
    makeAnswerLink: (_, given, { caller, cases: room }) =>
      payload(async (): Promise<{ link: MadeLink }> => ({ link: await room.renewLink(caller, given) })),
    closeNotice: (_, given, context) =>
      answerNotice(context, ({ caller, cases: room }) => room.closeNotice(caller, given)),
    answerNotice: (_, { input }, { caller, cases: room }) =>
      payload(async () => ({ request: await room.answer(caller, input) })),
    forwardNotice: (_, given, context) =>
      answerNotice(context, ({ caller, cases: room }) => room.forward(caller, given)),
  },
};

function answerCase(context: GraphQLContext, work: (context: GraphQLContext) => Promise<CaseView>) {
  return payload(async () => ({ case: await caseView(context, await work(context)) }));
}

function answerNotice(context: GraphQLContext, work: (context: GraphQLContext) => Promise<Notice>) {
  return payload(async () => ({ notice: await noticeView(context, await work(context)) }));
}

async function caseView(context: GraphQLContext, found: CaseView): Promise<View<'Case'>> {
  const { id, book, version, content, owner, entries, score, notices } = found;
  const clockStart = new Date(content.clockStart);
  return {
    id,
    book,
    version,
    owner,
    title: content.title,
    state: content.state,
    drill: content.drill,
    class: content.class,
    hazard: content.hazard,
    product: content.product,
    openedBy: content.openedBy,
    upstream: content.upstream,
    summary: content.summary,
    closedAt: date(content.closedAt),
    clockStart,
    clockEnd: new Date(clockStart.getTime() + DAY_MS),
    entries,
    score,
    notices: await Promise.all(notices.map((each) => noticeView(context, each))),
  };
}

async function noticeView(context: GraphQLContext, notice: Notice): Promise<View<'Notice'>> {
  const { caller, cases: room, clock } = context;
  const { content } = notice;
  const replies = await room.replies(caller, notice);
  const isOpen = content.state === 'DRAFT' || content.state === 'PROPOSED';
  return {
    ...content,
    id: notice.id,
    book: notice.book,
    version: notice.version,
    reason: content.reason as View<'NoticeReason'> | undefined,
    lots: content.lots?.map((lot) => ({ ...lot })) ?? [],
    recipients: content.recipients?.map(recipientView) ?? [],
    acknowledgeBy: date(content.acknowledgeBy),
    respondBy: date(content.respondBy),
    issuedAt: date(content.issuedAt),
    closedAt: date(content.closedAt),
    missing: isOpen ? missingIn(content, clock()) : [],
    replies: replies.map((each) => replyView(context, each)),
    board: replies.length > 0 ? boardView(room.board(replies.map(({ content: each }) => each))) : null,
  };
}

function replyView(
  { cases: room }: GraphQLContext,
  { id, version, content }: InFile<ReplyContent>,
): View<'Reply'> {
  const { found = [], foundBelow = [], consigned = [], below } = content;
  return {
    ...content,
    id,
    version,
    consigned: [...consigned],
    overdue: room.isOverdue(content),
    reminders: Number(content.reminders ?? '0'),
    acknowledgeBy: date(content.acknowledgeBy),
    respondBy: date(content.respondBy),
    remindedAt: date(content.remindedAt),
    escalatedAt: date(content.escalatedAt),
    acknowledgedAt: date(content.acknowledgedAt),
    answeredAt: date(content.answeredAt),
    confirmedAt: date(content.confirmedAt),
    found: found.map((each) => ({ ...each, disposition: each.disposition as View<'FoundDisposition'> })),
    foundBelow: foundBelow.map((each) => ({
      ...each,
      disposition: each.disposition as View<'FoundDisposition'>,
    })),
    below: below && {
      notified: Number(below.notified),
      acknowledged: Number(below.acknowledged),
      answered: Number(below.answered),
      confirmed: Number(below.confirmed),
    },
  };
}

function boardView({ totals, ...board }: Board): View<'NoticeBoard'> {
  return {
    ...board,
    totals: totals.map(({ unit, consigned, found, foundBelow }) => ({
      unit,
      consigned: consigned.toFixed(),
      found: found.toFixed(),
      foundBelow: foundBelow.toFixed(),
      unaccounted: consigned.minus(found).toFixed(),
    })),
  };
}

function recipientView({ consigned = [], ...recipient }: NonNullable<NoticeContent['recipients']>[number]) {
  return { ...recipient, consigned: consigned.map((each) => ({ ...each })) };
}

function draftOf(input: NoticeInput): NoticeDraft {
  const { book: _book, lots, recipients, acknowledgeBy, respondBy, ...rest } = given(input);
  return {
    ...rest,
    type: input.type ?? 'INITIAL',
    action: input.action ?? 'RECALL',
    ...(lots?.length && { lots: lots.map((lot) => ({ ...given(lot), state: 'AFFECTED' as const })) }),
    ...(recipients?.length && {
      recipients: recipients.map((recipient) => {
        const { consigned, ...known } = given(recipient);
        return { ...known, ...(consigned?.length && { consigned }) };
      }),
    }),
    ...(acknowledgeBy && { acknowledgeBy: acknowledgeBy.toISOString() }),
    ...(respondBy && { respondBy: respondBy.toISOString() }),
  } as NoticeDraft;
}

/** Without what was left out. */
function given<T extends object>(input: T): { [K in keyof T]: NonNullable<T[K]> } {
  const entries = Object.entries(input).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: NonNullable<T[K]> };
}

function date(text: string | undefined): Date | null {
  return text === undefined ? null : new Date(text);
}
