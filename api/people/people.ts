import { LotbookError } from '../errors.ts';
import type { Caller } from '../sharing/caller.ts';
import { readAccess, type AccessLogFilter, type AccessLogRow } from '../store/access-log.ts';
import {
  changePerson,
  findPerson,
  inPeopleTransaction,
  listPeople,
  type PersonWithRoles,
  putRoles,
} from '../store/people.ts';
import { endSessions, type Session } from '../store/sessions.ts';
import {
  type ApiTokenInput,
  type ApiTokenView,
  apiTokens,
  callerOfToken,
  createApiToken,
  isApiToken,
  revokeToken,
} from './api-tokens.ts';
import type { AccessLog } from './access-log.ts';
import { type Origin, type PeopleEnvironment } from './environment.ts';
import {
  acceptLink,
  firstLink,
  inviteAgain,
  invitePerson,
  type MadeLink,
  type PersonInput,
  personOfLink,
} from './links.ts';
import { type LoggedIn, logIn } from './login.ts';
import { openOidcLogin, type OidcLogin } from './oidc-login.ts';
import type { RoleClaim } from './oidc-roles.ts';
import { type Assignment, fromStored, toStored } from './roles.ts';
import { callerOfSession, endBySecret, sessionsOf } from './sessions.ts';

export interface PersonView extends Pick<
  PersonWithRoles,
  'id' | 'name' | 'email' | 'status' | 'createdAt' | 'lastLoginAt' | 'issuer'
> {
  roles: Assignment[];
}

/** The people of this organisation, how they get in, and what their programs call with. All reject with LotbookError. */
export interface People {
  list(): Promise<PersonView[]>;
  find(id: string): Promise<PersonView | null>;
  firstLink(): Promise<MadeLink | null>;
  invite(input: PersonInput): Promise<MadeLink>;
  inviteAgain(person: string): Promise<MadeLink>;
  /** The person that a link is for; null where the link is not good. */
  personOfLink(code: string): Promise<{ name: string | null; email: string | null } | null>;
  acceptLink(
    code: string,
    typed: { name: string; email: string; password: string },
    origin: Origin,
  ): Promise<LoggedIn>;
  setRoles(person: string, roles: readonly Assignment[]): Promise<PersonView>;
  suspend(person: string): Promise<PersonView>;
  resume(person: string): Promise<PersonView>;
  logIn(typed: { email: string; password: string }, origin: Origin): Promise<LoggedIn>;
  /** Null where people have accounts here. */
  oidc: OidcLogin | null;
  sessions(person: string): Promise<Session[]>;
  /** Ends one session of a person, or all. @returns how many */
  endSessions(person: string, id?: string): Promise<number>;
  endBySecret(secret: string): Promise<void>;
  callerOfSession(secret: string): Promise<Caller | null>;
  callerOfToken(token: string): Promise<Caller | null>;
  isApiToken(text: string): boolean;
  apiTokens(): Promise<ApiTokenView[]>;
  createApiToken(input: ApiTokenInput, createdBy: string): Promise<{ token: string; view: ApiTokenView }>;
  revokeApiToken(id: string): Promise<ApiTokenView>;
  /** Rows of the access log with a lower number than `before`, the latest first. */
  accessLog(filter: AccessLogFilter, page: { before: number | null; first: number }): Promise<AccessLogRow[]>;
  log: AccessLog;
}

export function openPeople(environment: PeopleEnvironment, roleClaim: RoleClaim): People {
  const { db, oidc, now } = environment;
  const { prisma } = db;

  const list = async (): Promise<PersonView[]> => (await listPeople(prisma)).map(viewOf);
  const viewed = async (id: string): Promise<PersonView> => {
    const found = (await list()).find((person) => person.id === id);
    if (!found) throw noPerson();
    return found;
  };
  const move = async (id: string, from: readonly string[], to: string): Promise<PersonView> => {
    await inPeopleTransaction(prisma, async (tx) => {
      const person = await findPerson(tx, id);
      if (!person) throw noPerson();
      if (person.status === to) return;
      if (!from.includes(person.status))
        throw new LotbookError('CONFLICT', `The person is ${person.status}.`, { place: 'person' });
      await changePerson(tx, id, { status: to, changedAt: new Date(now()) });
      if (to === 'SUSPENDED') await endSessions(tx, { person: id });
    });
    return viewed(id);
  };

  return {
    list,
    find: async (id) => (await list()).find((person) => person.id === id) ?? null,
    firstLink: () => firstLink(environment),
    invite: (input) => invitePerson(environment, input),
    inviteAgain: (person) => inviteAgain(environment, person),
    personOfLink: (code) => personOfLink(environment, code),
    acceptLink: (code, typed, origin) => acceptLink(environment, code, typed, origin),
    setRoles: async (id, roles) => {
      const stored = toStored(roles, 'roles');
      await inPeopleTransaction(prisma, async (tx) => {
        if (!(await findPerson(tx, id))) throw noPerson();
        await putRoles(tx, id, stored);
        await changePerson(tx, id, { changedAt: new Date(now()) });
      });
      return viewed(id);
    },
    suspend: (person) => move(person, ['INVITED', 'ACTIVE'], 'SUSPENDED'),
    // Who never came in needs a new link anyway.
    resume: (person) => move(person, ['SUSPENDED'], 'ACTIVE'),
    logIn: (typed, origin) => logIn(environment, typed, origin),
    oidc: oidc && openOidcLogin(environment, oidc, roleClaim),
    sessions: (person) => sessionsOf(environment, person),
    endSessions: (person, id) => endSessions(prisma, id === undefined ? { person } : { person, id }),
    endBySecret: async (secret) => void (await endBySecret(environment, secret)),
    callerOfSession: (secret) => callerOfSession(environment, secret),
    callerOfToken: (token) => callerOfToken(environment, token),
    isApiToken,
    apiTokens: () => apiTokens(environment),
    createApiToken: (input, createdBy) => createApiToken(environment, input, createdBy),
    revokeApiToken: (id) => revokeToken(environment, id),
    accessLog: async (filter, page) => {
      await environment.accessLog.settled();
      return readAccess(prisma, filter, page);
    },
    log: environment.accessLog,
  };
}

function viewOf({
  id,
  name,
  email,
  status,
  createdAt,
  lastLoginAt,
  issuer,
  roles,
}: PersonWithRoles): PersonView {
  return { id, name, email, status, createdAt, lastLoginAt, issuer, roles: fromStored(roles) };
}

function noPerson(): LotbookError {
  return new LotbookError('NOT_FOUND', 'There is no such person.', { place: 'person' });
}
