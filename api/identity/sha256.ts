import { hash } from 'node:crypto';

declare module 'node:crypto' {
  // One-shot hashing exists since Node 20.12; the pinned type package predates it.
  function hash(algorithm: string, data: string | Uint8Array, outputEncoding: 'base64url' | 'hex'): string;
  function hash(algorithm: string, data: string | Uint8Array, outputEncoding: 'buffer'): Buffer;
}

/** SHA-256 of UTF-8 text or bytes, as base64url without padding (43 characters). One-shot: half the cost of createHash. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data, 'base64url');
}

/** SHA-256 of UTF-8 text or bytes, as 32 bytes. */
export function sha256Bytes(data: string | Uint8Array): Buffer {
  return hash('sha256', data, 'buffer');
}
