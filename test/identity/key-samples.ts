import { publicPart } from '../../api/identity/jwk.ts';
import { KEY_TYP, type KeyClaims } from '../../api/identity/key-statement.ts';
import { signCompact } from '../../api/identity/jws.ts';
import { sha256 } from '../../api/identity/sha256.ts';
import { ed25519, type TestKey } from './keys.ts';

export const GROWER = 'grower.example';

/** What an honest organisation states when it changes from key to key; `extra` goes into the last statement. */
export async function keyLogOf(
  keys: readonly Pick<TestKey, 'jwk' | 'signer'>[],
  extra: Partial<KeyClaims> = {},
  issuer = GROWER,
): Promise<string[]> {
  const tokens: string[] = [];
  for (const [index, key] of keys.entries()) {
    const next = keys[index + 1] ?? ed25519();
    const before = tokens.at(-1);
    const claims = {
      iss: issuer,
      seq: index + 1,
      ...(before === undefined ? {} : { prev: sha256(before) }),
      iat: 1_800_000_000 + index,
      key: publicPart(key.jwk),
      next: next.signer.kid,
      ...(index === keys.length - 1 ? extra : {}),
    };
    tokens.push(await stateKey(claims, key));
  }
  return tokens;
}

/** A statement as it is, right or wrong. */
export function stateKey(claims: object, { signer }: Pick<TestKey, 'signer'>): Promise<string> {
  return signCompact({ typ: KEY_TYP, claims, signer });
}
