import { createHmac } from 'node:crypto';

/**
 * The id of a request of the owner's people (UUID version 8, RFC 9562): it follows from the book and their key. So whoever
 * asks again under a key is told the same id, also by a node that was restored from a copy older than the first answer.
 */
export function requestId(slotKey: Uint8Array, requester: string, key: string): string {
  const bytes = createHmac('sha256', slotKey)
    .update(JSON.stringify(['request', requester, key]))
    .digest();
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
