import { createHash } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  fingerprint,
  parsePublicJwk,
  type PublicJwk,
  publicPart,
  thumbprint,
  thumbprintInput,
  verificationKey,
} from '../../api/identity/jwk.ts';
import { localSigner } from '../../api/identity/signer.ts';
import { ed25519, p256 } from './keys.ts';

// RFC 8037 appendix A.2.
const rfc8037: PublicJwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };

describe('a thumbprint', () => {
  test('is the one of RFC 8037 appendix A.3', () => {
    expect(thumbprint(rfc8037)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  test('is made as in the example of RFC 7638 section 3.1', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs' +
      'tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI' +
      'SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    const input = thumbprintInput({ kty: 'RSA', n, e: 'AQAB' });
    expect(createHash('sha256').update(input).digest('base64url')).toBe(
      'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    );
  });

  test('agrees with jose for both kinds of keys', async () => {
    for (const { jwk, signer } of [ed25519(), p256()]) {
      expect(thumbprint(jwk)).toBe(await calculateJwkThumbprint(publicPart(jwk)));
      expect(signer.kid).toBe(thumbprint(jwk));
      expect(verificationKey(publicPart(jwk)).kid).toBe(thumbprint(jwk));
    }
  });
});

test('a fingerprint is the first 160 bits of the thumbprint in base32, in eight groups of four', () => {
  const bits = [...Buffer.from(thumbprint(rfc8037), 'base64url').subarray(0, 20)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  const letters = (bits.match(/.{5}/g) ?? []).map(
    (five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(five, 2)],
  );
  expect(fingerprint(rfc8037).replaceAll(' ', '')).toBe(letters.join(''));
  expect(fingerprint(rfc8037)).toMatch(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/);
});

describe('a public key from outside', () => {
  test('is taken without the members that do not belong to the key', () => {
    expect(parsePublicJwk({ ...rfc8037, kid: 'mine', use: 'sig', alg: 'EdDSA' })).toEqual(rfc8037);
    const ec = publicPart(p256().jwk);
    expect(parsePublicJwk({ ...ec, key_ops: ['verify'] })).toEqual(ec);
  });

  const ec = publicPart(p256().jwk) as PublicJwk & { kty: 'EC' };
  test.each([
    ['a text', 'key', /JSON object/],
    ['a list', [rfc8037], /JSON object/],
    ['a private key', ed25519().jwk, /private member "d"/],
    ['a symmetric key', { kty: 'oct', k: 'c2VjcmV0' }, /private member "k"/],
    ['an RSA key', { kty: 'RSA', n: 'AQAB', e: 'AQAB' }, /only OKP Ed25519 and EC P-256/],
    ['X25519', { ...rfc8037, crv: 'X25519' }, /only OKP/],
    ['secp256k1', { ...ec, crv: 'secp256k1' }, /only OKP/],
    ['a short coordinate', { ...rfc8037, x: 'AAAA' }, /32-byte/],
    ['padding', { ...rfc8037, x: `${rfc8037.x}=` }, /32-byte/],
    ['a second spelling', { ...rfc8037, x: `${rfc8037.x.slice(0, -1)}p` }, /32-byte/],
    ['no y', { kty: 'EC', crv: 'P-256', x: ec.x }, /only OKP/],
    ['a point off the curve', { ...ec, y: ec.x }, /not a point/],
    [
      'the neutral element',
      { ...rfc8037, x: Buffer.from([1, ...new Uint8Array(31)]).toString('base64url') },
      /small order/,
    ],
    ['zero, of order 4', { ...rfc8037, x: Buffer.alloc(32).toString('base64url') }, /small order/],
    [
      'zero with a sign',
      { ...rfc8037, x: Buffer.from([...new Uint8Array(31), 128]).toString('base64url') },
      /small order/,
    ],
  ])('is refused: %s', (_, input, message) => {
    expect(() => parsePublicJwk(input)).toThrow(message);
  });
});

test('a signer refuses a private key whose public members are of another key', () => {
  expect(() => localSigner({ ...ed25519().jwk, d: ed25519().jwk.d })).toThrow(/no pair/);
  expect(() => localSigner({ ...p256().jwk, d: p256().jwk.d })).toThrow(/no pair|cannot be read/);
});
