import { createPrivateKey, type JsonWebKey, type KeyObject, sign as signWithKey, verify } from 'node:crypto';
import {
  type Alg,
  algOf,
  KeyError,
  type PrivateJwk,
  publicPart,
  thumbprint,
  verificationKey,
} from './jwk.ts';

/** Whoever holds a private key. A promise, since the key may sit in an HSM or a key service. */
export interface Signer {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  readonly alg: Alg;
  /** The JWS signature (RFC 7518, RFC 8037: 64 bytes for both algorithms). */
  sign(data: Uint8Array): Promise<Uint8Array>;
}

/**
 * A signer with the private key in memory. Throws `KeyError` when the private and public members are no pair.
 * Signs in libuv's thread pool: alone that costs 10 to 15 us more than signing on the main thread, in a batch it uses
 * every core (here 43k against 23k signatures a second with two) and never blocks the event loop.
 */
export function localSigner(jwk: PrivateJwk): Signer {
  const key = importPair(jwk);
  const alg = algOf(jwk);
  const digest = alg === 'ES256' ? 'sha256' : undefined;
  const input = alg === 'ES256' ? ({ key, dsaEncoding: 'ieee-p1363' } as const) : key;
  return {
    kid: thumbprint(jwk),
    alg,
    sign: (data) =>
      new Promise((resolve, reject) => {
        signWithKey(digest, data, input, (error, signature) => (error ? reject(error) : resolve(signature)));
      }),
  };
}

function importPair(jwk: PrivateJwk): KeyObject {
  const proof = Buffer.from('a pair');
  let isPair;
  let key;
  try {
    key = createPrivateKey({ key: { ...publicPart(jwk), d: jwk.d } as JsonWebKey, format: 'jwk' });
    // OpenSSL takes x, y and d of a P-256 key as they are: only a signature shows whether they belong together.
    isPair = verify(
      undefined,
      proof,
      verificationKey(publicPart(jwk)).key,
      signWithKey(undefined, proof, key),
    );
  } catch {
    throw new KeyError('the private key cannot be read');
  }
  if (!isPair) throw new KeyError('the private and the public members are no pair');
  return key;
}
