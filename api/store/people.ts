import type { Person, Prisma } from './generated/client.ts';
import type { Db, PartnerStore } from './partners.ts';

export type { Person } from './generated/client.ts';

/** A role in one book, or with `*` in all and in the node as a whole. */
export interface StoredRole {
  role: string;
  book: string;
}

export interface PersonWithRoles extends Person {
  roles: StoredRole[];
}

/** Changes of people run one after the other, in all processes of the node: they are rare, and each checks then acts. */
export function inPeopleTransaction<T>(
  prisma: PartnerStore,
  work: (tx: Prisma.TransactionClient) => Promise<T>,
): Promise<T> {
  return prisma.$transaction(
    async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('lotbook people'))`;
      return work(tx);
    },
    { maxWait: 15_000, timeout: 10_000 },
  );
}

export function countPeople(db: Db): Promise<number> {
  return db.person.count();
}

export function findPerson(db: Db, id: string): Promise<Person | null> {
  return db.person.findUnique({ where: { id } });
}

export function findPersonByEmail(db: Db, email: string): Promise<Person | null> {
  return db.person.findUnique({ where: { email } });
}

export function findPersonBySubject(db: Db, issuer: string, subject: string): Promise<Person | null> {
  return db.person.findUnique({ where: { issuer_subject: { issuer, subject } } });
}

/** A first administrator who has not come in yet: nobody has said the name. */
export function findUnnamed(db: Db): Promise<Person | null> {
  return db.person.findFirst({ where: { name: null, status: 'INVITED' } });
}

export async function addPerson(
  db: Db,
  {
    roles,
    ...person
  }: Pick<Person, 'id' | 'name' | 'email' | 'status' | 'createdAt'> &
    Partial<Pick<Person, 'issuer' | 'subject'>> & { roles: readonly StoredRole[] },
): Promise<void> {
  await db.person.create({ data: { ...person, changedAt: person.createdAt } });
  await putRoles(db, person.id, roles);
}

export async function changePerson(
  db: Db,
  id: string,
  change: Partial<Omit<Person, 'id' | 'createdAt'>>,
): Promise<void> {
  await db.person.update({ where: { id }, data: change });
}

/** People by the time at which they were invited, with their roles. */
export async function listPeople(db: Db): Promise<PersonWithRoles[]> {
  const people = await db.person.findMany({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] });
  const roles = await rolesOf(
    db,
    people.map(({ id }) => id),
  );
  return people.map((person) => ({ ...person, roles: roles.get(person.id) ?? [] }));
}

/** Replaces the roles of a person or an API token. */
export async function putRoles(db: Db, holder: string, roles: readonly StoredRole[]): Promise<void> {
  await db.roleAssignment.deleteMany({ where: { holder } });
  await db.roleAssignment.createMany({ data: roles.map(({ role, book }) => ({ holder, role, book })) });
}

export async function rolesOf(db: Db, holders: readonly string[]): Promise<Map<string, StoredRole[]>> {
  const rows = await db.roleAssignment.findMany({
    where: { holder: { in: [...holders] } },
    orderBy: [{ book: 'asc' }, { role: 'asc' }],
  });
  const found = new Map<string, StoredRole[]>();
  for (const { holder, role, book } of rows)
    found.set(holder, [...(found.get(holder) ?? []), { role, book }]);
  return found;
}

/** Makes a link the only one of its person. */
export async function putLink(
  db: Db,
  link: { codeHash: string; person: string; createdAt: Date; expiresAt: Date },
): Promise<void> {
  await db.personLink.deleteMany({ where: { person: link.person } });
  await db.personLink.create({ data: link });
}

/** The person that an unused link in force is for. */
export async function findLink(db: Db, codeHash: string, now: Date): Promise<Person | null> {
  const link = await db.personLink.findFirst({ where: { codeHash, usedAt: null, expiresAt: { gt: now } } });
  return link && findPerson(db, link.person);
}

/** Whether a person has an unused link in force. */
export async function hasLink(db: Db, person: string, now: Date): Promise<boolean> {
  return (await db.personLink.count({ where: { person, usedAt: null, expiresAt: { gt: now } } })) > 0;
}

/** Uses a link up. False when it is used, replaced or over. */
export async function takeLink(db: Db, codeHash: string, now: Date): Promise<boolean> {
  const { count } = await db.personLink.updateMany({
    where: { codeHash, usedAt: null, expiresAt: { gt: now } },
    data: { usedAt: now },
  });
  return count === 1;
}
