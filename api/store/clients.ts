import type { PublicJwk } from '../identity/jwk.ts';
import { parsePublicJwk, thumbprint, verificationKey, type VerificationKey } from '../identity/jwk.ts';
import type { Client } from './generated/client.ts';
import type { Db } from './partners.ts';

export type { Client } from './generated/client.ts';

export interface NewClient {
  organisation: string;
  /** The organisation for its node, `organisation/program` for a program. */
  clientId: string;
  /** True for a node's key, which signs statements. */
  node: boolean;
  roles: string[];
  jwk: PublicJwk;
  now: Date;
}

export function findClient(db: Db, clientId: string): Promise<Client | null> {
  return db.client.findUnique({ where: { clientId } });
}

export function findClientByKid(db: Db, kid: string): Promise<Client | null> {
  return db.client.findUnique({ where: { kid } });
}

/** The key that stands for each of the organisations now, by organisation. */
export async function mainKeys(db: Db, organisations: string[]): Promise<Map<string, PublicJwk>> {
  const clients = await db.client.findMany({ where: { clientId: { in: organisations } } });
  return new Map(clients.map((client) => [client.organisation, publicJwkOf(client)]));
}

/** Every key that an organisation's statements may be signed with, retired ones too, by `kid`. */
export async function statementKeys(db: Db, organisation: string): Promise<Map<string, VerificationKey>> {
  const clients = await db.client.findMany({ where: { organisation, node: true } });
  return new Map(clients.map((client) => [client.kid, verificationKey(publicJwkOf(client))]));
}

/**
 * Makes a key the one of a client id. A key that was pinned for the id before is retired under another id, not deleted:
 * what it signed stays verifiable. Undefined when the key is another client's.
 */
export async function pinKey(db: Db, client: NewClient): Promise<Client | undefined> {
  const { now, jwk, ...rest } = client;
  const kid = thumbprint(jwk);
  const [sameKey, sameId] = await Promise.all([findClientByKid(db, kid), findClient(db, client.clientId)]);
  if (sameKey && sameKey.organisation !== client.organisation) return undefined;
  if (sameKey && sameKey.clientId !== client.clientId && sameKey.revokedAt === null) return undefined;
  if (sameId && sameId.kid !== kid) {
    await db.client.update({
      where: { kid: sameId.kid },
      data: { clientId: `${sameId.clientId}#${sameId.kid}`, revokedAt: sameId.revokedAt ?? now },
    });
  }
  const data = { ...rest, jwk: JSON.stringify(jwk), createdAt: now, revokedAt: null };
  return db.client.upsert({ where: { kid }, create: { kid, ...data }, update: data });
}

/** Takes one key out of use. */
export function revokeClient(db: Db, clientId: string, now: Date): Promise<Client> {
  return db.client.update({ where: { clientId }, data: { revokedAt: now } });
}

/** Takes every key of an organisation out of use. */
export async function revokeAll(db: Db, organisation: string, now: Date): Promise<void> {
  await db.client.updateMany({ where: { organisation, revokedAt: null }, data: { revokedAt: now } });
}

export function publicJwkOf(client: Client): PublicJwk {
  return parsePublicJwk(JSON.parse(client.jwk));
}
