import { LotbookError } from '../errors.ts';
import { thumbprint } from '../identity/jwk.ts';
import { sha256 } from '../identity/sha256.ts';
import { findClient } from '../store/clients.ts';
import { findInvitation, type Invitation, takeInvitation } from '../store/invitations.ts';
import { type Db, findOrganisation, inPartnersTransaction, putOrganisation } from '../store/partners.ts';
import type { PartnersEnvironment } from './environment.ts';
import { pinPartnerKey } from './partner.ts';
import { type Acceptance, readAcceptance } from './statements.ts';

/**
 * Takes the acceptance of an invitation from another node. Its sender proves that it holds the key it presents and the
 * one-time code; who it is, people confirm. A partner that is active or suspended keeps the key that is pinned.
 *
 * @throws LotbookError UNVERIFIED, NOT_FOUND (code), CONFLICT (used, expired, or contradicts what is pinned)
 */
export async function receiveAcceptance(
  environment: PartnersEnvironment,
  statement: string,
): Promise<{ organisation: string; status: 'UNCONFIRMED' }> {
  const { prisma, self, now } = environment;
  const acceptance = readAcceptance(statement, self.organisation, now());
  const at = new Date(now());
  await inPartnersTransaction(prisma, async (tx) => {
    const invitation = await usableInvitation(tx, acceptance, at);
    await admit(tx, acceptance, invitation, at);
  });
  environment.ring();
  // The same answer whatever it is here: a suspended partner is not told so.
  return { organisation: self.organisation, status: 'UNCONFIRMED' };
}

async function usableInvitation(tx: Db, acceptance: Acceptance, at: Date): Promise<Invitation> {
  const codeHash = sha256(acceptance.code);
  const invitation = await findInvitation(tx, codeHash);
  if (!invitation) throw new LotbookError('NOT_FOUND', 'There is no such invitation.');
  if (await takeInvitation(tx, codeHash, acceptance.organisation, at)) return invitation;
  if (invitation.usedAt === null)
    throw new LotbookError('CONFLICT', 'The invitation has expired: ask for a new one.');
  // The same node again: its first answer was lost on the way.
  const pinned = await findClient(tx, acceptance.organisation);
  const same = invitation.usedBy === acceptance.organisation && pinned?.kid === thumbprint(acceptance.jwk);
  if (!same || pinned.revokedAt !== null) {
    throw new LotbookError('CONFLICT', 'The invitation was used already: ask for a new one.');
  }
  return invitation;
}

async function admit(tx: Db, acceptance: Acceptance, invitation: Invitation, now: Date): Promise<void> {
  const { organisation: id, name, url, jwk } = acceptance;
  const known = await findOrganisation(tx, id);
  if (known?.status === 'SELF')
    throw new LotbookError('CONFLICT', "The acceptance is in this node's own name.");
  if (known?.status === 'ACTIVE' || known?.status === 'SUSPENDED') {
    const pinned = await findClient(tx, id);
    if (pinned?.kid !== thumbprint(jwk)) {
      throw new LotbookError(
        'CONFLICT',
        'The organisation is a partner here with another key: its people must call ours.',
      );
    }
    await putOrganisation(tx, { id, name, url, now });
  } else {
    await putOrganisation(tx, { id, name, url, status: 'UNCONFIRMED', groups: invitation.groups, now });
  }
  await pinPartnerKey(tx, { organisation: id, jwk, node: true, now });
}
