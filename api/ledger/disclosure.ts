import { decodeBase64url } from '../identity/base64url.ts';
import { sha256 } from '../identity/sha256.ts';
import { type JsonValue, parseStrictJson } from '../identity/strict-json.ts';

export const SALT_BYTES = 16;

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
