import { createCipheriv, createHmac } from 'node:crypto';
import { encodeBase64url } from '../identity/base64url.ts';
import { SALT_BYTES } from './disclosure.ts';

/** Bytes of the keystream that belong to one slot: a salt (the first 16) or a decoy digest (all 32). */
const SLOT_BYTES = 32;
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

const zerosBySize = new Map<number, Buffer>();

function zeros(size: number): Buffer {
  let buffer = zerosBySize.get(size);
  if (!buffer) zerosBySize.set(size, (buffer = Buffer.alloc(size)));
  return buffer;
}
