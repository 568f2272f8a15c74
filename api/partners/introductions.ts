import { z } from 'zod';
import { type PublicJwk, thumbprint } from '../identity/jwk.ts';
import { LotbookError } from '../errors.ts';
import { isKeyLog, statementOf, verifyKeyLog } from '../identity/key-log.ts';
import { MAX_KEY_STATEMENTS } from '../identity/key-statement.ts';
import { mainKeys, pinKey } from '../store/clients.ts';
import {
  isIntroducedByOthers,
  noteKnown,
  replaceIntroductions,
  replaceRegisterReaders,
} from '../store/introductions.ts';
import { keptKeyLog, readKeyLogs } from '../store/key-statements.ts';
import { isOrganisationId } from '../store/organisation-id.ts';
import {
  type Db,
  findOrganisation,
  inPartnersTransaction,
  listPartners,
  putOrganisation,
} from '../store/partners.ts';
import type { PartnersEnvironment } from './environment.ts';
import { takeKeyLog } from './key-logs.ts';
import { checkGroups } from './partner.ts';
import { nodeName, nodeUrl, readJwk } from './statements.ts';

/**
 * How organisations that are no partners come to know each other: by the owner of a book, whose word counts for its own
 * books and nothing else. The owner's mandate names the members and the witness to the owner's partners; the owner names
 * its partners to its backup, which serves them while the primary is unable, and those to whom a book is open to the keeper of
 * its term register, which tells them its terms and nothing else.
 *
 * The first key under which a name is known here stays: another owner that gives another key for the name is not believed.
 */
type Environment = Pick<PartnersEnvironment, 'prisma' | 'now' | 'ring'> & { self: { organisation: string } };

/** A partner as its owner introduces it. */
export interface Introduction {
  organisation: string;
  name: string;
  /** Null for a partner without a node. */
  url: string | null;
  jwk: PublicJwk;
  groups: string[];
  /** Its key log, where it has changed its key: whoever knows it by an earlier one follows. */
  keyLog?: string[] | undefined;
}

const shape = z.object({
  organisation: z.string().refine(isOrganisationId),
  name: nodeName,
  url: nodeUrl.nullable(),
  jwk: z.unknown(),
  groups: z.array(z.string()),
  keyLog: z.array(z.string()).max(MAX_KEY_STATEMENTS).optional(),
});

/** The partners that this node's books may be open to, for the backup of one. */
export async function introductionsOf({ prisma }: Pick<Environment, 'prisma'>): Promise<Introduction[]> {
  const active = (await listPartners(prisma)).filter(({ status }) => status === 'ACTIVE');
  const ids = active.map(({ id }) => id);
  const [keys, logs] = await Promise.all([mainKeys(prisma, ids), readKeyLogs(prisma, ids)]);
  return active.flatMap(({ id: organisation, name, url, groups }) => {
    const jwk = keys.get(organisation);
    const keyLog = logs.get(organisation) ?? [];
    const changed = keyLog.length > 1 ? { keyLog } : {};
    return jwk ? [{ organisation, name, url, jwk, groups, ...changed }] : [];
  });
}

/**
 * Takes in what the owner of books, whom the caller has authenticated, says of its partners; those whom it does not name any
 * more lose their standing. Answers how many of the list have none: not in the right form, or known here under another key.
 */
export async function takeIntroductions(
  environment: Environment,
  owner: string,
  list: readonly unknown[],
): Promise<{ refused: number }> {
  const { prisma, self } = environment;
  const read = list.flatMap((item) => readIntroduction(item) ?? []);
  const introduced = read.filter(({ organisation }) => organisation !== owner);
  const taken = await inPartnersTransaction(prisma, async (tx) => {
    const believed: Introduction[] = [];
    for (const introduction of introduced) {
      const isSelf = introduction.organisation === self.organisation;
      if (isSelf || (await makeKnown(environment, tx, owner, introduction)) !== 'REFUSED')
        believed.push(introduction);
    }
    const standings = await Promise.all(
      believed.map(async ({ jwk, ...rest }) => ({ ...rest, kid: await kidNow(tx, rest.organisation, jwk) })),
    );
    await replaceIntroductions(tx, owner, standings);
    return believed;
  });
  environment.ring();
  return { refused: list.length - read.length + introduced.length - taken.length };
}

/**
 * Takes in whom the owner of a book lets ask this node for the terms of the book, in place of those before. Answers how many
 * are not let in, as `takeIntroductions` does.
 */
