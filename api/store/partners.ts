import type { Organisation, Prisma, PrismaClient } from './generated/client.ts';

export type { Organisation } from './generated/client.ts';

/** The database as the rooms above hold it, who know nothing of Prisma. */
export type PartnerStore = PrismaClient;
/** The database, or one transaction on it. */
export type Db = PrismaClient | Prisma.TransactionClient;

export const ORGANISATION_STATUSES = [
  'SELF',
  'INTRODUCED',
  'UNCONFIRMED',
  'ACTIVE',
  'SUSPENDED',
  'REMOVED',
] as const;
export type OrganisationStatus = (typeof ORGANISATION_STATUSES)[number];

export function statusOf(organisation: Organisation): OrganisationStatus {
  const status = ORGANISATION_STATUSES.find((known) => known === organisation.status);
  if (!status) throw new Error('an organisation has a status that this version does not know');
  return status;
}

/** Changes of partners run one after the other, in all processes of the node: they are rare, and each checks then acts. */
export function inPartnersTransaction<T>(
  prisma: PrismaClient,
  work: (tx: Prisma.TransactionClient) => Promise<T>,
): Promise<T> {
  return prisma.$transaction(
    async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('lotbook partners'))`;
      return work(tx);
    },
    // Longer than the pool waits for a connection: what that says is clearer.
    { maxWait: 15_000, timeout: 10_000 },
  );
}

export function findOrganisation(db: Db, id: string): Promise<Organisation | null> {
  return db.organisation.findUnique({ where: { id } });
}

/** Those with whom people made a partnership, by name of statement. */
export function listPartners(db: Db): Promise<Organisation[]> {
  return db.organisation.findMany({
    where: { status: { notIn: ['SELF', 'INTRODUCED'] } },
    orderBy: { id: 'asc' },
  });
}

export interface OrganisationChange {
  id: string;
  name?: string;
  url?: string | null;
  status?: OrganisationStatus;
  groups?: string[];
  forwardsInquiries?: boolean;
  places?: string[];
  now: Date;
}

/** Creates or changes an organisation; what is not given stays as it is. */
export function putOrganisation(db: Db, { id, now, ...change }: OrganisationChange): Promise<Organisation> {
  return db.organisation.upsert({
    where: { id },
    create: { id, name: id, status: 'UNCONFIRMED', ...change, createdAt: now, changedAt: now },
    update: { ...change, changedAt: now },
  });
}

/** Notes since when and why a partner's node does not answer; null when it answers again. Not a change of the partner. */
export async function setUnreachable(db: Db, id: string, why: string | null, now: Date): Promise<void> {
  // The first failure's time is kept while it lasts.
  await db.organisation.updateMany({
    where: { id, unreachableAt: why === null ? { not: null } : null },
    data: { unreachableAt: why === null ? null : now, unreachable: why },
  });
}

/**
 * A text that differs after any change of organisations or clients, whatever the clock says: one cheap query tells whether what was read of
 * them is still true.
 */
export async function directoryVersion(db: Db): Promise<string> {
  const rows = await db.$queryRaw<{ version: string }[]>`
    SELECT concat_ws('|',
      (SELECT sum(hashtextextended(concat_ws(',', id, status, groups, "changedAt"), 0)) FROM organisation),
      (SELECT sum(hashtextextended(concat_ws(',', kid, "clientId", roles, "revokedAt"), 0)) FROM client)
    ) AS version`;
  return rows[0]?.version ?? '';
}
