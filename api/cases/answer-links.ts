import { LotbookError } from '../errors.ts';
import { encodeBase64url } from '../identity/base64url.ts';
import { sha256 } from '../identity/sha256.ts';
import type { NoticeContent, ReplyContent } from '../recall/notice.ts';
import {
  findAnswerLink,
  putAnswerLink,
  releaseAnswerLink,
  takeAnswerLink,
  type AnswerLink,
} from '../store/answer-links.ts';
import { inPartnersTransaction } from '../store/partners.ts';
import { changesOf, type Answer } from './answer.ts';
import { ownNode, write, type CasesDeps } from './deps.ts';
import { readNotice, readReplies, type InFile } from './file.ts';

export interface MadeLink {
  recipient: string;
  /** Good for one answer; whoever has it answers as the recipient. */
  link: string;
  expiresAt: Date;
}

/** What whoever opens a link sees, and fills in. */
export interface OpenedLink {
  notice: InFile<NoticeContent>;
  reply: InFile<ReplyContent>;
}

const CODE_BYTES = 24;
const CODE = /^[\w-]{32}$/;
const LINK_DAYS = 30;

/** A new link for a reply: the one before is void. */
export async function makeAnswerLink(
  { db, url, clock, randomBytes }: CasesDeps,
  of: Pick<AnswerLink, 'book' | 'notice' | 'reply' | 'recipient'>,
): Promise<MadeLink> {
  const code = encodeBase64url(randomBytes(CODE_BYTES));
  const createdAt = new Date(clock());
  const expiresAt = new Date(clock() + LINK_DAYS * 86_400_000);
  await inPartnersTransaction(db.prisma, (tx) =>
    putAnswerLink(tx, { ...of, codeHash: sha256(code), createdAt, expiresAt }),
  );
  return { recipient: of.recipient, link: `${url}/answers/${code}`, expiresAt };
}

/** Null where the link is used, replaced or over, or the notice is closed. */
export async function openLink(deps: CasesDeps, code: string): Promise<OpenedLink | null> {
  const link = CODE.test(code)
    ? await findAnswerLink(deps.db.prisma, sha256(code), new Date(deps.clock()))
    : null;
  if (!link) return null;
  const node = ownNode(deps.organisation);
  const notice = await readNotice(deps, node, link.book, link.notice);
  const reply = (await readReplies(deps, node, link.book, link.notice)).find(({ id }) => id === link.reply);
  return reply && notice.content.state === 'ISSUED' ? { notice, reply } : null;
}

/**
 * Answers by a link. To acknowledge receipt leaves it good for the answer; the answer uses it up.
 * @throws LotbookError NOT_FOUND, BAD_INPUT: then it stays good
 */
export async function answerByLink(
  deps: CasesDeps,
  code: string,
  answer: Answer & { by: string },
): Promise<OpenedLink> {
  const { db, clock, organisation } = deps;
  const opened = await openLink(deps, code);
  if (!opened) throw noLink();
  const { reply } = opened;
  const usesUp = answer.state !== 'ACKNOWLEDGED';
  if (usesUp && !(await takeAnswerLink(db.prisma, sha256(code), new Date(clock())))) throw noLink();
  try {
    const fields = changesOf(reply.content, answer, { by: answer.by, now: clock() });
    const caller = { ...ownNode(organisation), clientId: `${organisation}/links` };
    await write(deps, caller, reply.book, [{ record: reply.id, kind: 'REPLY', base: reply.version, fields }]);
  } catch (error) {
    if (usesUp) await releaseAnswerLink(db.prisma, sha256(code));
    throw error;
  }
  return opened;
}

function noLink(): LotbookError {
  return new LotbookError('NOT_FOUND', 'This link was used, replaced by a newer one, or is over.');
}
