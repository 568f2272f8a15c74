import { LotbookError } from '../errors.ts';
import { sha256 } from '../identity/sha256.ts';
import type { Identity, OidcProvider } from '../peers/oidc.ts';
import { type Role } from '../sharing/caller.ts';
import { addOidcAttempt, takeOidcAttempt } from '../store/oidc-attempts.ts';
import type { Db } from '../store/partners.ts';
import {
  addPerson,
  changePerson,
  findLink,
  findPersonByEmail,
  findPersonBySubject,
  inPeopleTransaction,
  type Person,
  putRoles,
  rolesOf,
  takeLink,
} from '../store/people.ts';
import { type Origin, type PeopleEnvironment, personClientId } from './environment.ts';
import { noLink } from './links.ts';
import { emailOf, type LoggedIn } from './login.ts';
import { type RoleClaim, rolesFromClaims } from './oidc-roles.ts';
import { beginSession } from './sessions.ts';

const BACK_WITHIN_MS = 600_000;
const ACTION = 'log in';

/** Where people log in at an OpenID provider. */
export interface OidcLogin {
  /**
   * @param code of the link by which a person comes in for the first time
   * @returns where to send the browser, and what its cookie must hold when it comes back
   */
  begin(returnTo: string, code: string | null): Promise<{ url: string; state: string }>;
  /** @param state what the cookie holds. Rejects with UNAUTHENTICATED, UNREACHABLE, NOT_FOUND. */
  finish(answer: URL, state: string, origin: Origin): Promise<LoggedIn & { returnTo: string }>;
}

export function openOidcLogin(
  environment: PeopleEnvironment,
  provider: OidcProvider,
  roleClaim: RoleClaim,
): OidcLogin {
  const { db, organisation, url, accessLog, now } = environment;
  const redirectUri = `${url}/login/callback`;

  const finish: OidcLogin['finish'] = async (answer, state, origin) => {
    const at = new Date(now());
    const attempt = await takeOidcAttempt(db.prisma, sha256(state), at);
    if (!attempt || answer.searchParams.get('state') !== state)
      throw new LotbookError('UNAUTHENTICATED', 'This log-in was not begun in this browser, or is over.');
    const { nonce, verifier, link, returnTo } = attempt;
    // The provider compares it with what the log-in began with; the node may be reached by another name.
    const seen = new URL(redirectUri);
    seen.search = answer.search;
    const identity = await provider.finish(seen, { state, nonce, verifier });
    const roles = rolesFromClaims(identity.claims, roleClaim);
    const person = await inPeopleTransaction(db.prisma, async (tx) => {
      const known = link
        ? await linked(tx, link, identity, at)
        : await recognised(environment, tx, identity, roles, at);
      if (roles) await putRolesInAll(tx, known.id, roles);
      await changePerson(tx, known.id, { lastLoginAt: at });
      return known;
    });
    const session = await beginSession(environment, person.id, origin);
    const who = personClientId(organisation, person.id);
    await accessLog.note({ who, address: origin.address, action: ACTION, result: 'OK' });
    return { ...session, returnTo };
  };

  return {
    begin: async (returnTo, code) => {
      const { url: there, state, nonce, verifier } = await provider.begin(redirectUri);
      const expiresAt = new Date(now() + BACK_WITHIN_MS);
      const link = code === null ? null : sha256(code);
      await addOidcAttempt(
        db.prisma,
        { stateHash: sha256(state), nonce, verifier, returnTo, link, expiresAt },
        new Date(now()),
      );
      return { url: there, state };
    },
    finish: async (answer, state, origin) => {
      try {
        return await finish(answer, state, origin);
      } catch (error) {
        const result = error instanceof LotbookError ? error.code : 'INTERNAL';
        await accessLog.note({ who: null, address: origin.address, action: ACTION, result });
        throw error;
      }
    },
  };
}

/** Whoever was invited is from now on the one whom the provider knows by this subject. */
async function linked(
  tx: Db,
  codeHash: string,
  { issuer, subject, claims }: Identity,
  at: Date,
): Promise<Person> {
  const person = await findLink(tx, codeHash, at);
  if (!person || person.status === 'SUSPENDED' || !(await takeLink(tx, codeHash, at))) throw noLink();
  const other = await findPersonBySubject(tx, issuer, subject);
  if (other && other.id !== person.id)
    throw new LotbookError('CONFLICT', 'Whom the OpenID provider let in is another person here.');
  const name = person.name ?? nameIn(claims);
  const email = person.email ?? (await freeEmail(tx, claims));
  await changePerson(tx, person.id, { issuer, subject, name, email, status: 'ACTIVE', changedAt: at });
  return person;
}

/** A person known by its subject; one who is not, where the claims give it a role. */
async function recognised(
  { randomId }: PeopleEnvironment,
  tx: Db,
  { issuer, subject, claims }: Identity,
  roles: readonly Role[] | null,
  at: Date,
): Promise<Person> {
  const known = await findPersonBySubject(tx, issuer, subject);
  if (known?.status === 'ACTIVE') return known;
  if (known || !roles?.length)
    throw new LotbookError(
      'UNAUTHENTICATED',
      'The OpenID provider knows you, this node does not: ask an administrator.',
    );
  const id = randomId();
  const email = await freeEmail(tx, claims);
  const name = nameIn(claims);
  await addPerson(tx, { id, name, email, issuer, subject, status: 'ACTIVE', createdAt: at, roles: [] });
  return (await findPersonBySubject(tx, issuer, subject)) as Person;
}

/** Roles in single books are given here and stay. */
async function putRolesInAll(tx: Db, person: string, roles: readonly Role[]): Promise<void> {
  const kept = (await rolesOf(tx, [person])).get(person) ?? [];
  const inBooks = kept.filter(({ book }) => book !== '*');
  await putRoles(tx, person, [...inBooks, ...roles.map((role) => ({ role, book: '*' }))]);
}

function nameIn({ name, preferred_username: login, email }: Readonly<Record<string, unknown>>): string {
  const said = [name, login, email].find((each) => typeof each === 'string' && each.trim() !== '');
  return (
    (said as string | undefined)
      ?.trim()
      .slice(0, 200)
      .replace(/\p{Cc}/gu, ' ') ?? 'without a name'
  );
}

async function freeEmail(
  tx: Db,
  { email: given }: Readonly<Record<string, unknown>>,
): Promise<string | null> {
  if (typeof given !== 'string' || !given.includes('@') || given.length > 254) return null;
  const email = emailOf(given);
  return (await findPersonByEmail(tx, email)) ? null : email;
}
