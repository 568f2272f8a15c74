import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { LotbookError } from '../errors.ts';
import { decodeBase64url } from './base64url.ts';
import { digestText } from './digest-text.ts';
import { sha256, sha256Bytes } from './sha256.ts';

/** The signature algorithms in use (RFC 9864, RFC 7518). The pinned key decides which, never a token. */
export type Alg = 'Ed25519' | 'ES256';

export type PublicJwk =
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string }
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string };

export type PrivateJwk = PublicJwk & { readonly d: string };

/** A pinned public key, parsed once and used for every signature of its holder. */
export interface VerificationKey {
  readonly kid: string;
  readonly alg: Alg;
  readonly key: KeyObject;
}

/** A key that must not be used: its holder has to supply another one. */
export class KeyError extends LotbookError {
  constructor(message: string) {
    super('BAD_INPUT', message);
  }
}

// Members that only a private or symmetric key has (RFC 7518 section 6).
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const coordinate = z.string().refine((text) => decodeBase64url(text)?.length === 32);
const publicJwk = z.discriminatedUnion('kty', [
  z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: coordinate }),
  z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate }),
]);

/**
 * A public JWK from outside: Ed25519 or P-256, with canonical coordinates, on the curve and of full order.
 * Members that do not belong to the key itself (`kid`, `use`, `alg` ...) are dropped. Throws `KeyError`.
 */
export function parsePublicJwk(input: unknown): PublicJwk {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new KeyError('a public key is a JSON object (RFC 7517)');
  }
  const secret = PRIVATE_MEMBERS.find((name) => Object.hasOwn(input, name));
  if (secret) throw new KeyError(`a public key must not have the private member "${secret}"`);
  const parsed = publicJwk.safeParse(input);
  if (!parsed.success) {
    throw new KeyError('only OKP Ed25519 and EC P-256 keys with 32-byte coordinates are supported');
  }
  if (parsed.data.kty === 'OKP') refuseSmallOrder(parsed.data.x);
  importPublic(parsed.data);
  return parsed.data;
}

/** Whether this is a public JWK without any member that the key does not need. */
export function isPublicJwk(input: unknown): boolean {
  try {
    return Object.keys(parsePublicJwk(input)).length === Object.keys(input as object).length;
  } catch {
    return false;
  }
}

/** The public members of a key pair, in a fresh object. */
export function publicPart(jwk: PublicJwk | PrivateJwk): PublicJwk {
  return jwk.kty === 'OKP'
    ? { kty: 'OKP', crv: 'Ed25519', x: jwk.x }
    : { kty: 'EC', crv: 'P-256', x: jwk.x, y: jwk.y };
}

/** The text whose SHA-256 is a key's thumbprint: its required members in lexicographic order (RFC 7638 section 3). */
export function thumbprintInput(required: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(required).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** RFC 7638 thumbprint with SHA-256, in base64url: the key's `kid` everywhere. */
export function thumbprint(jwk: PublicJwk | PrivateJwk): string {
  return sha256(thumbprintInput(publicPart(jwk)));
}

/** A thumbprint for people to compare by telephone. */
export function fingerprint(jwk: PublicJwk | PrivateJwk): string {
  return digestText(sha256Bytes(thumbprintInput(publicPart(jwk))));
}

/** The key object for checking signatures. Make it once and keep it: importing costs more than a signature. */
export function verificationKey(jwk: PublicJwk): VerificationKey {
  return { kid: thumbprint(jwk), alg: algOf(jwk), key: importPublic(jwk) };
}

/** The one algorithm that a key is used with. */
export function algOf(jwk: PublicJwk | PrivateJwk): Alg {
  return jwk.kty === 'OKP' ? 'Ed25519' : 'ES256';
}

function importPublic(jwk: PublicJwk): KeyObject {
  try {
    return createPublicKey({ key: publicPart(jwk) as JsonWebKey, format: 'jwk' });
  } catch {
    throw new KeyError('the coordinates are not a point of the curve');
  }
}

// The y-coordinates, little-endian, of the eight points of small order and their non-canonical spellings. Under such a
// key one signature fits many texts.
const SMALL_ORDER_Y = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

function refuseSmallOrder(x: string): void {
  const bytes = Buffer.from(x, 'base64url');
  bytes.writeUInt8(bytes.readUInt8(31) & 0x7f, 31);
  if (SMALL_ORDER_Y.has(bytes.toString('hex'))) {
    throw new KeyError('the Ed25519 point has a small order');
  }
}
