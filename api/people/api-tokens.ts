import { LotbookError } from '../errors.ts';
import { encodeBase64url } from '../identity/base64url.ts';
import { sha256 } from '../identity/sha256.ts';
import type { Caller } from '../sharing/caller.ts';
import {
  addApiToken,
  type ApiToken,
  findApiToken,
  listApiTokens,
  revokeApiToken,
  touchApiToken,
} from '../store/api-tokens.ts';
import { inPeopleTransaction, putRoles, rolesOf } from '../store/people.ts';
import { type PeopleEnvironment, tokenClientId } from './environment.ts';
import { type Assignment, callerRoles, fromStored, toStored } from './roles.ts';

/** What programs that look for leaked secrets find it by. */
const PREFIX = 'lotbook_';
const SECRET_BYTES = 32;
const MAX_DAYS = 366;
const DAY_MS = 86_400_000;
const TOUCH_EVERY_MS = 60_000;
const BELIEVED_MS = 300_000;

export interface ApiTokenView extends Omit<ApiToken, 'secretHash'> {
  roles: Assignment[];
}

export interface ApiTokenInput {
  name: string;
  roles: readonly Assignment[];
  /** Days until it ends. */
  days: number;
}

export function isApiToken(text: string): boolean {
  return text.startsWith(PREFIX);
}

/**
 * Makes a token for a program of this organisation. It is told once.
 * @throws LotbookError BAD_INPUT, also for the role ADMINISTRATOR: a program that administers has a key of its own
 */
export async function createApiToken(
  { db, now, randomBytes, randomId }: PeopleEnvironment,
  { name, roles, days }: ApiTokenInput,
  createdBy: string,
): Promise<{ token: string; view: ApiTokenView }> {
  if (name.trim() === '' || name.length > 200)
    throw new LotbookError('BAD_INPUT', 'The name must be 1 to 200 characters.', { place: 'input.name' });
  if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS)
    throw new LotbookError('BAD_INPUT', `The days must be 1 to ${MAX_DAYS}.`, { place: 'input.days' });
  if (roles.length === 0 || roles.some(({ role }) => role === 'ADMINISTRATOR'))
    throw new LotbookError('BAD_INPUT', 'Give at least one role, and not ADMINISTRATOR.', {
      place: 'input.roles',
    });
  const stored = toStored(roles, 'input.roles');
  const token = `${PREFIX}${encodeBase64url(randomBytes(SECRET_BYTES))}`;
  const made = await inPeopleTransaction(db.prisma, async (tx) => {
    const id = randomId();
    await putRoles(tx, id, stored);
    return addApiToken(tx, {
      secretHash: sha256(token),
      id,
      name: name.trim(),
      createdBy,
      createdAt: new Date(now()),
      expiresAt: new Date(now() + days * DAY_MS),
    });
  });
  return { token, view: viewOf(made, fromStored(stored)) };
}

/** Who calls with a token; null where it is unknown, over or revoked. */
export async function callerOfToken(
  { db, organisation, now }: PeopleEnvironment,
  token: string,
): Promise<Caller | null> {
  const at = now();
  const found = await findApiToken(db.prisma, sha256(token), new Date(at));
  if (!found) return null;
  if (at - (found.usedAt?.getTime() ?? 0) >= TOUCH_EVERY_MS)
    await touchApiToken(db.prisma, found.id, new Date(at));
  const roles = (await rolesOf(db.prisma, [found.id])).get(found.id) ?? [];
  return {
    organisation,
    clientId: tokenClientId(organisation, found.id),
    own: true,
    ...callerRoles(roles),
    groups: [],
    expiresAt: Math.min(found.expiresAt.getTime(), at + BELIEVED_MS),
  };
}

export async function apiTokens({ db }: PeopleEnvironment): Promise<ApiTokenView[]> {
  const tokens = await listApiTokens(db.prisma);
  const roles = await rolesOf(
    db.prisma,
    tokens.map(({ id }) => id),
  );
  return tokens.map((token) => viewOf(token, fromStored(roles.get(token.id) ?? [])));
}

/** @throws LotbookError NOT_FOUND */
export async function revokeToken({ db, now }: PeopleEnvironment, id: string): Promise<ApiTokenView> {
  const token = await revokeApiToken(db.prisma, id, new Date(now()));
  if (!token) throw new LotbookError('NOT_FOUND', 'There is no such token.', { place: 'id' });
  const roles = (await rolesOf(db.prisma, [id])).get(id) ?? [];
  return viewOf(token, fromStored(roles));
}

function viewOf(
  { id, name, createdBy, createdAt, expiresAt, usedAt, revokedAt }: ApiToken,
  roles: Assignment[],
): ApiTokenView {
  return { id, name, createdBy, createdAt, expiresAt, usedAt, revokedAt, roles };
}
