import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { signClientAssertion } from '../../api/identity/client-assertion.ts';
import { type PrivateJwk, publicPart } from '../../api/identity/jwk.ts';
import { localSigner } from '../../api/identity/signer.ts';
import { signCompact } from '../../api/identity/jws.ts';
import { generateKey } from '../support/key.ts';
import { startTestNode, type TestNode } from '../support/node.ts';

const PARTNER = 'buyer.example';
let node: TestNode;
let partnerKey: PrivateJwk;
let clock: number;
let serial = 0;

beforeAll(async () => {
  clock = Date.now();
  node = await startTestNode('packer.example', { overrides: { now: () => clock } });
  partnerKey = generateKey();
  const { partners } = node.context;
  await partners.addPartner({
    organisation: PARTNER,
    name: 'Buyer',
    jwk: publicPart(partnerKey),
    groups: ['retail'],
  });
});
beforeEach(() => {
  // Past every belief and token of the test before.
  clock += 600_000;
});
afterAll(() => node?.remove());

function assertion(
  change: { jti?: string; clientId?: string; audience?: string; nowMs?: number; key?: PrivateJwk } = {},
) {
  const { key = partnerKey, ...rest } = change;
  const input = {
    clientId: PARTNER,
    audience: node.url,
    jti: `assertion-number-${(serial += 1)}`,
    nowMs: clock,
    ...rest,
  };
  return signClientAssertion(input, localSigner(key));
}

async function ask(clientAssertion: string, form: Record<string, string> = {}) {
  const response = await fetch(`${node.localUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: clientAssertion,
      ...form,
    }),
  });
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  };
}

async function tokenOf(key = partnerKey, clientId = PARTNER): Promise<string> {
  const { status, body } = await ask(await assertion({ key, clientId }));
  expect(status).toBe(200);
  return String(body['access_token']);
}

function authenticate(token: string) {
  return node.context.authenticator.authenticate({ headers: { authorization: `Bearer ${token}` } });
}

describe('the token endpoint', () => {
  test('answers a signed assertion with a bearer token for five minutes', async () => {
    const { status, body, headers } = await ask(await assertion());
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 300 });
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('refuses an assertion that was used before', async () => {
    const once = await assertion();
    expect((await ask(once)).status).toBe(200);
    const again = await ask(once);
    expect(again.status).toBe(401);
    expect(again.body).toMatchObject({
      error: 'invalid_client',
      error_description: expect.stringContaining('used before'),
    });
  });

  test('lets one of many simultaneous uses of an assertion through', async () => {
    const once = await assertion();
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(once)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('lets two clients use the same jti', async () => {
    const key = generateKey();
    await node.context.partners.addProgram({ name: `erp${serial}`, jwk: publicPart(key), roles: ['EDITOR'] });
    const jti = 'one-and-the-same-jti';
    expect((await ask(await assertion({ jti }))).status).toBe(200);
    const clientId = `packer.example/erp${serial - 1}`;
    expect((await ask(await assertion({ jti, key, clientId }))).status).toBe(200);
  });

  test.each([
    ['is addressed to another node', () => assertion({ audience: 'https://other.example' })],
    ['has ended', () => assertion({ nowMs: clock - 100_000 })],
    ['is from the future', () => assertion({ nowMs: clock + 40_000 })],
    ['is signed with a foreign key', () => assertion({ key: generateKey() })],
    ['is in the name of an unknown client', () => assertion({ clientId: 'nobody.example' })],
    ["is a partner's in the name of this node", () => assertion({ clientId: 'packer.example' })],
    [
      'is a statement of another type',
      () =>
        signCompact({ typ: 'trace-request+jwt', claims: { iss: PARTNER }, signer: localSigner(partnerKey) }),
    ],
    ['is no token', async () => 'rubbish'],
  ])('refuses an assertion that %s', async (_why, make) => {
    const { status, body } = await ask(await make());
    expect(status).toBe(401);
    expect(body['error']).toBe('invalid_client');
  });

  test('does not tell an unknown client from a foreign key', async () => {
    const unknown = await ask(await assertion({ clientId: 'nobody.example' }));
    const foreign = await ask(await assertion({ key: generateKey() }));
    expect(unknown.body).toEqual(foreign.body);
  });

  test('takes a client id that the database could not look for as an unknown one', async () => {
    const claims = Buffer.from(JSON.stringify({ iss: 'a\0.example' })).toString('base64url');
    const { status, body } = await ask(`e30.${claims}.AAAA`);
    expect(status).toBe(401);
    expect(body['error']).toBe('invalid_client');
  });

  test('takes no other grant', async () => {
    const { status, body } = await ask(await assertion(), { grant_type: 'password' });
    expect(status).toBe(400);
    expect(body['error']).toBe('unsupported_grant_type');
  });

  test('refuses a form without an assertion', async () => {
    const response = await fetch(`${node.localUrl}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams('a=b'),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'invalid_request' });
  });
});

