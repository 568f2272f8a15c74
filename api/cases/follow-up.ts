import type { RecordChange } from '../approval/update.ts';
import { LotbookError } from '../errors.ts';
import type { Fields } from '../events/fields.ts';
import { canonicalIdentifier } from '../events/identifiers.ts';
import { isOverdue } from '../recall/board.ts';
import type { NoticeContent, ReplyContent } from '../recall/notice.ts';
import type { Caller } from '../sharing/caller.ts';
import { makeAnswerLink, type MadeLink } from './answer-links.ts';
import { instant, judged, needRole, write, wrong, type CasesDeps } from './deps.ts';
import { needSecondPerson, put, stepOf } from './drafting.ts';
import { readNotice, readReplies, type InFile } from './file.ts';
import { answerRule } from './issue.ts';

/** Reminds those who are named, else those who are overdue: each sees it in its reply. */
export async function remindRecipients(
  deps: CasesDeps,
  caller: Caller,
  { book, id, recipients }: { book: string; id: string; recipients?: readonly string[] | null | undefined },
): Promise<InFile<NoticeContent>> {
  needRole(caller, 'INVESTIGATOR', book);
  const notice = await readNotice(deps, caller, book, id);
  stepOf(notice.content, 'REMIND');
  const now = deps.clock();
  const replies = await readReplies(deps, caller, book, id);
  const unknown = recipients?.findIndex((name) => !replies.some(({ content }) => content.recipient === name));
  if (unknown !== undefined && unknown >= 0)
    throw wrong('The notice has no such recipient.', `recipients[${unknown}]`);
  const due = replies.filter(({ content }) =>
    recipients
      ? recipients.includes(content.recipient) && content.state !== 'CONFIRMED'
      : isOverdue(content, now),
  );
  const changes = due.map((reply) => changeOf(reply, remindedOnce(reply.content, now)));
  if (changes.length > 0) await write(deps, caller, book, changes);
  return notice;
}

/** The fields of a reply whose recipient is reminded once more. */
export function remindedOnce({ reminders = '0' }: ReplyContent, now: number): Fields {
  return { reminders: String(Number(reminders) + 1), remindedAt: instant(now) };
}

export async function escalateRecipient(
  deps: CasesDeps,
  caller: Caller,
  { book, id, recipient, to }: { book: string; id: string; recipient: string; to: string },
): Promise<InFile<NoticeContent>> {
  needRole(caller, 'INVESTIGATOR', book);
  const notice = await readNotice(deps, caller, book, id);
  stepOf(notice.content, 'REMIND');
  const reply = await replyTo(deps, caller, notice, recipient);
  const escalatedAt = instant(deps.clock());
  await write(deps, caller, book, [changeOf(reply, { escalatedAt, escalatedTo: to })]);
  return notice;
}

/** A new link for a recipient without a node. */
export async function renewLink(
  deps: CasesDeps,
  caller: Caller,
  { book, id, recipient }: { book: string; id: string; recipient: string },
): Promise<MadeLink> {
  needRole(caller, 'INVESTIGATOR', book);
  const notice = await readNotice(deps, caller, book, id);
  stepOf(notice.content, 'REMIND');
  const reply = await replyTo(deps, caller, notice, recipient);
  if (notice.content.recipients?.some(({ organisation }) => organisation === recipient))
    throw wrong('This recipient answers from its own node.', 'recipient');
  return makeAnswerLink(deps, { book, notice: id, reply: reply.id, recipient });
}

/** Less is recalled from now on: that too takes a second person. */
export async function withdrawLots(
  deps: CasesDeps,
  caller: Caller,
  { book, id, lots, reason }: { book: string; id: string; lots: readonly string[]; reason: string },
): Promise<InFile<NoticeContent>> {
  needRole(caller, 'APPROVER', book);
  const notice = await readNotice(deps, caller, book, id);
  const state = stepOf(notice.content, 'WITHDRAW_LOTS');
  needSecondPerson(caller, notice.content);
  const wanted = lots.map(canonicalIdentifier);
  const named = notice.content.lots ?? [];
  const unknown = wanted.findIndex((lot) => !named.some((each) => each.lot === lot));
  if (unknown >= 0) throw wrong('The notice does not name this lot.', `lots[${unknown}]`);
  const after = named.map((each) =>
    wanted.includes(each.lot) ? { ...each, state: 'WITHDRAWN' as const } : each,
  );
  return put(deps, caller, notice, { ...notice.content, state, lots: after, remark: reason });
}

/**
 * Closes a notice out, then takes the right to answer back. Cut off in between it may be repeated.
 * @throws LotbookError CONFLICT while somebody has not confirmed, and nobody says why it is closed despite that
 */
export async function closeNotice(
  deps: CasesDeps,
  caller: Caller,
  { book, id, despite }: { book: string; id: string; despite?: string | null | undefined },
): Promise<InFile<NoticeContent>> {
  needRole(caller, 'INVESTIGATOR', book);
  let notice = await readNotice(deps, caller, book, id);
  if (notice.content.state !== 'CLOSED') {
    const state = stepOf(notice.content, 'CLOSE');
    const open = (await readReplies(deps, caller, book, id)).filter(
      ({ content }) => content.state !== 'CONFIRMED',
    );
    if (open.length > 0 && !despite) {
      const message = `${open.length} recipients have not confirmed the removal: say why it is closed despite that.`;
      throw new LotbookError('CONFLICT', message, { place: 'despite' });
    }
    const closed = { state, closedAt: instant(deps.clock()), closedBy: caller.clientId };
    notice = await put(deps, caller, notice, {
      ...notice.content,
      ...closed,
      ...(despite && { remark: despite }),
    });
  }
  await endAnswers(deps, caller, notice);
  return notice;
}

async function endAnswers(
  { approval, grants, clock }: CasesDeps,
  caller: Caller,
  { book, id, content }: InFile<NoticeContent>,
): Promise<void> {
  const rules = new Set(
    (content.recipients ?? []).flatMap(({ organisation: to }) => (to ? answerRule(id, to) : [])),
  );
  const until = clock();
  for (const { id: rule, version, since: _, ...terms } of await grants.of(book)) {
    if (!rules.has(rule) || terms.until !== null) continue;
    await approval.changeGrant(judged(caller), { book, id: rule, terms: { ...terms, until }, base: version });
  }
}

async function replyTo(
  deps: CasesDeps,
  caller: Caller,
  { book, id }: InFile<NoticeContent>,
  recipient: string,
): Promise<InFile<ReplyContent>> {
  const replies = await readReplies(deps, caller, book, id);
  const reply = replies.find(({ content }) => content.recipient === recipient);
  if (reply) return reply;
  throw wrong('The notice has no such recipient.', 'recipient');
}

function changeOf({ id, version }: InFile<ReplyContent>, fields: RecordChange['fields']): RecordChange {
  return { record: id, kind: 'REPLY', base: version, fields };
}
