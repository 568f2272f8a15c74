import { createHmac, createPublicKey } from 'node:crypto';
import { base64url, CompactSign, compactVerify, importJWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { publicPart } from '../../api/identity/jwk.ts';
import { peekClaims, signCompact, verifyCompact, verifyCompactAsync } from '../../api/identity/jws.ts';
import { ed25519, p256 } from './keys.ts';

const typ = 'trace-example+jwt';
const claims = { iss: 'urn:example:maker', n: 1, text: 'ä"\\:' };
const ours = ed25519();
const other = p256();
const keys = new Map([...ours.keys, ...other.keys]);

const part = (value: unknown) => base64url.encode(typeof value === 'string' ? value : JSON.stringify(value));

/** A token with a valid Ed25519 signature over any header and payload. */
async function sealed(header: unknown, payload: unknown): Promise<string> {
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${base64url.encode(await ours.signer.sign(Buffer.from(input)))}`;
}

const header = { alg: 'Ed25519', typ, kid: ours.signer.kid };

function codeOf(token: string): string {
  const result = verifyCompact(token, { typ, keys });
  return result.ok ? 'ok' : result.code;
}

describe.each([
  ['Ed25519', ours],
  ['ES256', other],
] as const)('%s', (alg, { jwk, signer }) => {
  test('signs what jose verifies', async () => {
    const token = await signCompact({ typ, claims, signer });
    const verified = await compactVerify(token, await importJWK(publicPart(jwk), alg));
    expect(JSON.parse(Buffer.from(verified.payload).toString())).toEqual(claims);
    expect(verified.protectedHeader).toEqual({ alg, typ, kid: signer.kid });
  });

  test('verifies what jose signs', async () => {
    const token = await new CompactSign(Buffer.from(JSON.stringify(claims)))
      .setProtectedHeader({ alg, typ, kid: signer.kid })
      .sign(await importJWK({ ...jwk }, alg));
    const expected = { ok: true, header: { alg, typ, kid: signer.kid }, claims, kid: signer.kid };
    expect(verifyCompact(token, { typ, keys })).toEqual(expected);
    expect(await verifyCompactAsync(token, { typ, keys })).toEqual(expected);
  });

  test('fails with any character of the token altered', async () => {
    const token = await signCompact({ typ, claims, signer });
    for (let i = 0; i < token.length; i++) {
      for (const c of [token[i] === 'A' ? 'B' : 'A', '.', '=', ' ', 'Ł']) {
        if (c === token[i]) continue;
        expect(codeOf(token.slice(0, i) + c + token.slice(i + 1))).not.toBe('ok');
      }
    }
  });
});

describe('a hostile token', () => {
  test('a well-formed one of the same making passes, so that the others fail for their own reason', async () => {
    expect(codeOf(await sealed(header, claims))).toBe('ok');
  });

  test.each([
    ['alg none', { ...header, alg: 'none' }, claims, 'WRONG_ALGORITHM'],
    ['the deprecated name of the algorithm', { ...header, alg: 'EdDSA' }, claims, 'WRONG_ALGORITHM'],
    ['the algorithm of another pinned key', { ...header, alg: 'ES256' }, claims, 'WRONG_ALGORITHM'],
    ['no alg', { typ, kid: header.kid }, claims, 'WRONG_ALGORITHM'],
    ['another typ', { ...header, typ: 'at+jwt' }, claims, 'WRONG_TYPE'],
    ['the typ as a media type', { ...header, typ: `application/${typ}` }, claims, 'WRONG_TYPE'],
    ['the typ in capitals', { ...header, typ: typ.toUpperCase() }, claims, 'WRONG_TYPE'],
    ['no typ', { alg: 'Ed25519', kid: header.kid }, claims, 'WRONG_TYPE'],
    ['crit', { ...header, crit: ['b64'], b64: false }, claims, 'CRITICAL_HEADER'],
    ['an empty crit', { ...header, crit: [] }, claims, 'CRITICAL_HEADER'],
    ['the kid of nobody', { ...header, kid: 'A'.repeat(43) }, claims, 'UNKNOWN_KEY'],
    ['no kid', { alg: 'Ed25519', typ }, claims, 'UNKNOWN_KEY'],
    ['a key of its own', { alg: 'Ed25519', typ, jwk: publicPart(ed25519().jwk) }, claims, 'UNKNOWN_KEY'],
    [
      'the kid of another pinned key',
      { ...header, alg: 'ES256', kid: other.signer.kid },
      claims,
      'BAD_SIGNATURE',
    ],
    ['a header that is a list', [header], claims, 'MALFORMED'],
    ['a header member twice', `{"typ":"x",${JSON.stringify(header).slice(1)}`, claims, 'MALFORMED'],
    ['a claim twice', header, '{"iss":"urn:example:maker","iss":"urn:example:other"}', 'MALFORMED'],
    ['a payload that is a text', header, '"text"', 'MALFORMED'],
    ['a payload that is not JSON', header, 'text', 'MALFORMED'],
    ['a long header', { ...header, x: 'x'.repeat(2000) }, claims, 'TOO_LARGE'],
    ['a long payload', header, { x: 'x'.repeat(600_000) }, 'TOO_LARGE'],
  ])('is refused: %s', async (_, badHeader, payload, code) => {
    expect(codeOf(await sealed(badHeader, payload))).toBe(code);
  });

  test('is refused: HS256 with the public key as the secret', () => {
    const secret = createPublicKey({ key: { ...publicPart(ours.jwk) }, format: 'jwk' });
    const spki = secret.export({ format: 'der', type: 'spki' });
    const input = `${part({ ...header, alg: 'HS256' })}.${part(claims)}`;
    expect(codeOf(`${input}.${createHmac('sha256', spki).update(input).digest('base64url')}`)).toBe(
      'WRONG_ALGORITHM',
    );
  });

  test('is refused: parts added, missing, padded, spaced or spelled in another way', async () => {
    const token = await sealed(header, claims);
    const [h, p, s] = token.split('.') as [string, string, string];
    for (const bad of [
      '',
      '.',
      '..',
      'a',
      h,
      `${h}.${p}`,
      `${h}.${p}.`,
      `${token}.`,
      `.${token}`,
      `${token}.x`,
    ]) {
      expect(codeOf(bad)).not.toBe('ok');
    }
    for (const bad of [
      `${token}=`,
      `${token}==`,
      `${token}\n`,
      ` ${token}`,
      `${h}=.${p}.${s}`,
      `${h} .${p}.${s}`,
      `${token}~`,
    ]) {
      expect(codeOf(bad)).toBe('MALFORMED');
    }
    // 64 bytes leave four unused bits in the last character: 16 spellings, one of them canonical.
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.indexOf(s.slice(-1));
    const twin = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'[last + 1];
    expect(Buffer.from(s.slice(0, -1) + twin, 'base64url')).toEqual(Buffer.from(s, 'base64url'));
    expect(codeOf(`${h}.${p}.${s.slice(0, -1)}${twin}`)).toBe('MALFORMED');
  });

  test('is refused: a key pinned under a name that is not its thumbprint', async () => {
    const [key] = [...ours.keys.values()];
    const token = await sealed({ ...header, kid: 'friend' }, claims);
    const result = verifyCompact(token, { typ, keys: new Map(key ? [['friend', key]] : []) });
    expect(result).toMatchObject({ ok: false, code: 'UNKNOWN_KEY' });
  });
});

test('the claims can be looked at before the keys are known', async () => {
  expect(peekClaims(await sealed(header, claims))).toEqual(claims);
  expect(peekClaims('a.b')).toBeUndefined();
  expect(peekClaims('a.!.c')).toBeUndefined();
});
