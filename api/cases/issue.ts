import { LotbookError } from '../errors.ts';
import { ANSWER_FIELDS } from '../recall/case-life.ts';
import type { NoticeContent, Recipient, ReplyContent } from '../recall/notice.ts';
import type { Caller } from '../sharing/caller.ts';
import { findOrganisation } from '../store/partners.ts';
import { makeAnswerLink, type MadeLink } from './answer-links.ts';
import { instant, needRole, write, type CasesDeps } from './deps.ts';
import { stepOf } from './drafting.ts';
import { mark, readNotice, type InFile } from './file.ts';
import { grant } from './open-case.ts';

/** What everybody may know of a notice for consumers. */
export const PUBLIC_FIELDS = [
  'case',
  'type',
  'updates',
  'action',
  'drill',
  'state',
  'title',
  'class',
  'depth',
  'reason',
  'hazard',
  'instructions',
  'contact.name',
  'contact.phone',
  'contact.email',
  'lots[].lot',
  'lots[].state',
  'lots[].product',
  'lots[].marking',
  'issuedAt',
  'closedAt',
];

/** What a recipient sees: the notice but for who worked on it and who else gets it, and its own reply. */
const RECIPIENT_FIELDS = [
  ...PUBLIC_FIELDS,
  'afterHoursContact.name',
  'afterHoursContact.phone',
  'afterHoursContact.email',
  'acknowledgeBy',
  'respondBy',
  'remark',
  'notice',
  'recipient',
  'consigned[].lot',
  'consigned[].quantity',
  'consigned[].uom',
  'reminders',
  'remindedAt',
  'escalatedAt',
  'escalatedTo',
  ...ANSWER_FIELDS.filter((name) => name !== 'state' && name !== 'remark'),
];

/**
 * Sends an approved notice out. First the rules, so that what is written behind them is covered, and no draft; then, in one
 * update, the notice as it is issued and a reply for each recipient: this is the moment of issue. Cut off before, it is repeated
 * as a whole; rules that are there stay.
 */
export async function issueNotice(
  deps: CasesDeps,
  caller: Caller,
  book: string,
  id: string,
): Promise<{ notice: InFile<NoticeContent>; links: MadeLink[] }> {
  needRole(caller, 'INVESTIGATOR', book);
  const notice = await readNotice(deps, caller, book, id);
  const { content } = notice;
  if (content.state === 'ISSUED') return { notice, links: [] };
  const state = stepOf(content, 'ISSUE');
  const recipients = content.recipients ?? [];
  await checkRecipients(deps, recipients);
  for (const recipient of recipients) {
    if (recipient.organisation) await open(deps, caller, notice, recipient.organisation);
  }
  if (content.depth === 'CONSUMER' && !content.drill) {
    await grant(deps, caller, book, `notice-${mark(id, '')}-public`, {
      right: 'READ',
      audience: { organisations: [], groups: [], roles: [], public: true },
      records: [id],
      fields: PUBLIC_FIELDS,
      title: 'A notice for consumers',
    });
  }
  const { remark: _, ...rest } = content;
  const issued: NoticeContent = { ...rest, state, issuedAt: instant(deps.clock()) };
  await write(deps, caller, book, [
    { record: id, kind: 'NOTICE', base: notice.version, content: issued },
    ...recipients.map((recipient) => ({
      record: replyId(id, recipient),
      kind: 'REPLY' as const,
      base: 0,
      content: replyFor(content, id, recipient),
    })),
  ]);
  const links: MadeLink[] = [];
  for (const recipient of recipients) {
    if (recipient.organisation) continue;
    const { name } = recipient;
    links.push(
      await makeAnswerLink(deps, { book, notice: id, reply: replyId(id, recipient), recipient: name }),
    );
  }
  return { notice: await readNotice(deps, caller, book, id), links };
}

/** The name by which a recipient is known in a notice. */
export function nameOf({ name, organisation }: Recipient): string {
  return organisation ?? name;
}

export function replyId(notice: string, recipient: Recipient): string {
  return `${notice}#${mark(notice, nameOf(recipient))}`;
}

/** The rule by which a recipient answers. */
export function answerRule(notice: string, organisation: string): string {
  return `urn:lotbook:grant:notice-${mark(notice, organisation)}-answer`;
}

async function open(
  deps: CasesDeps,
  caller: Caller,
  { book, id }: InFile<NoticeContent>,
  organisation: string,
): Promise<void> {
  const audience = { organisations: [organisation], groups: [], roles: [], public: false };
  const reply = replyId(id, { name: organisation, organisation });
  await grant(deps, caller, book, `notice-${mark(id, organisation)}-read`, {
    right: 'READ',
    audience,
    records: [id, reply],
    fields: RECIPIENT_FIELDS,
    title: 'Gets the notice',
  });
  await grant(deps, caller, book, `notice-${mark(id, organisation)}-answer`, {
    right: 'CHANGE',
    audience,
    records: [reply],
    fields: ANSWER_FIELDS,
    title: 'Answers the notice',
  });
}

function replyFor(notice: NoticeContent, id: string, recipient: Recipient): ReplyContent {
  const { acknowledgeBy, respondBy } = notice;
  return {
    case: notice.case,
    notice: id,
    recipient: nameOf(recipient),
    state: 'AWAITED',
    ...(recipient.consigned?.length && { consigned: recipient.consigned }),
    ...(acknowledgeBy && { acknowledgeBy }),
    ...(respondBy && { respondBy }),
  };
}

/** @throws LotbookError BAD_INPUT where one is named twice, or its node cannot be reached */
async function checkRecipients(
  { db, organisation: self }: CasesDeps,
  recipients: readonly Recipient[],
): Promise<void> {
  const names = new Set<string>();
  for (const [at, recipient] of recipients.entries()) {
    const place = `recipients[${at}]`;
    const name = nameOf(recipient);
    if (names.has(name)) throw new LotbookError('BAD_INPUT', 'A recipient is named twice.', { place });
    names.add(name);
    const { organisation } = recipient;
    if (organisation === undefined) continue;
    const partner = organisation === self ? null : await findOrganisation(db.prisma, organisation);
    if (partner?.status !== 'ACTIVE' || partner.url === null) {
      const message =
        'This is no active partner with a node: leave the organisation out, and it answers by a link.';
      throw new LotbookError('BAD_INPUT', message, { place });
    }
  }
}