describe('a bearer token', () => {
  test('makes a partner a caller with its groups and without roles', async () => {
    expect(await authenticate(await tokenOf())).toMatchObject({
      organisation: PARTNER,
      clientId: PARTNER,
      own: false,
      roles: [],
      groups: ['retail'],
    });
  });

  test("makes the holder of the node's key its administrator", async () => {
    expect(await authenticate(await tokenOf(node.jwk, 'packer.example'))).toMatchObject({
      organisation: 'packer.example',
      own: true,
      roles: ['ADMINISTRATOR'],
    });
  });

  test('ends after five minutes', async () => {
    const token = await tokenOf();
    clock += 299_000;
    await authenticate(token);
    clock += 1_000;
    await expect(authenticate(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('is refused when a character of it changes, and when it is absent', async () => {
    const token = await tokenOf();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const forged = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const claims = Buffer.from(JSON.stringify({ ...forged, client_id: 'packer.example' })).toString(
      'base64url',
    );
    await expect(authenticate([header, claims, signature].join('.'))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    await expect(node.context.authenticator.authenticate({ headers: {} })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  test("signed with a partner's key is no token of this node", async () => {
    const iat = Math.floor(clock / 1000);
    const claims = {
      iss: node.url,
      aud: node.url,
      sub: 'packer.example',
      client_id: 'packer.example',
      iat,
      exp: iat + 300,
    };
    const token = await signCompact({
      typ: 'at+jwt',
      claims: { ...claims, jti: 'x.y', scope: 'lotbook' },
      signer: localSigner(partnerKey),
    });
    await expect(authenticate(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('opens nothing from the moment that its partner is suspended, and again when it is resumed', async () => {
    const token = await tokenOf();
    await authenticate(token);
    await node.context.partners.suspend(PARTNER);
    await expect(authenticate(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect((await ask(await assertion())).status).toBe(401);
    await node.context.partners.resume(PARTNER);
    await authenticate(token);
  });

  test('opens nothing a second after a suspension of which no bell rang', async () => {
    const token = await tokenOf();
    await authenticate(token);
    const { prisma } = node.context.database;
    const data = { status: 'SUSPENDED', changedAt: new Date(clock) };
    await prisma.organisation.update({ where: { id: PARTNER }, data });
    clock += 1000;
    await expect(authenticate(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await node.context.partners.resume(PARTNER);
  });

  test('opens nothing after a suspension of which no bell rang, though the clock was set back', async () => {
    const token = await tokenOf();
    await authenticate(token);
    const { prisma } = node.context.database;
    clock -= 20_000;
    const data = { status: 'SUSPENDED', changedAt: new Date(clock) };
    await prisma.organisation.update({ where: { id: PARTNER }, data });
    await expect(authenticate(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await node.context.partners.resume(PARTNER);
  });

  test("opens nothing after its program's key was revoked", async () => {
    const key = generateKey();
    await node.context.partners.addProgram({ name: 'scanner', jwk: publicPart(key), roles: ['VIEWER'] });
    const token = await tokenOf(key, 'packer.example/scanner');
    expect(await authenticate(token)).toMatchObject({ own: true, roles: ['VIEWER'] });
    await node.context.partners.revokeProgram('packer.example/scanner');
    await expect(authenticate(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('does not pass to a new key under the same client id', async () => {
    const [first, second] = [generateKey(), generateKey()];
    const { partners } = node.context;
    await partners.addProgram({ name: 'robot', jwk: publicPart(first), roles: ['VIEWER'] });
    const token = await tokenOf(first, 'packer.example/robot');
    await authenticate(token);
    await partners.revokeProgram('packer.example/robot');
    await partners.addProgram({ name: 'robot', jwk: publicPart(second), roles: ['VIEWER'] });
    await expect(authenticate(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await authenticate(await tokenOf(second, 'packer.example/robot'));
  });
});
