import { thumbprint } from '../identity/jwk.ts';
import { findClient, pinKey } from './clients.ts';
import type { PrismaClient } from './generated/client.ts';
import { type Home, HomeError } from './home.ts';
import { inPartnersTransaction, putOrganisation } from './partners.ts';

/**
 * Enters this node itself into its database: the organisation SELF and the node's key.
 *
 * @throws HomeError BAD_ORGANISATION, BAD_KEY when the database is another node's, or its key is another one
 */
export async function enterSelf(
  prisma: PrismaClient,
  home: Pick<Home, 'organisation' | 'name' | 'publicJwk'>,
  url: string,
  now: Date,
): Promise<void> {
  const { organisation, name, publicJwk } = home;
  await inPartnersTransaction(prisma, async (tx) => {
    const self = await tx.organisation.findFirst({ where: { status: 'SELF' } });
    if (self && self.id !== organisation) {
      throw new HomeError(
        'BAD_ORGANISATION',
        `The database is that of ${self.id}, this node is ${organisation}.`,
        'Set DATABASE_URL to the database of this node, or LOTBOOK_DIR to the directory of that one.',
      );
    }
    const pinned = await findClient(tx, organisation);
    if (pinned && pinned.kid !== thumbprint(publicJwk)) {
      throw new HomeError(
        'BAD_KEY',
        'The database was made with another private key than the one that this node has now.',
        'Put the key back that is in force by the key log of the node; if it is lost, `lotbook keys recover` changes to the next one.',
      );
    }
    if (!self || self.name !== name || self.url !== url) {
      await putOrganisation(tx, { id: organisation, name, url, status: 'SELF', now });
    }
    if (!pinned) {
      await pinKey(tx, { organisation, clientId: organisation, node: true, roles: [], jwk: publicJwk, now });
    }
  });
}
