import type { AnswerLink } from './generated/client.ts';
import type { Db } from './partners.ts';

export type { AnswerLink } from './generated/client.ts';

/** Keeps a link; those before it for the same reply are void. In a transaction. */
export async function putAnswerLink(
  db: Db,
  link: Pick<AnswerLink, 'codeHash' | 'book' | 'notice' | 'reply' | 'recipient' | 'createdAt' | 'expiresAt'>,
): Promise<void> {
  await db.answerLink.deleteMany({ where: { book: link.book, reply: link.reply } });
  await db.answerLink.create({ data: link });
}

export function findAnswerLink(db: Db, codeHash: string, now: Date): Promise<AnswerLink | null> {
  return db.answerLink.findFirst({ where: { codeHash, usedAt: null, expiresAt: { gt: now } } });
}

/** Uses a link up. False when it is used or over. */
export async function takeAnswerLink(db: Db, codeHash: string, now: Date): Promise<boolean> {
  const { count } = await db.answerLink.updateMany({
    where: { codeHash, usedAt: null, expiresAt: { gt: now } },
    data: { usedAt: now },
  });
  return count === 1;
}

/** Gives a link back that was taken for an answer which did not come about. */
export async function releaseAnswerLink(db: Db, codeHash: string): Promise<void> {
  await db.answerLink.updateMany({ where: { codeHash }, data: { usedAt: null } });
}
