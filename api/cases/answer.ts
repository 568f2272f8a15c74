import type { RequestView } from '../approval/update.ts';
import { LotbookError } from '../errors.ts';
import { flatten, type Fields } from '../events/fields.ts';
import type { JsonObject } from '../events/value.ts';
import { canReplyGo, type ReplyState } from '../recall/notice-state.ts';
import type { Found, NoticeContent, ReplyContent } from '../recall/notice.ts';
import type { Caller } from '../sharing/caller.ts';
import { accepted, instant, needRole, wrong, type CasesDeps } from './deps.ts';
import { noticeIn, readKinds, replyIn, type InFile } from './file.ts';

/** What a recipient says; what it leaves out stays as it said before. */
export interface Answer {
  state: ReplyState;
  impact?: ReplyContent['impact'] | null | undefined;
  found?: readonly Found[] | null | undefined;
  remark?: string | null | undefined;
  upward?: 'TOTALS' | 'COUNT' | null | undefined;
}

/** A notice that a partner sent, with the reply that is this organisation's to fill in. */
export interface Received {
  notice: InFile<NoticeContent>;
  reply: InFile<ReplyContent>;
}

/** What partners sent this organisation, the newest first. */
export async function receivedNotices(deps: CasesDeps, caller: Caller): Promise<Received[]> {
  const { reading, organisation } = deps;
  const received: Received[] = [];
  for (const { id: book, owner } of await reading.books(caller)) {
    if (owner === organisation || !caller.own) continue;
    const views = await readKinds(deps, caller, book, ['NOTICE', 'REPLY']);
    const replies = views.filter(({ kind }) => kind === 'REPLY').map(replyIn);
    for (const view of views) {
      const reply = replies.find(
        ({ content: { notice, recipient } }) => notice === view.id && recipient === organisation,
      );
      if (view.kind === 'NOTICE' && reply) received.push({ notice: noticeIn(view), reply });
    }
  }
  const issued = ({ notice }: Received): string => notice.content.issuedAt ?? '';
  return received.toSorted((a, b) => (issued(a) < issued(b) ? 1 : -1));
}

/** @throws LotbookError NOT_FOUND */
export async function receivedNotice(
  deps: CasesDeps,
  caller: Caller,
  book: string,
  id: string,
): Promise<Received> {
  const views = await readKinds(deps, caller, book, ['NOTICE', 'REPLY']);
  const notice = views.find((view) => view.kind === 'NOTICE' && view.id === id);
  const reply = views
    .filter(({ kind }) => kind === 'REPLY')
    .map(replyIn)
    .find(({ content }) => content.notice === id && content.recipient === deps.organisation);
  if (notice && reply) return { notice: noticeIn(notice), reply };
  throw new LotbookError('NOT_FOUND', 'No partner has sent this notice here.', { place: 'id' });
}

/** An update request to the case of who sent the notice, signed; it waits here while that node is away. */
export async function answerNotice(
  deps: CasesDeps,
  caller: Caller,
  { book, id, ...answer }: Answer & { book: string; id: string },
): Promise<RequestView> {
  needRole(caller, 'INVESTIGATOR', book);
  const { notice, reply } = await receivedNotice(deps, caller, book, id);
  if (notice.content.state !== 'ISSUED') throw new LotbookError('CONFLICT', 'The notice is closed.');
  const fields = changesOf(reply.content, answer, { by: deps.organisation, now: deps.clock() });
  return ask(deps, caller, reply, fields, deps.randomId());
}

/** Asks for a change of one's own reply. */
export async function ask(
  { approval }: Pick<CasesDeps, 'approval'>,
  caller: Caller,
  { book, id, version }: InFile<ReplyContent>,
  fields: Fields,
  key: string,
): Promise<RequestView> {
  const changes = [{ record: id, kind: 'REPLY' as const, base: version, fields }];
  const [view] = await approval.requestUpdates(caller, [{ book, key, changes }]);
  return accepted(view as RequestView);
}

/** The fields of a reply that an answer sets. @throws LotbookError BAD_INPUT, CONFLICT */
export function changesOf(
  before: ReplyContent,
  { state, impact, found, remark, upward }: Answer,
  { by, now }: { by: string; now: number },
): Fields {
  if (state === 'AWAITED') throw wrong('Say at least that it was received.', 'input.state');
  if (!canReplyGo(before.state, state))
    throw new LotbookError('CONFLICT', `It was answered already: it is ${before.state}.`);
  const at = instant(now);
  const fields: Fields = { state, by };
  if (before.acknowledgedAt === undefined) fields['acknowledgedAt'] = at;
  if (state !== 'ACKNOWLEDGED') fields['answeredAt'] = at;
  if (state === 'CONFIRMED') fields['confirmedAt'] = at;
  if (impact) fields['impact'] = impact;
  if (remark) fields['remark'] = remark;
  if (upward) fields['upward'] = upward;
  if (found?.length) Object.assign(fields, flatten({ found: found as unknown as JsonObject[] }));
  // Of what was found before nothing may be left beside it.
  else if (found) for (const name of FOUND_FIELDS) fields[name] = null;
  return fields;
}

const FOUND_FIELDS = ['found[].lot', 'found[].quantity', 'found[].uom', 'found[].disposition'];
