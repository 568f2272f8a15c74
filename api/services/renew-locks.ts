import type { Others } from '../approval/approval.ts';
import { readRenewal } from '../approval/remote-request.ts';
import type { CallLimits, Peers } from '../peers/peer.ts';

const RENEW = `mutation Renew($book: ID!, $locks: [LockTokenInput!]!) {
  renewLocks(book: $book, locks: $locks) { until error { code message } }
}`;

/** Has the leases of locks renewed by the node that holds the right to approve. */
export function renewingAt(peers: Peers, limits: CallLimits): Others['renew'] {
  return async (to, book, locks) => {
    const data = await peers.call(to, RENEW, { book, locks }, limits);
    return readRenewal(data['renewLocks']);
  };
}
