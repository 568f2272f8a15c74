import { LotbookError } from '../errors.ts';
import { publicJwkOf, revokeAll } from '../store/clients.ts';
import { inPartnersTransaction, putOrganisation } from '../store/partners.ts';
import type { PartnersEnvironment } from './environment.ts';
import { isFingerprintOf } from './fingerprint.ts';
import { checkGroups, getPartner, type Partner, type PartnerStatus, readPartner } from './partner.ts';

type Move = 'suspend' | 'resume' | 'remove' | 'confirm';

/** Which move leads where; what is not here is refused. A move to where a partner is already changes nothing. */
const MOVES: Record<Move, { from: readonly PartnerStatus[]; to: PartnerStatus; else: string }> = {
  confirm: {
    from: ['UNCONFIRMED'],
    to: 'ACTIVE',
    else: 'Only a partner that waits for confirmation can be confirmed.',
  },
  suspend: { from: ['ACTIVE'], to: 'SUSPENDED', else: 'Only an active partner can be suspended.' },
  resume: { from: ['SUSPENDED'], to: 'ACTIVE', else: 'Only a suspended partner can be resumed.' },
  remove: {
    from: ['UNCONFIRMED', 'ACTIVE', 'SUSPENDED'],
    to: 'REMOVED',
    else: 'The partner cannot be removed.',
  },
};

/** Moves a partner. @throws LotbookError NOT_FOUND, CONFLICT */
export function movePartner(
  environment: PartnersEnvironment,
  organisation: string,
  move: Exclude<Move, 'confirm'>,
): Promise<Partner> {
  return change(environment, organisation, move);
}

/**
 * Lets in a partner that accepted our invitation, when the fingerprint that its people read out is that of the key that
 * came with the acceptance.
 *
 * @throws LotbookError NOT_FOUND, CONFLICT
 */
export function confirm(
  environment: PartnersEnvironment,
  organisation: string,
  fingerprint: string,
): Promise<Partner> {
  return change(environment, organisation, 'confirm', fingerprint);
}

/** Sets the groups that grants can name. @throws LotbookError NOT_FOUND, BAD_INPUT */
export async function setGroups(
  environment: PartnersEnvironment,
  organisation: string,
  groups: readonly string[],
): Promise<Partner> {
  const { prisma, now } = environment;
  const checked = checkGroups(groups, 'groups');
  const partner = await inPartnersTransaction(prisma, async (tx) => {
    await getPartner(tx, organisation);
    await putOrganisation(tx, { id: organisation, groups: checked, now: new Date(now()) });
    return readPartner(tx, organisation);
  });
  environment.ring();
  return partner;
}

async function change(
  environment: PartnersEnvironment,
  organisation: string,
  move: Move,
  fingerprint?: string,
): Promise<Partner> {
  const { prisma, now } = environment;
  const { from, to, else: refusal } = MOVES[move];
  const partner = await inPartnersTransaction(prisma, async (tx) => {
    const { row, client } = await getPartner(tx, organisation);
    if (fingerprint !== undefined && !(client && isFingerprintOf(fingerprint, publicJwkOf(client))))
      throw mismatch();
    if (row.status !== to) {
      if (!from.some((status) => status === row.status)) throw new LotbookError('CONFLICT', refusal);
      const at = new Date(now());
      await putOrganisation(tx, { id: organisation, status: to, now: at });
      // Its keys stay known, for what they signed; they open nothing any more.
      if (to === 'REMOVED') await revokeAll(tx, organisation, at);
    }
    return readPartner(tx, organisation);
  });
  environment.ring();
  return partner;
}

function mismatch(): LotbookError {
  return new LotbookError(
    'CONFLICT',
    'This is not the fingerprint of the key that the partner presented. Compare it once more by telephone, on a number ' +
      'that you know; if it still differs, somebody else accepted the invitation: remove the partner and invite anew.',
    { place: 'fingerprint' },
  );
}
