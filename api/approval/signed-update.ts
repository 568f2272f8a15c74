import { LotbookError } from '../errors.ts';
import { peekKid } from '../identity/jws.ts';
import { checkRequest, claimedRequester, ownerOf, type RequestClaims } from '../identity/request-token.ts';
import { RECORD_KINDS } from '../ledger/change.ts';
import { erasureOf } from '../ledger/erasure.ts';
import { ROLES, type Caller } from '../sharing/caller.ts';
import type { Audience } from '../sharing/grant.ts';
import { audienceIn } from '../store/introductions.ts';
import type { AuthorityPort } from './authority-port.ts';
import type { Here } from './here.ts';
import { contentHash } from './shape.ts';
import type { RecordChange, Requester, UpdateInput } from './update.ts';

/** What signed requests are worked with, besides. */
export interface Door extends Here {
  authority: AuthorityPort;
  /** An organisation that may call now, as a caller; null for every other one. */
  callerNamed: (organisation: string) => Promise<Caller | null>;
}

/** An update that an organisation signed, whoever brought it. */
export interface SignedUpdate {
  token: string;
  /** The organisation that signed. */
  signer: string;
  claims: RequestClaims;
  input: UpdateInput;
  contentHash: string;
}

/**
 * Reads a signed request. The signature says whose it is; brought is it by that organisation, or by a member of the authority of
 * its book that was asked first. Throws UNVERIFIED, BAD_INPUT.
 */
export async function readSigned(
  door: Door,
  caller: Caller,
  token: string,
  place: string,
): Promise<SignedUpdate> {
  const signer = claimedRequester(token) ?? caller.organisation;
  const checked = checkRequest(token, { keys: await door.keysOf(signer, peekKid(token)), issuer: signer });
  if (!checked.ok) throw unverified(checked.code, place);
  const { claims } = checked;
  const isBearer =
    caller.own ||
    signer === caller.organisation ||
    door.authority.members(claims.book).includes(caller.organisation);
  if (!isBearer) throw unverified('WRONG_ISSUER', place);
  const { book, key, reason, asker } = claims;
  const isOwner = signer === ownerOf(book);
  if (asker && isOwner && !isOf(signer, asker.client)) throw unverified('BAD_CLAIMS', place);
  const changes = claims.changes.map((change, index) =>
    changeOf(change, isOwner, `${place}.changes[${index}]`),
  );
  const input = { book, key, reason: reason ?? null, changes };
  return { token, signer, claims, input, contentHash: (isOwner && asker?.content) || contentHash(input) };
}

/** The name under which the request is known, for ever. */
export function requesterIn({ signer, claims }: SignedUpdate): string {
  return (signer === ownerOf(claims.book) && claims.asker?.client) || signer;
}

/**
 * Who asks, as the grants of the book see it; null without a standing in it. The owner's own people have their roles, as
 * their node says.
 */
export async function standingOf(
  door: Door,
  caller: Caller,
  update: SignedUpdate,
  owner: string,
): Promise<Requester | null> {
  const { signer, claims } = update;
  const by = signer === caller.organisation ? caller : await door.callerNamed(signer);
  if (!by) return null;
  const id = requesterIn(update);
  if (signer !== owner) {
    const audience = await audienceIn(door.pool, { id: claims.book, owner, self: door.organisation }, by);
    return audience && { id, audience, administrator: false };
  }
  const roles = ROLES.filter((role) => claims.asker?.roles.includes(role));
  const audience: Audience = { organisation: owner, groups: [], roles };
  return { id, audience, administrator: roles.includes('ADMINISTRATOR') };
}

/** The id of a request of the owner's people at their own node: who waits for it there waits for that. */
export function idAtOwner({ signer, claims }: SignedUpdate): string | undefined {
  return signer === ownerOf(claims.book) && claims.asker && UUID.test(claims.jti) ? claims.jti : undefined;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function isOf(organisation: string, client: string): boolean {
  return client === organisation || client.startsWith(`${organisation}/`);
}

function changeOf(
  { record, type, base, fields, lock }: RequestClaims['changes'][number],
  isOwner: boolean,
  place: string,
): RecordChange {
  const kind = RECORD_KINDS.find((known) => known === type);
  if (!kind)
    throw new LotbookError('BAD_INPUT', 'There is no such kind of record.', { place: `${place}.type` });
  const erasure = isOwner ? erasureOf(fields) : null;
  if (erasure) return { record, kind, base, erase: erasure.reason };
  if (base !== null || isOwner || kind === 'LOCK') return { record, kind, base, fields, lock };
  throw new LotbookError('BAD_INPUT', 'Give the base: only the owner of a book goes without.', {
    place: `${place}.base`,
  });
}

function unverified(code: string, place: string): LotbookError {
  return new LotbookError('UNVERIFIED', `The request cannot be verified (${code}).`, { place });
}
