import { encodeBase64url } from '../identity/base64url.ts';
import { sha256 } from '../identity/sha256.ts';
import type { Caller } from '../sharing/caller.ts';
import { findPerson, rolesOf } from '../store/people.ts';
import {
  addSession,
  endSessions,
  findSession,
  listSessions,
  type Session,
  touchSession,
} from '../store/sessions.ts';
import { type Origin, type PeopleEnvironment, personClientId } from './environment.ts';
import { callerRoles } from './roles.ts';

const SECRET_BYTES = 32;
const TOUCH_EVERY_MS = 60_000;
/** Streams that a session opened are closed then, as those of an access token are: what was ended meanwhile does not go on. */
const BELIEVED_MS = 300_000;

/** A new session. The secret is for the cookie, and is kept nowhere. */
export async function beginSession(
  { db, limits, now, randomBytes, randomId }: PeopleEnvironment,
  person: string,
  { address, agent }: Origin,
): Promise<{ secret: string; expiresAt: Date }> {
  const secret = encodeBase64url(randomBytes(SECRET_BYTES));
  const expiresAt = new Date(now() + limits.longestMs);
  await addSession(db.prisma, {
    secretHash: sha256(secret),
    id: randomId(),
    person,
    createdAt: new Date(now()),
    expiresAt,
    address,
    agent: agent.replace(/[^\x20-\x7e]/g, '').slice(0, 200),
  });
  return { secret, expiresAt };
}

/** Who has a session that can be used now; null where nobody has. */
export async function callerOfSession(
  environment: PeopleEnvironment,
  secret: string,
): Promise<Caller | null> {
  const { db, organisation, now } = environment;
  const session = await findSession(db.prisma, sha256(secret), times(environment));
  const person = session && (await findPerson(db.prisma, session.person));
  if (!session || person?.status !== 'ACTIVE') return null;
  const at = now();
  if (at - session.usedAt.getTime() >= TOUCH_EVERY_MS)
    await touchSession(db.prisma, session.id, new Date(at));
  const roles = (await rolesOf(db.prisma, [person.id])).get(person.id) ?? [];
  return {
    organisation,
    clientId: personClientId(organisation, person.id),
    own: true,
    ...callerRoles(roles),
    groups: [],
    expiresAt: Math.min(session.expiresAt.getTime(), at + BELIEVED_MS),
    person: { id: person.id, session: session.id },
  };
}

export function sessionsOf(environment: PeopleEnvironment, person: string): Promise<Session[]> {
  return listSessions(environment.db.prisma, person, times(environment));
}

export function endBySecret({ db }: PeopleEnvironment, secret: string): Promise<number> {
  return endSessions(db.prisma, { secretHash: sha256(secret) });
}

function times({ now, limits }: PeopleEnvironment): { now: Date; idleSince: Date } {
  return { now: new Date(now()), idleSince: new Date(now() - limits.idleMs) };
}
