import { LotbookError } from '../errors.ts';
import { sha256 } from '../identity/sha256.ts';
import { countAttempt, forgiveAttempt } from '../store/login-failures.ts';
import { changePerson, findPersonByEmail } from '../store/people.ts';
import { afterAttempt, OF_ACCOUNT, OF_ADDRESS } from './back-off.ts';
import { type Origin, type PeopleEnvironment, personClientId } from './environment.ts';
import { beginSession } from './sessions.ts';

export interface LoggedIn {
  /** For the cookie. */
  secret: string;
  expiresAt: Date;
}

const LONGEST_TYPED = 1_000;

/**
 * Logs a person in with a password. Counted before it is looked at; an unknown account, one without a password, a suspended
 * one and a wrong password take equally long and are answered in one way.
 *
 * @throws LotbookError UNAUTHENTICATED, TOO_BUSY with the time to wait
 */
export async function logIn(
  environment: PeopleEnvironment,
  typed: { email: string; password: string },
  origin: Origin,
): Promise<LoggedIn> {
  const { db, organisation, passwords, accessLog, now } = environment;
  const email = emailOf(typed.email);
  const keys = { account: `account ${sha256(email)}`, address: `address ${networkOf(origin.address)}` };
  const at = new Date(now());
  const locked = await countAttempt(db.pool, Object.values(keys), at, (key, previous) =>
    afterAttempt(previous, key === keys.account ? OF_ACCOUNT : OF_ADDRESS, at),
  );
  const access = { who: null, address: origin.address, action: 'log in' };
  if (locked) {
    await accessLog.note({ ...access, result: 'TOO_BUSY' });
    throw new LotbookError('TOO_BUSY', 'Too many failed attempts.', {
      retryAfterMs: Math.max(1, locked.getTime() - at.getTime()),
    });
  }
  const person = await findPersonByEmail(db.prisma, email);
  const password = typed.password.slice(0, LONGEST_TYPED);
  const { ok, isWeak } = await passwords.verify(password, person?.password ?? null);
  const who = person ? personClientId(organisation, person.id) : null;
  if (!ok || !person || person.status !== 'ACTIVE') {
    await accessLog.note({ ...access, who, result: 'UNAUTHENTICATED' });
    throw new LotbookError('UNAUTHENTICATED', 'The e-mail address or the password is not right.');
  }
  await forgiveAttempt(db.pool, keys.account, keys.address);
  const stronger = isWeak ? { password: await passwords.hash(password) } : {};
  await changePerson(db.prisma, person.id, { lastLoginAt: at, ...stronger });
  const session = await beginSession(environment, person.id, origin);
  await accessLog.note({ ...access, who, result: 'OK' });
  return session;
}

/** As it is kept: one person has one, however it is typed. */
export function emailOf(typed: string): string {
  return typed.trim().slice(0, LONGEST_TYPED).normalize('NFKC').toLowerCase().replaceAll('\0', '');
}

/** Who has one IPv6 address has as many as a /64 holds. */
function networkOf(address: string): string {
  if (!address.includes(':') || /^::ffff:\d/.test(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').length;
  return [...groups, ...Array<string>(Math.max(0, missing)).fill('0')].slice(0, 4).join(':');
}
