import { describe, expect, test } from 'vitest';
import { ACCESS_TOKEN_TYP, checkAccessToken, signAccessToken } from '../../api/identity/access-token.ts';
import { signCompact } from '../../api/identity/jws.ts';
import { ed25519 } from './keys.ts';

const { signer, keys } = ed25519();
const nowMs = 1_800_000_000_999;
const iat = 1_800_000_000;
const issuer = 'https://packer.example';
const audience = 'https://packer.example/graphql';
const claims = {
  iss: issuer,
  sub: 'https://grower.example',
  aud: audience,
  client_id: 'https://grower.example',
  iat,
  exp: iat + 300,
  jti: 'one',
  scope: 'partner',
};

const check = (token: string, atMs = nowMs) =>
  checkAccessToken(token, { keys, issuer, audience, nowMs: atMs });

test('an access token says who calls, with which rights, until when', async () => {
  const token = await signAccessToken(
    {
      issuer,
      audience,
      subject: claims.sub,
      clientId: claims.client_id,
      scope: 'viewer editor',
      jti: 'one',
      nowMs,
    },
    signer,
  );
  expect(check(token)).toEqual({
    ok: true,
    subject: claims.sub,
    clientId: claims.client_id,
    scope: ['viewer', 'editor'],
    jti: 'one',
    expiresAtMs: (iat + 300) * 1000,
    signedBy: signer.kid,
  });
});

describe('an access token is refused', () => {
  test.each([
    ['of another issuer', { iss: 'https://other.example' }, 'WRONG_ISSUER'],
    ['for another resource', { aud: 'https://other.example' }, 'WRONG_AUDIENCE'],
    ['without a client', { client_id: undefined }, 'BAD_CLAIMS'],
    ['without a subject', { sub: '' }, 'BAD_CLAIMS'],
    ['that lives for an hour', { exp: iat + 3600 }, 'LIVES_TOO_LONG'],
  ])('%s', async (_, changed, code) => {
    const token = await signCompact({ typ: ACCESS_TOKEN_TYP, claims: { ...claims, ...changed }, signer });
    expect(check(token)).toMatchObject({ ok: false, code });
  });

  test('from the moment at which it ends, without tolerance', async () => {
    const token = await signCompact({ typ: ACCESS_TOKEN_TYP, claims, signer });
    expect(check(token, (iat + 300) * 1000 - 1)).toMatchObject({ ok: true });
    expect(check(token, (iat + 300) * 1000)).toMatchObject({ ok: false, code: 'EXPIRED' });
  });

  test('when it is a client assertion', async () => {
    const token = await signCompact({ typ: 'client-authentication+jwt', claims, signer });
    expect(check(token)).toMatchObject({ ok: false, code: 'WRONG_TYPE' });
  });
});
