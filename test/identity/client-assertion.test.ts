import { importJWK, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  checkClientAssertion,
  claimedClient,
  CLIENT_ASSERTION_TYP,
  signClientAssertion,
} from '../../api/identity/client-assertion.ts';
import { publicPart } from '../../api/identity/jwk.ts';
import { signCompact } from '../../api/identity/jws.ts';
import { ed25519 } from './keys.ts';

const { jwk, signer, keys } = ed25519();
const clientId = 'https://grower.example';
const audience = 'https://packer.example';
const nowMs = 1_800_000_000_500;
const iat = 1_800_000_000;
const jti = '0123456789abcdef';
const claims = { iss: clientId, sub: clientId, aud: audience, jti, iat, exp: iat + 60 };

const check = (assertion: string, atMs = nowMs) =>
  checkClientAssertion(assertion, { clientId, keys, audience, nowMs: atMs });

async function codeOf(changed: object, atMs = nowMs): Promise<string> {
  const token = await signCompact({ typ: CLIENT_ASSERTION_TYP, claims: { ...claims, ...changed }, signer });
  const result = check(token, atMs);
  return result.ok ? 'ok' : result.code;
}

test('an assertion proves a client to one node for a minute, and tells until when to remember its jti', async () => {
  const assertion = await signClientAssertion({ clientId, audience, jti, nowMs }, signer);
  expect(claimedClient(assertion)).toBe(clientId);
  expect(check(assertion)).toEqual({
    ok: true,
    clientId,
    kid: signer.kid,
    jti,
    rememberUntilMs: (iat + 60 + 30) * 1000,
  });
});

test('jose takes the assertion as a JWT for the audience', async () => {
  const assertion = await signClientAssertion({ clientId, audience, jti, nowMs }, signer);
  const { payload } = await jwtVerify(assertion, await importJWK(publicPart(jwk), 'Ed25519'), {
    typ: CLIENT_ASSERTION_TYP,
    audience,
    issuer: clientId,
    currentDate: new Date(nowMs),
  });
  expect(payload).toEqual(claims);
});

describe('an assertion is refused', () => {
  test.each([
    ['for another node', { aud: 'https://other.example' }, 'WRONG_AUDIENCE'],
    ['for several audiences', { aud: [audience, 'https://other.example'] }, 'BAD_CLAIMS'],
    ['for one audience in a list', { aud: [audience] }, 'BAD_CLAIMS'],
    ['of another issuer', { iss: 'https://other.example' }, 'WRONG_CLIENT'],
    ['about another subject', { sub: 'https://other.example' }, 'WRONG_CLIENT'],
    ['without a jti', { jti: undefined }, 'BAD_CLAIMS'],
    ['with a jti that could be guessed', { jti: '1' }, 'BAD_CLAIMS'],
    ['without an end', { exp: undefined }, 'BAD_CLAIMS'],
    ['without a beginning', { iat: undefined }, 'BAD_CLAIMS'],
    ['with times as text', { exp: `${iat + 60}` }, 'BAD_CLAIMS'],
    ['that lives for longer than a minute', { exp: iat + 61 }, 'LIVES_TOO_LONG'],
    ['from the future', { iat: iat + 32, exp: iat + 90 }, 'NOT_YET_VALID'],
  ])('%s', async (_, changed, code) => {
    expect(await codeOf(changed)).toBe(code);
  });

  test('that has ended, but not within the tolerance of 30 seconds', async () => {
    expect(await codeOf({}, (iat + 60 + 30) * 1000 - 1)).toBe('ok');
    expect(await codeOf({}, (iat + 60 + 30) * 1000)).toBe('EXPIRED');
    expect(await codeOf({}, (iat - 30) * 1000)).toBe('ok');
    expect(await codeOf({}, (iat - 30) * 1000 - 1)).toBe('NOT_YET_VALID');
  });

  test('of another kind', async () => {
    const token = await signCompact({ typ: 'at+jwt', claims, signer });
    expect(check(token)).toMatchObject({ ok: false, code: 'WRONG_TYPE' });
  });
});
