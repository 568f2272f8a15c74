import type { Session } from './generated/client.ts';
import type { Db } from './partners.ts';

export type { Session } from './generated/client.ts';

export type NewSession = Omit<Session, 'usedAt'>;

/** Adds a session, and forgets those that are over. */
export async function addSession(db: Db, session: NewSession): Promise<void> {
  await db.session.deleteMany({ where: { expiresAt: { lt: session.createdAt } } });
  await db.session.create({ data: { ...session, usedAt: session.createdAt } });
}

/** A session that is not over and was used since `idleSince`. */
export function findSession(
  db: Db,
  secretHash: string,
  { now, idleSince }: { now: Date; idleSince: Date },
): Promise<Session | null> {
  return db.session.findFirst({
    where: { secretHash, expiresAt: { gt: now }, usedAt: { gt: idleSince } },
  });
}

/** Those of a person that could still be used, the latest first. */
export function listSessions(
  db: Db,
  person: string,
  { now, idleSince }: { now: Date; idleSince: Date },
): Promise<Session[]> {
  return db.session.findMany({
    where: { person, expiresAt: { gt: now }, usedAt: { gt: idleSince } },
    orderBy: [{ usedAt: 'desc' }, { id: 'asc' }],
  });
}

export async function touchSession(db: Db, id: string, now: Date): Promise<void> {
  await db.session.updateMany({ where: { id, usedAt: { lt: now } }, data: { usedAt: now } });
}

/** Ends sessions: one by its secret, one of a person by its id, or all of a person. @returns how many */
export async function endSessions(
  db: Db,
  which: { secretHash: string } | { person: string; id?: string },
): Promise<number> {
  return (await db.session.deleteMany({ where: which })).count;
}
