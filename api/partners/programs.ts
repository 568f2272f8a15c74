import { LotbookError } from '../errors.ts';
import { type Role, ROLES } from '../sharing/caller.ts';
import { type Client, findClient, pinKey, revokeClient } from '../store/clients.ts';
import { findOrganisation, inPartnersTransaction, putOrganisation } from '../store/partners.ts';
import { isOrganisationId } from '../store/organisation-id.ts';
import type { PartnersEnvironment } from './environment.ts';
import { checkGroups, type Partner, pinPartnerKey, readPartner } from './partner.ts';
import { readJwk } from './statements.ts';

export interface PartnerInput {
  organisation: string;
  name: string;
  jwk: unknown;
  groups?: readonly string[] | undefined;
}

/**
 * Registers a partner that runs no node, with the public key that its program signs with. Whoever registers it vouches
 * for the key.
 *
 * @throws LotbookError BAD_INPUT, CONFLICT when it is a partner already
 */
export async function addPartner(environment: PartnersEnvironment, input: PartnerInput): Promise<Partner> {
  const { prisma, now } = environment;
  const { organisation, name } = input;
  if (!isOrganisationId(organisation)) {
    throw new LotbookError('BAD_INPUT', 'An organisation has a lower-case name like a DNS name.', {
      place: 'input.organisation',
    });
  }
  if (name.trim() === '' || name.length > 200) {
    throw new LotbookError('BAD_INPUT', 'The name must be 1 to 200 characters.', { place: 'input.name' });
  }
  const jwk = readJwk(input.jwk, 'input.jwk');
  const groups = checkGroups(input.groups ?? [], 'input.groups');
  const at = new Date(now());
  const partner = await inPartnersTransaction(prisma, async (tx) => {
    const known = await findOrganisation(tx, organisation);
    if (known && known.status !== 'REMOVED' && known.status !== 'INTRODUCED')
      throw new LotbookError('CONFLICT', 'The organisation is known here already.');
    await putOrganisation(tx, {
      id: organisation,
      name: name.trim(),
      url: null,
      status: 'ACTIVE',
      groups,
      now: at,
    });
    await pinPartnerKey(tx, { organisation, jwk, node: false, now: at });
    return readPartner(tx, organisation);
  });
  environment.ring();
  return partner;
}

export interface ProgramInput {
  /** `erp` becomes the client id `<organisation>/erp`. */
  name: string;
  jwk: unknown;
  roles: readonly Role[];
}

const PROGRAM = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Allows a program of this organisation to ask for access tokens. @throws LotbookError BAD_INPUT, CONFLICT */
export async function addProgram(environment: PartnersEnvironment, input: ProgramInput): Promise<Client> {
  const { prisma, self, now } = environment;
  if (!PROGRAM.test(input.name)) {
    throw new LotbookError('BAD_INPUT', 'A program is named with lower-case letters, digits and hyphens.', {
      place: 'input.name',
    });
  }
  const jwk = readJwk(input.jwk, 'input.jwk');
  const roles = ROLES.filter((role) => input.roles.includes(role));
  const { organisation } = self;
  const clientId = `${organisation}/${input.name}`;
  const client = await inPartnersTransaction(prisma, async (tx) => {
    const known = await findClient(tx, clientId);
    if (known && known.revokedAt === null) {
      throw new LotbookError('CONFLICT', 'A program has this name: revoke its key first.', {
        place: 'input.name',
      });
    }
    return pinKey(tx, { organisation, clientId, node: false, roles, jwk, now: new Date(now()) });
  });
  if (!client) {
    throw new LotbookError('CONFLICT', 'This key is in use already, by another program or organisation.', {
      place: 'input.jwk',
    });
  }
  environment.ring();
  return client;
}

/** Takes a program's key out of use at once. @throws LotbookError NOT_FOUND, CONFLICT for the node's own key */
export async function revokeProgram(environment: PartnersEnvironment, clientId: string): Promise<Client> {
  const { prisma, self, now } = environment;
  const client = await inPartnersTransaction(prisma, async (tx) => {
    const known = await findClient(tx, clientId);
    if (known?.organisation !== self.organisation)
      throw new LotbookError('NOT_FOUND', 'No program has this client id.');
    if (known.node) throw new LotbookError('CONFLICT', "The node's own key cannot be revoked.");
    if (known.revokedAt !== null) return known;
    return revokeClient(tx, clientId, new Date(now()));
  });
  environment.ring();
  return client;
}
