import { generateKeyPairSync } from 'node:crypto';
import {
  type PrivateJwk,
  publicPart,
  type VerificationKey,
  verificationKey,
} from '../../api/identity/jwk.ts';
import { localSigner, type Signer } from '../../api/identity/signer.ts';

export interface TestKey {
  jwk: PrivateJwk;
  signer: Signer;
  /** this key alone, pinned */
  keys: ReadonlyMap<string, VerificationKey>;
}

export function ed25519(): TestKey {
  return testKey(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as PrivateJwk);
}

export function p256(): TestKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return testKey(privateKey.export({ format: 'jwk' }) as PrivateJwk);
}

function testKey(jwk: PrivateJwk): TestKey {
  const key = verificationKey(publicPart(jwk));
  return { jwk, signer: localSigner(jwk), keys: new Map([[key.kid, key]]) };
}
