import type pg from 'pg';
import { audienceOf, type Caller } from '../sharing/caller.ts';
import type { Audience } from '../sharing/grant.ts';
import type { Db } from './partners.ts';

/** What the owner of books said of an organisation. */
export interface Introduced {
  organisation: string;
  /** Thumbprint of its key. */
  kid: string;
  groups: readonly string[];
}

/** Makes these the partners of an owner, as far as its books are concerned. */
export async function replaceIntroductions(
  db: Db,
  owner: string,
  list: readonly Introduced[],
): Promise<void> {
  const organisations = list.map(({ organisation }) => organisation);
  await db.introduction.updateMany({
    where: { owner, organisation: { notIn: organisations } },
    data: { partner: false, groups: [] },
  });
  for (const { organisation, kid, groups } of list) {
    const said = { kid, partner: true, groups: [...groups] };
    await db.introduction.upsert({
      where: { owner_organisation: { owner, organisation } },
      create: { owner, organisation, ...said },
      update: said,
    });
  }
}

/** Notes that the owner made an organisation known; what it is besides stays. */
export async function noteKnown(db: Db, owner: string, organisation: string, kid: string): Promise<void> {
  await db.introduction.upsert({
    where: { owner_organisation: { owner, organisation } },
    create: { owner, organisation, kid, partner: false, groups: [] },
    update: { kid },
  });
}

/** What was said of an organisation under one key counts under the key that has taken its place. */
export async function moveIntroductions(
  db: Db,
  organisation: string,
  { from, to }: { from: string; to: string },
): Promise<void> {
  const moved = { where: { organisation, kid: from }, data: { kid: to } };
  await db.introduction.updateMany(moved);
  await db.registerReader.updateMany(moved);
}

/** Whether another owner made it known: then its address is not this owner's to change. */
export async function isIntroducedByOthers(db: Db, owner: string, organisation: string): Promise<boolean> {
  return (await db.introduction.count({ where: { organisation, owner: { not: owner } } })) > 0;
}

/** Makes these the organisations that may ask this node for the terms of a book. */
export async function replaceRegisterReaders(
  db: Db,
  book: string,
  readers: readonly Pick<Introduced, 'organisation' | 'kid'>[],
): Promise<void> {
  await db.registerReader.deleteMany({ where: { book } });
  await db.registerReader.createMany({
    data: readers.map(({ organisation, kid }) => ({ book, organisation, kid })),
  });
}

/** Whether an organisation may ask this node for the terms of a book, of which it sees nothing else. */
export async function isRegisterReader(
  db: Pick<pg.Pool, 'query'>,
  book: string,
  organisation: string,
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'register-reader',
    text: `SELECT FROM register_reader r JOIN client c ON c."clientId" = r.organisation AND c.kid = r.kid
            WHERE r.book = $1 AND r.organisation = $2 AND c."revokedAt" IS NULL`,
    values: [book, organisation],
  });
  return rowCount === 1;
}

const GROUPS = `
  SELECT i.owner, i.organisation, i.groups FROM introduction i
   WHERE i.partner AND EXISTS (SELECT 1 FROM client c
     WHERE c."clientId" = i.organisation AND c.kid = i.kid AND c."revokedAt" IS NULL)`;

/** The groups that organisations have from owners of books, by `standingName`; who has no standing is not in it. */
export async function readIntroducedGroups(
  db: Pick<pg.Pool, 'query'>,
  organisations: readonly string[],
): Promise<Map<string, string[]>> {
  const { rows } = await db.query<{ owner: string; organisation: string; groups: string[] }>({
    name: 'introduced-groups',
    text: `${GROUPS} AND i.organisation = ANY($1)`,
    values: [organisations],
  });
  return new Map(rows.map(({ owner, organisation, groups }) => [standingName(owner, organisation), groups]));
}

export function standingName(owner: string, organisation: string): string {
  return `${owner} ${organisation}`;
}

/**
 * A caller as the grants of a book see it. In a book of this node's own organisation by what it is here; in one that this
 * node holds for another owner by what that owner says of it, this node's own people too. Null: it has no standing there.
 */
export async function audienceIn(
  db: Pick<pg.Pool, 'query'>,
  { id, owner, self }: { id: string; owner: string; self: string },
  caller: Caller,
): Promise<Audience | null> {
  if (owner === self) return caller.introduced ? null : audienceOf(caller, id);
  const { organisation } = caller;
  const groups = (await readIntroducedGroups(db, [organisation])).get(standingName(owner, organisation));
  return groups ? { organisation, groups, roles: [] } : null;
}
