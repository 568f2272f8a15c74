import type { OidcAttempt } from './generated/client.ts';
import type { Db } from './partners.ts';

export type { OidcAttempt } from './generated/client.ts';

/** Keeps a log-in that goes to the provider, and forgets those that are over. */
export async function addOidcAttempt(db: Db, attempt: OidcAttempt, now: Date): Promise<void> {
  await db.oidcAttempt.deleteMany({ where: { expiresAt: { lt: now } } });
  await db.oidcAttempt.create({ data: attempt });
}

/** Takes a log-in that came back: once. Null where it is not known, taken or over. */
export async function takeOidcAttempt(db: Db, stateHash: string, now: Date): Promise<OidcAttempt | null> {
  const attempt = await db.oidcAttempt.findFirst({ where: { stateHash, expiresAt: { gt: now } } });
  const { count } = await db.oidcAttempt.deleteMany({ where: { stateHash } });
  return count === 1 ? attempt : null;
}
