import { generateKeyPairSync } from 'node:crypto';
import { parsePublicJwk, type PrivateJwk } from '../../api/identity/jwk.ts';

export function generateKey(): PrivateJwk {
  const { d, ...rest } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return { ...parsePublicJwk(rest), d: d ?? '' };
}
