import { fingerprint, type PublicJwk } from '../identity/jwk.ts';
import { LotbookError } from '../errors.ts';
import type { KeyLog } from '../identity/key-log.ts';
import { type Client, findClient, pinKey, publicJwkOf } from '../store/clients.ts';
import { keptKeyLog, readKeyLogs } from '../store/key-statements.ts';
import {
  type Db,
  findOrganisation,
  type Organisation,
  type OrganisationStatus,
  statusOf,
} from '../store/partners.ts';

export type PartnerStatus = Exclude<OrganisationStatus, 'SELF' | 'INTRODUCED'>;

/** A partner as its own people see it. */
export interface Partner {
  organisation: string;
  name: string;
  url: string | null;
  status: PartnerStatus;
  groups: string[];
  /** Whether inquiries of others are handed on to it. */
  forwardsInquiries: boolean;
  /** Canonical identifiers of places and parties at which it stands, as set here. */
  places: string[];
  /** Of the pinned key, to compare by telephone; null when no key is pinned. */
  fingerprint: string | null;
  /** All its keys, as far as its key log is known here. */
  keyLog: KeyLog | null;
  since: Date;
  unreachableSince: Date | null;
  unreachable: string | null;
}

export function partnerOf(
  row: Organisation,
  jwk: PublicJwk | undefined,
  statements: readonly string[] | undefined,
): Partner {
  const status = statusOf(row);
  if (status === 'SELF' || status === 'INTRODUCED') throw new Error('the organisation is no partner');
  const { id, name, url, groups, forwardsInquiries, places, createdAt, unreachableAt, unreachable } = row;
  const pinned = jwk ? fingerprint(jwk) : null;
  return {
    organisation: id,
    name,
    url,
    status,
    groups,
    forwardsInquiries,
    places,
    fingerprint: pinned,
    keyLog: statements ? keptKeyLog(id, statements) : null,
    since: createdAt,
    unreachableSince: unreachableAt,
    unreachable,
  };
}

/** A partner with the key that stands for it. @throws LotbookError NOT_FOUND */
export async function getPartner(
  db: Db,
  organisation: string,
): Promise<{ row: Organisation; client: Client | null }> {
  const row = await findOrganisation(db, organisation);
  if (!row || row.status === 'SELF' || row.status === 'INTRODUCED')
    throw new LotbookError('NOT_FOUND', 'No partner has this name.');
  return { row, client: await findClient(db, organisation) };
}

export async function readPartner(db: Db, organisation: string): Promise<Partner> {
  const { row, client } = await getPartner(db, organisation);
  const logs = await readKeyLogs(db, [organisation]);
  return partnerOf(row, client ? publicJwkOf(client) : undefined, logs.get(organisation));
}

/** Pins the key that stands for a partner. @throws LotbookError CONFLICT when it is another's already */
export async function pinPartnerKey(
  db: Db,
  key: { organisation: string; jwk: PublicJwk; node: boolean; now: Date },
): Promise<void> {
  const { organisation, jwk, node, now } = key;
  const pinned = await pinKey(db, { organisation, clientId: organisation, node, roles: [], jwk, now });
  if (!pinned)
    throw new LotbookError('CONFLICT', 'This key is in use already, by another organisation or program.');
}

const GROUP = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Names of groups, sorted, each once. @throws LotbookError BAD_INPUT */
export function checkGroups(groups: readonly string[], place: string): string[] {
  if (groups.length > 50)
    throw new LotbookError('BAD_INPUT', 'A partner can be in 50 groups at most.', { place });
  const wrong = groups.findIndex((group) => !GROUP.test(group));
  if (wrong !== -1) {
    throw new LotbookError('BAD_INPUT', 'A group is named with lower-case letters, digits and hyphens.', {
      place: `${place}[${wrong}]`,
    });
  }
  return [...new Set(groups)].toSorted();
}
