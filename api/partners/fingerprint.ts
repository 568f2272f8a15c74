import { timingSafeEqual } from 'node:crypto';
import { fingerprint, type PublicJwk, thumbprint } from '../identity/jwk.ts';
import { sha256Bytes } from '../identity/sha256.ts';

/**
 * Whether a fingerprint, as people typed it, is that of a key: the grouped form in any case and spacing, or the plain
 * thumbprint. In constant time.
 */
export function isFingerprintOf(typed: string, jwk: PublicJwk): boolean {
  const plain = same(typed.trim(), thumbprint(jwk));
  const grouped = same(normalised(typed), normalised(fingerprint(jwk)));
  return plain || grouped;
}

function normalised(text: string): string {
  return text.replace(/[\s-]/g, '').toUpperCase();
}

function same(a: string, b: string): boolean {
  return timingSafeEqual(sha256Bytes(a), sha256Bytes(b));
}
