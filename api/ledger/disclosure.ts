import { createCipheriv, createHmac } from 'node:crypto';
import { decodeBase64url, encodeBase64url } from '../identity/base64url.ts';
import { sha256 } from '../identity/sha256.ts';
import { type JsonValue, parseStrictJson } from '../identity/strict-json.ts';

/** Bytes of the keystream that belong to one slot: a salt (the first 16) or a decoy digest (all 32). */
const SLOT_BYTES = 32;
const SALT_BYTES = 16;
const ZERO_IV = Buffer.alloc(16);

/**
 * All salts and decoys of one token: AES-256-CTR over zeros with the key HMAC-SHA256(recordKey, jti). Whoever has the
 * record's key can open every field again; with the key deleted nobody can, and the chain stays verifiable.
 */
export function slotKeystream(recordKey: Uint8Array, jti: string, slotCount: number): Buffer {
  const key = createHmac('sha256', recordKey).update(jti).digest();
  return createCipheriv('aes-256-ctr', key, ZERO_IV).update(zeros(slotCount * SLOT_BYTES));
}

/** The digest of an empty slot, which nothing can open. */
export function decoyDigest(keystream: Buffer, slot: number): string {
  return keystream.toString('base64url', slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
}

/**
 * The disclosure (RFC 9901 section 4.2.2) of the array element in `slot`. `opening` is the JSON of `[name, value]`.
 */
export function disclosureFor(keystream: Buffer, slot: number, opening: string): string {
  const salt = keystream.toString('base64url', slot * SLOT_BYTES, slot * SLOT_BYTES + SALT_BYTES);
  return encodeBase64url(`["${salt}",${opening}]`);
}

/** What stands in the token for a disclosure (RFC 9901 section 4.2.3). */
export function disclosureDigest(disclosure: string): string {
  return sha256(disclosure);
}

/** Name and value of a disclosure `[salt, [name, value]]`; undefined when it has any other form. */
export function parseDisclosure(disclosure: string): { name: string; value: JsonValue } | undefined {
  const bytes = decodeBase64url(disclosure);
  const parsed = bytes && parseStrictJson(bytes);
  if (!Array.isArray(parsed) || parsed.length !== 2) return undefined;
  const [salt, opening] = parsed;
  if (typeof salt !== 'string' || decodeBase64url(salt)?.length !== SALT_BYTES) return undefined;
  if (!Array.isArray(opening) || opening.length !== 2) return undefined;
  const [name, value] = opening;
  return typeof name === 'string' && value !== undefined ? { name, value } : undefined;
}

const zerosBySize = new Map<number, Buffer>();

function zeros(size: number): Buffer {
  let buffer = zerosBySize.get(size);
  if (!buffer) zerosBySize.set(size, (buffer = Buffer.alloc(size)));
  return buffer;
}
