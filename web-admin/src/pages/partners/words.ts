import type { PartnerPartsFragment, PartnerStatus } from '../../operations/generated/documents.ts';

export const STATES: Readonly<Record<PartnerStatus, { text: string; color: string }>> = {
  UNCONFIRMED: { text: 'waits for you', color: 'yellow' },
  ACTIVE: { text: 'partner', color: 'leaf' },
  SUSPENDED: { text: 'suspended', color: 'gray' },
  REMOVED: { text: 'removed', color: 'gray' },
};

/** How to get at a partner's node, in a few words. */
export function reachOf({ url, status, unreachable }: PartnerPartsFragment): string {
  if (url === null) return 'runs no node of its own';
  if (status === 'SUSPENDED' || status === 'REMOVED') return 'nothing is exchanged';
  return unreachable ? 'does not answer' : 'answers';
}

const THUMBPRINT = /#([A-Za-z0-9_-]{43})$/;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * What an invitation link says: whose node it leads to, and the fingerprint of its key, as people compare it: the first 160 bits
 * of the thumbprint in base32 (RFC 4648). Null for what is no such link.
 */
export function readInvitation(link: string): { host: string; fingerprint: string } | null {
  const thumbprint = THUMBPRINT.exec(link.trim())?.[1];
  if (!thumbprint || !URL.canParse(link.trim())) return null;
  const bytes = Uint8Array.from(atob(thumbprint.replaceAll('-', '+').replaceAll('_', '/')), (letter) =>
    letter.charCodeAt(0),
  );
  const letters = Array.from({ length: 32 }, (_, nr) => {
    const bit = nr * 5;
    const pair = (bytes[bit >> 3] ?? 0) * 256 + (bytes[(bit >> 3) + 1] ?? 0);
    return LETTERS[(pair >> (11 - (bit & 7))) & 31];
  }).join('');
  return { host: new URL(link.trim()).host, fingerprint: letters.match(/.{4}/g)?.join(' ') ?? '' };
}
