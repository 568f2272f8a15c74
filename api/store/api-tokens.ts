import type { ApiToken } from './generated/client.ts';
import type { Db } from './partners.ts';

export type { ApiToken } from './generated/client.ts';

export async function addApiToken(
  db: Db,
  token: Pick<ApiToken, 'secretHash' | 'id' | 'name' | 'createdBy' | 'createdAt' | 'expiresAt'>,
): Promise<ApiToken> {
  return db.apiToken.create({ data: token });
}

/** A token that may be used now. */
export function findApiToken(db: Db, secretHash: string, now: Date): Promise<ApiToken | null> {
  return db.apiToken.findFirst({ where: { secretHash, revokedAt: null, expiresAt: { gt: now } } });
}

export function listApiTokens(db: Db): Promise<ApiToken[]> {
  return db.apiToken.findMany({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] });
}

export async function touchApiToken(db: Db, id: string, now: Date): Promise<void> {
  await db.apiToken.updateMany({ where: { id }, data: { usedAt: now } });
}

/** Null where there is no such token. One that is revoked stays as it was. */
export async function revokeApiToken(db: Db, id: string, now: Date): Promise<ApiToken | null> {
  await db.apiToken.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: now } });
  return db.apiToken.findUnique({ where: { id } });
}
