import type { Invitation } from './generated/client.ts';
import type { Db } from './partners.ts';

export type { Invitation } from './generated/client.ts';

export async function addInvitation(
  db: Db,
  invitation: Pick<Invitation, 'codeHash' | 'note' | 'groups' | 'createdAt' | 'expiresAt'>,
): Promise<void> {
  await db.invitation.create({ data: invitation });
}

export function findInvitation(db: Db, codeHash: string): Promise<Invitation | null> {
  return db.invitation.findUnique({ where: { codeHash } });
}

/** Uses an invitation up. False when it is used or expired. */
export async function takeInvitation(db: Db, codeHash: string, usedBy: string, now: Date): Promise<boolean> {
  const { count } = await db.invitation.updateMany({
    where: { codeHash, usedAt: null, expiresAt: { gt: now } },
    data: { usedAt: now, usedBy },
  });
  return count === 1;
}
