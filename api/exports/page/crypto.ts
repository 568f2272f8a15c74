import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { Buffer } from './buffer.ts';

/** What the verifier needs of `node:crypto`, for browsers. Signatures are checked by the browser where it knows the algorithm. */
type Jwk = { kty: string; crv: string; x: string; y?: string };

interface PublicKey {
  jwk: Jwk;
  /** As bytes: a compressed Ed25519 point, or an uncompressed P-256 one. */
  point: Uint8Array;
  /** The browser's own; null where it cannot. */
  native: Promise<CryptoKey | null> | undefined;
  /** In the one form that is asked for: SPKI as DER (RFC 5480, RFC 8410). */
  export(): Buffer;
}

const SPKI_ED25519 = '302a300506032b6570032100';
const SPKI_P256 = '3059301306072a8648ce3d020106082a8648ce3d030107034200';

interface VerifyInput {
  key: PublicKey;
  /** Of a P-256 signature. */
  dsaEncoding: 'ieee-p1363' | 'der';
}

type Callback = (error: Error | null, holds: boolean) => void;

export function hash(
  _algorithm: 'sha256',
  data: string | Uint8Array,
  encoding: 'base64url' | 'buffer' | 'hex',
) {
  const digest = Buffer.from(sha256(typeof data === 'string' ? Buffer.from(data) : data));
  return encoding === 'buffer' ? digest : digest.toString(encoding);
}

/** @throws Error when it is no point of the curve */
export function createPublicKey({ key: jwk }: { key: Jwk }): PublicKey {
  const x = Buffer.from(jwk.x, 'base64url');
  const point =
    jwk.kty === 'OKP' ? x : Buffer.concat([Buffer.from([4]), x, Buffer.from(jwk.y ?? '', 'base64url')]);
  if (jwk.kty === 'EC') p256.Point.fromBytes(point);
  const spki = Buffer.concat([Buffer.from(jwk.kty === 'OKP' ? SPKI_ED25519 : SPKI_P256, 'hex'), point]);
  return { jwk, point, native: undefined, export: () => spki };
}

export function verify(
  _digest: unknown,
  data: Uint8Array,
  input: VerifyInput,
  signature: Uint8Array,
): boolean;
export function verify(
  _digest: unknown,
  data: Uint8Array,
  input: VerifyInput,
  signature: Uint8Array,
  callback: Callback,
): void;
export function verify(
  _digest: unknown,
  data: Uint8Array,
  { key, dsaEncoding }: VerifyInput,
  signature: Uint8Array,
  callback?: Callback,
): boolean | void {
  if (!callback) return verifyHere(key, data, signature, dsaEncoding);
  verifyByBrowser(key, data, signature).then(
    (holds) => callback(null, holds),
    (error: Error) => callback(error, false),
  );
}

async function verifyByBrowser(key: PublicKey, data: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const native = await (key.native ??= importKey(key.jwk));
  if (!native) return verifyHere(key, data, signature);
  const algorithm = key.jwk.kty === 'OKP' ? 'Ed25519' : { name: 'ECDSA', hash: 'SHA-256' };
  return crypto.subtle.verify(algorithm, native, signature as BufferSource, data as BufferSource);
}

function importKey({ kty, crv, x, y }: Jwk): Promise<CryptoKey | null> {
  const algorithm = kty === 'OKP' ? 'Ed25519' : { name: 'ECDSA', namedCurve: 'P-256' };
  const jwk = { kty, crv, x, ...(y !== undefined && { y }) };
  const imported = globalThis.crypto?.subtle?.importKey('jwk', jwk, algorithm, false, ['verify']);
  return Promise.resolve(imported ?? null).catch(() => null);
}

function verifyHere(
  { jwk, point }: PublicKey,
  data: Uint8Array,
  signature: Uint8Array,
  encoding: VerifyInput['dsaEncoding'] = 'ieee-p1363',
): boolean {
  const format = encoding === 'der' ? 'der' : 'compact';
  try {
    return jwk.kty === 'OKP'
      ? ed25519.verify(signature, data, point, { zip215: false })
      : p256.verify(signature, data, point, { lowS: false, format });
  } catch {
    return false;
  }
}
