import type { PublicJwk } from '../identity/jwk.ts';
import type { Signer } from '../identity/signer.ts';
import type { Peers } from '../peers/peer.ts';
import type { PartnerStore } from '../store/partners.ts';
import type { NodeIdentity } from './statements.ts';

/** What this room works with. */
export interface PartnersEnvironment {
  prisma: PartnerStore;
  peers: Pick<Peers, 'wellKnown' | 'post'>;
  self: NodeIdentity;
  /** The node's own: the key that is in force. */
  keys: Signer & { readonly publicJwk: PublicJwk };
  now: () => number;
  /** Cryptographically random. */
  randomBytes: (size: number) => Uint8Array;
  /** Tells all processes of the node, after the commit, that partners or clients changed. */
  ring: () => void;
}