export async function takeRegisterReaders(
  environment: Environment,
  { book, owner }: { book: string; owner: string },
  list: readonly unknown[],
): Promise<{ refused: number }> {
  const { prisma, self } = environment;
  const readers = await inPartnersTransaction(prisma, async (tx) => {
    const believed = new Map<string, string>();
    for (const introduction of list.flatMap((item) => readIntroduction(item) ?? [])) {
      const { organisation, jwk } = introduction;
      if ([self.organisation, owner].includes(organisation)) continue;
      if ((await makeKnown(environment, tx, owner, introduction)) === 'REFUSED') continue;
      const kid = await kidNow(tx, organisation, jwk);
      await noteKnown(tx, owner, organisation, kid);
      believed.set(organisation, kid);
    }
    await replaceRegisterReaders(
      tx,
      book,
      [...believed].map(([organisation, kid]) => ({ organisation, kid })),
    );
    return believed.size;
  });
  environment.ring();
  return { refused: list.length - readers };
}

/** Makes the organisations known that a verified mandate of the owner names. Answers those that are not believed. */
export async function introduceMembers(
  environment: Environment,
  owner: string,
  members: readonly Omit<Introduction, 'groups'>[],
): Promise<string[]> {
  const { prisma, self } = environment;
  const others = members.filter(({ organisation }) => ![self.organisation, owner].includes(organisation));
  const results = await inPartnersTransaction(prisma, async (tx) => {
    const made = new Map<string, Made>();
    for (const member of others) {
      const { organisation, jwk } = member;
      const isSound = isOrganisationId(organisation);
      made.set(organisation, isSound ? await makeKnown(environment, tx, owner, member) : 'REFUSED');
      if (made.get(organisation) !== 'REFUSED')
        await noteKnown(tx, owner, organisation, await kidNow(tx, organisation, jwk));
    }
    return made;
  });
  if ([...results.values()].includes('CHANGED')) environment.ring();
  return [...results].filter(([, made]) => made === 'REFUSED').map(([organisation]) => organisation);
}

function readIntroduction(item: unknown): Introduction | undefined {
  const parsed = shape.safeParse(item);
  if (!parsed.success) return undefined;
  const { jwk, groups, ...rest } = parsed.data;
  try {
    return { ...rest, jwk: readJwk(jwk, 'jwk'), groups: checkGroups(groups, 'groups') };
  } catch (error) {
    if (error instanceof LotbookError) return undefined;
    throw error;
  }
}

type Made = 'CHANGED' | 'SAME' | 'REFUSED';

/** REFUSED: the name is known under another key, or the key under another name. A partner stays as people made it. */
async function makeKnown(
  { now }: Environment,
  db: Db,
  owner: string,
  { organisation, name, url, jwk, keyLog = [] }: Omit<Introduction, 'groups'>,
): Promise<Made> {
  const at = new Date(now());
  const known = await findOrganisation(db, organisation);
  if (!known) {
    const client = { organisation, clientId: organisation, node: url !== null, roles: [], jwk, now: at };
    if (!(await pinKey(db, client))) return 'REFUSED';
    await putOrganisation(db, { id: organisation, name, url, status: 'INTRODUCED', now: at });
    return 'CHANGED';
  }
  await followTold(db, organisation, keyLog, at);
  const pinned = (await mainKeys(db, [organisation])).get(organisation);
  if (!pinned || thumbprint(pinned) !== (await kidNow(db, organisation, jwk))) return 'REFUSED';
  const isSame = known.name === name && known.url === url;
  if (known.status !== 'INTRODUCED' || isSame || (await isIntroducedByOthers(db, owner, organisation))) {
    return 'SAME';
  }
  await putOrganisation(db, { id: organisation, name, url, now: at });
  return 'CHANGED';
}

/** The owner tells a key log; by itself that proves what it says, where it holds the key by which the organisation is known. */
async function followTold(db: Db, organisation: string, keyLog: readonly string[], at: Date): Promise<void> {
  const log = keyLog.length === 0 ? null : verifyKeyLog(keyLog, organisation);
  if (!log || !isKeyLog(log)) return;
  await takeKeyLog(db, log, at).catch((error: unknown) => {
    if (!(error instanceof LotbookError && error.code === 'UNVERIFIED')) throw error;
  });
}

/**
 * The key by which an organisation is known here, where it is introduced by that or, as its key log says, by an earlier one of its own;
 * else the key by which it is introduced.
 */
async function kidNow(db: Db, organisation: string, jwk: PublicJwk): Promise<string> {
  const kid = thumbprint(jwk);
  const pinned = (await mainKeys(db, [organisation])).get(organisation);
  if (!pinned || thumbprint(pinned) === kid) return kid;
  const statements = (await readKeyLogs(db, [organisation])).get(organisation);
  const log = statements && keptKeyLog(organisation, statements);
  const isOne = log && statementOf(log, kid) && statementOf(log, thumbprint(pinned));
  return isOne ? thumbprint(pinned) : kid;
}
