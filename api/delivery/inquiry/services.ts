import type { PinnedKeys } from '../../identity/jws.ts';
import type { Signer } from '../../identity/signer.ts';
import type { KeysLine } from '../../ledger/export/lines.ts';
import type { Peers } from '../../peers/peer.ts';
import type { ScopeServices } from '../scope.ts';

/** What asking other nodes, and answering them, works with. */
export interface InquiryServices extends ScopeServices {
  peers: Pick<Peers, 'subscribe'>;
  signer: Signer;
  randomId: () => string;
  /** The keys of an organisation that is known here; empty for any other. */
  knownKeys(organisation: string): Promise<PinnedKeys>;
  /** The same as signed statements, for those who do not know it. */
  keysLine(organisation: string): Promise<KeysLine | null>;
  /** So many records at most are kept for one case. */
  config: { caseRecords: number };
  log: { warn(details: object, message: string): void };
}
