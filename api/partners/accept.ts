import { LotbookError } from '../errors.ts';
import { KeyError, parsePublicJwk, type PublicJwk, thumbprint } from '../identity/jwk.ts';
import type { JsonValue } from '../identity/strict-json.ts';
import { publicJwkOf } from '../store/clients.ts';
import { type Db, findOrganisation, inPartnersTransaction, putOrganisation } from '../store/partners.ts';
import type { PartnersEnvironment } from './environment.ts';
import { readLink } from './link.ts';
import { getPartner, type Partner, pinPartnerKey, readPartner } from './partner.ts';
import { type NodeIdentity, readNode, signAcceptance } from './statements.ts';

/**
 * Accepts an invitation link of another node. The link came by a way that people trust and names the inviter's key:
 *
 * 1. the node at the link's address must show that very key, and a statement signed with it that says
 *    who and where it is (a node between the two could pass on the first, not the second);
 * 2. what is here already must not contradict it;
 * 3. the inviter is told our key, with the one-time code;
 * 4. its key is pinned and it is a partner here at once. There our fingerprint waits for its people's confirmation.
 *
 * Again with the same link after a failure is safe: the inviter answers the same acceptance in the same way.
 *
 * @throws LotbookError BAD_INPUT, UNREACHABLE, UNVERIFIED, CONFLICT, NOT_FOUND (the inviter does not know the code)
 */
export async function accept(environment: PartnersEnvironment, text: string): Promise<Partner> {
  const { prisma, peers, self, keys: own, now } = environment;
  const { url, code, kid } = readLink(text);

  const { document, keys } = await peers.wellKnown(url);
  const jwk = keyWith(kid, keys);
  const inviter = whoIs(document['statement'], jwk);
  if (inviter.organisation === self.organisation) {
    throw new LotbookError('CONFLICT', "This is an invitation of this node's own.", { place: 'link' });
  }

  if (inviter.url !== url) {
    throw new LotbookError(
      'UNVERIFIED',
      'The inviter says that its address is another one than that of the link: ask it for a new link.',
      { place: 'link' },
    );
  }
  await refuseContradiction(prisma, inviter, jwk);

  const statement = await signAcceptance(
    { self, jwk: own.publicJwk, inviter: inviter.organisation, code, now: now() },
    own,
  );
  await peers.post(`${url}/partners/acceptances`, statement);

  const at = new Date(now());
  const partner = await inPartnersTransaction(prisma, async (tx) => {
    await refuseContradiction(tx, inviter, jwk);
    const known = await findOrganisation(tx, inviter.organisation);
    await putOrganisation(tx, {
      id: inviter.organisation,
      name: inviter.name,
      url,
      status: 'ACTIVE',
      // What it was given before its removal is not given to it anew.
      ...(known?.status === 'REMOVED' && { groups: [] }),
      now: at,
    });
    await pinPartnerKey(tx, { organisation: inviter.organisation, jwk, node: true, now: at });
    return readPartner(tx, inviter.organisation);
  });
  environment.ring();
  return partner;
}

function keyWith(kid: string, keys: readonly JsonValue[]): PublicJwk {
  for (const candidate of keys) {
    try {
      const jwk = parsePublicJwk(candidate);
      if (thumbprint(jwk) === kid) return jwk;
    } catch (error) {
      if (!(error instanceof KeyError)) throw error; // another key of the set, of a kind that is not used here
    }
  }
  throw new LotbookError(
    'UNVERIFIED',
    'The node at the address of the link does not have the key that the link names. Do not go on: ask the inviter by telephone.',
    { place: 'link' },
  );
}

function whoIs(statement: JsonValue | undefined, jwk: PublicJwk): NodeIdentity {
  if (typeof statement !== 'string')
    throw new LotbookError('UNVERIFIED', 'The other node does not say who it is.');
  return readNode(statement, jwk);
}

async function refuseContradiction(db: Db, inviter: NodeIdentity, jwk: PublicJwk): Promise<void> {
  const known = await findOrganisation(db, inviter.organisation);
  if (!known || ['INTRODUCED', 'REMOVED', 'UNCONFIRMED'].includes(known.status)) return;
  if (known.status === 'SUSPENDED') {
    throw new LotbookError('CONFLICT', 'The inviter is a suspended partner here: resume it instead.', {
      place: 'link',
    });
  }
  const { client } = await getPartner(db, inviter.organisation);
  if (client && thumbprint(publicJwkOf(client)) === thumbprint(jwk)) return;
  throw new LotbookError(
    'CONFLICT',
    'The inviter is a partner here with another key. Ask it by telephone why, and remove it here before you accept.',
    { place: 'link' },
  );
}
