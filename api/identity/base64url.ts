/**
 * Strict base64url (RFC 4648 section 5, RFC 7515 section 2): no padding, no white space, no other alphabet, and
 * zero trailing bits in the last character. `undefined` for anything else, so that bytes have one spelling only.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

/** Base64url without padding. */
export function encodeBase64url(data: Uint8Array | string): string {
  const bytes =
    typeof data === 'string'
      ? Buffer.from(data, 'utf8')
      : Buffer.from(data.buffer, data.byteOffset, data.length);
  return bytes.toString('base64url');
}

/** The canonical spelling of 32 bytes (a SHA-256 digest) in base64url. */
export const DIGEST_PATTERN = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
