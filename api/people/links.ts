import { LotbookError } from '../errors.ts';
import { encodeBase64url } from '../identity/base64url.ts';
import { sha256 } from '../identity/sha256.ts';
import {
  addPerson,
  changePerson,
  countPeople,
  findLink,
  findPerson,
  findPersonByEmail,
  findUnnamed,
  hasLink,
  inPeopleTransaction,
  type Person,
  putLink,
  takeLink,
} from '../store/people.ts';
import type { Db } from '../store/partners.ts';
import { endSessions } from '../store/sessions.ts';
import { type Origin, type PeopleEnvironment, personClientId } from './environment.ts';
import { emailOf, type LoggedIn } from './login.ts';
import { checkPassword } from './password.ts';
import { type Assignment, toStored } from './roles.ts';
import { beginSession } from './sessions.ts';

const CODE_BYTES = 24;
const CODE = /^[\w-]{32}$/;
const MAX_HOURS = 168;
const FIRST_HOURS = 24;
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,190}$/;

export interface MadeLink {
  person: string;
  /** Good once; whoever has it comes in as the person. */
  link: string;
  expiresAt: Date;
}

export interface PersonInput {
  name: string;
  email: string;
  roles: readonly Assignment[];
  /** Hours until the link expires; 72 when absent. */
  hours?: number | undefined;
}

/** Where nobody has ever been let in: a link for the first administrator, as long as there is none in force. */
export async function firstLink(environment: PeopleEnvironment): Promise<MadeLink | null> {
  const { db, now, randomId } = environment;
  return inPeopleTransaction(db.prisma, async (tx) => {
    const at = new Date(now());
    if ((await countPeople(tx)) === 0) {
      const id = randomId();
      const roles = [{ role: 'ADMINISTRATOR', book: '*' }];
      await addPerson(tx, { id, name: null, email: null, status: 'INVITED', createdAt: at, roles });
      return makeLink(environment, tx, id, FIRST_HOURS);
    }
    const first = await findUnnamed(tx);
    if (!first || (await hasLink(tx, first.id, at))) return null;
    return makeLink(environment, tx, first.id, FIRST_HOURS);
  });
}

/** @throws LotbookError BAD_INPUT, CONFLICT */
export async function invitePerson(environment: PeopleEnvironment, input: PersonInput): Promise<MadeLink> {
  const { db, now, randomId } = environment;
  const name = nameFrom(input.name, 'input.name');
  const email = addressFrom(input.email, 'input.email');
  const hours = hoursFrom(input.hours);
  const roles = toStored(input.roles, 'input.roles');
  const id = randomId();
  return inPeopleTransaction(db.prisma, async (tx) => {
    await checkFree(tx, email, 'input.email');
    await addPerson(tx, { id, name, email, status: 'INVITED', createdAt: new Date(now()), roles });
    return makeLink(environment, tx, id, hours);
  });
}

/** A new link for a person: the one before is void. Who forgot the password sets a new one by it. */
export async function inviteAgain(environment: PeopleEnvironment, person: string): Promise<MadeLink> {
  return inPeopleTransaction(environment.db.prisma, async (tx) => {
    const known = await findPerson(tx, person);
    if (!known) throw new LotbookError('NOT_FOUND', 'There is no such person.', { place: 'person' });
    if (known.status === 'SUSPENDED') throw new LotbookError('CONFLICT', 'The person is suspended.');
    return makeLink(environment, tx, person, 72);
  });
}

/** The person that a link is for, as long as it is good. */
export async function personOfLink({ db, now }: PeopleEnvironment, code: string): Promise<Person | null> {
  const known = CODE.test(code) ? await findLink(db.prisma, sha256(code), new Date(now())) : null;
  return known?.status === 'SUSPENDED' ? null : known;
}

/**
 * Uses a link up: the person has a password from now on, and no other session than the new one.
 * @throws LotbookError BAD_INPUT, CONFLICT: then the link stays good; NOT_FOUND where it is used or over
 */
export async function acceptLink(
  environment: PeopleEnvironment,
  code: string,
  typed: { name: string; email: string; password: string },
  origin: Origin,
): Promise<LoggedIn> {
  const { db, organisation, passwords, accessLog, now } = environment;
  const known = await personOfLink(environment, code);
  const action = 'use link';
  if (!known) {
    await accessLog.note({ who: null, address: origin.address, action, result: 'NOT_FOUND' });
    throw noLink();
  }
  const name = known.name ?? nameFrom(typed.name, 'name');
  const email = known.email ?? addressFrom(typed.email, 'email');
  checkPassword(typed.password, [name, email, organisation]);
  const password = await passwords.hash(typed.password);
  const at = new Date(now());
  await inPeopleTransaction(db.prisma, async (tx) => {
    if (known.email === null) await checkFree(tx, email, 'email');
    if (!(await takeLink(tx, sha256(code), at))) throw noLink();
    const status = 'ACTIVE';
    await changePerson(tx, known.id, { name, email, password, status, changedAt: at, lastLoginAt: at });
    await endSessions(tx, { person: known.id });
  });
  const session = await beginSession(environment, known.id, origin);
  const who = personClientId(organisation, known.id);
  await accessLog.note({ who, address: origin.address, action, result: 'OK' });
  return session;
}

async function makeLink(
  { url, now, randomBytes }: PeopleEnvironment,
  db: Db,
  person: string,
  hours: number,
): Promise<MadeLink> {
  const code = encodeBase64url(randomBytes(CODE_BYTES));
  const createdAt = new Date(now());
  const expiresAt = new Date(now() + hours * 3_600_000);
  await putLink(db, { codeHash: sha256(code), person, createdAt, expiresAt });
  return { person, link: `${url}/invitations/${code}`, expiresAt };
}

async function checkFree(db: Db, email: string, place: string): Promise<void> {
  if (await findPersonByEmail(db, email))
    throw new LotbookError('CONFLICT', 'A person with this e-mail address is known here.', { place });
}

function nameFrom(typed: string, place: string): string {
  const name = typed.trim();
  if (name !== '' && name.length <= 200 && !/\p{Cc}/u.test(name)) return name;
  throw new LotbookError('BAD_INPUT', 'The name must be 1 to 200 characters.', { place });
}

function addressFrom(typed: string, place: string): string {
  const email = emailOf(typed);
  if (EMAIL.test(email) && !/\p{Cc}/u.test(email)) return email;
  throw new LotbookError('BAD_INPUT', 'This is no e-mail address.', { place });
}

function hoursFrom(hours = 72): number {
  if (Number.isInteger(hours) && hours >= 1 && hours <= MAX_HOURS) return hours;
  throw new LotbookError('BAD_INPUT', `The hours must be 1 to ${MAX_HOURS}.`, { place: 'input.hours' });
}

export function noLink(): LotbookError {
  return new LotbookError(
    'NOT_FOUND',
    'This link is used, replaced or over: ask an administrator for a new one.',
  );
}
