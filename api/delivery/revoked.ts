import { revocationsIn } from '../identity/key-state.ts';
import type { KeyEntry } from '../identity/book-keys.ts';
import { peekKid } from '../identity/jws.ts';
import type { PoolClient } from '../store/database.ts';
import { readTokensFrom } from '../store/key-entries.ts';
import type { QuarantinedItem } from '../store/copies.ts';

/**
 * What is held already and counts no more, since a key statement that came now revokes its key from an earlier place on. It stays
 * where it is, for later changes continue it; people are told, and decide with the owner what is true of it.
 */
export async function heldByRevoked(
  client: PoolClient,
  book: string,
  taken: readonly KeyEntry[],
  inBatch: readonly { seq: number; token: string }[],
): Promise<QuarantinedItem[]> {
  const revoked = taken.flatMap(({ token }) => revocationsIn(token, book));
  if (revoked.length === 0) return [];
  const first = Math.min(...revoked.map(({ seq }) => seq));
  const held = [...(await readTokensFrom(client, book, first)), ...inBatch];
  return held.flatMap(({ seq, token }) => {
    const kid = peekKid(token);
    const isVoid = revoked.some((each) => each.kid === kid && seq >= each.seq);
    const detail = `was held before its key was revoked: ${kid ?? ''}`;
    return isVoid ? [{ seq, code: 'KEY_REVOKED', detail, item: JSON.stringify({ token }) }] : [];
  });
}
