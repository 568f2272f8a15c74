import type { Db } from './partners.ts';

/**
 * Notes that an assertion was used. False when it was used before, in whichever process of the node: of two at once,
 * the database lets one win.
 */
export async function useAssertion(db: Db, jti: string, expiresAt: Date): Promise<boolean> {
  const { count } = await db.usedAssertion.createMany({ data: [{ jti, expiresAt }], skipDuplicates: true });
  return count === 1;
}

/** Forgets the assertions that are refused as expired by now anyway. */
export async function purgeAssertions(db: Db, now: Date): Promise<number> {
  const { count } = await db.usedAssertion.deleteMany({ where: { expiresAt: { lt: now } } });
  return count;
}
