import { decodeBase64url } from '../identity/base64url.ts';
import { sha256Bytes } from '../identity/sha256.ts';
import { BoundedCache } from './bounded-cache.ts';

/**
 * Where a field's digest stands. A change token has N slots, and a name has exactly one of them:
 *
 *   slot = fmix32(word XOR salt) mod N
 *
 * word = one of the eight big-endian 32-bit words of SHA-256(UTF-8 name), chosen by the top three bits of the 32-bit
 * salt; fmix32 = the finaliser of MurmurHash3. So a name committed twice can be opened at one place only.
 */
export const MIN_SLOTS = 16;
export const MAX_SLOTS = 4096;

/** The 32-bit salt of a token's `slot_salt`; undefined unless it is 4 bytes in canonical base64url. */
export function decodeSlotSalt(slotSalt: string): number | undefined {
  const bytes = decodeBase64url(slotSalt);
  return bytes?.length === 4 ? bytes.readUInt32BE(0) : undefined;
}

/** The only slot in which `name` may be opened. `slotCount` is a power of two. */
export function slotOf(salt: number, slotCount: number, name: string): number {
  return fmix32((wordsOf(name)[salt >>> 29] as number) ^ salt) & (slotCount - 1);
}

const hashes = new BoundedCache<Uint32Array>(4096);

/** SHA-256 of the name as eight big-endian words. */
export function wordsOf(name: string): Uint32Array {
  let words = hashes.get(name);
  if (!words) {
    const bytes = sha256Bytes(name);
    words = Uint32Array.from({ length: 8 }, (_, i) => bytes.readUInt32BE(4 * i));
    hashes.set(name, words);
  }
  return words;
}

/** MurmurHash3's finaliser. */
export function fmix32(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
