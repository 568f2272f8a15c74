import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { DOORS } from '../../api/http/access.ts';
import { thumbprint, publicPart } from '../../api/identity/jwk.ts';
import { localSigner } from '../../api/identity/signer.ts';
import { readNode } from '../../api/partners/statements.ts';
import { sendAnywhere } from '../../api/peers/outbound.ts';
import { openTokens } from '../../api/peers/tokens.ts';
import { startTestNode, type TestNode } from '../support/node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startTestNode('packer.example', { config: { maxBodyBytes: 2048 } });
});
afterAll(() => node?.remove());

const get = (path: string, init: RequestInit = {}) => fetch(`${node.localUrl}${path}`, init);

function ownToken(): Promise<string> {
  const signer = localSigner(node.jwk);
  const tokens = openTokens({
    clientId: 'packer.example',
    signer,
    now: Date.now,
    randomId: randomUUID,
    send: sendAnywhere,
  });
  return tokens.tokenFor({ url: node.localUrl, audience: node.url });
}

describe('the doors', () => {
  test('say who the node is, in words and signed', async () => {
    const document = (await (await get('/.well-known/lotbook')).json()) as Record<string, string>;
    expect(document).toMatchObject({ organisation: 'packer.example', protocol: '1', url: node.url });
    expect(document['kid']).toBe(thumbprint(node.jwk));
    expect(readNode(String(document['statement']), publicPart(node.jwk))).toEqual({
      organisation: 'packer.example',
      name: 'The packer.example',
      url: node.url,
    });
    const jwks = (await (await get('/.well-known/jwks.json')).json()) as { keys: Record<string, unknown>[] };
    expect(jwks.keys).toHaveLength(1);
    expect(jwks.keys[0]).toMatchObject({ kid: thumbprint(node.jwk), alg: 'Ed25519', use: 'sig' });
    expect(jwks.keys[0]).not.toHaveProperty('d');
  });

  test('answer what is not in the table as a problem with a duty and the request id', async () => {
    const answer = await get('/nothing', { headers: { 'x-request-id': 'my-own-request-1' } });
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('x-request-id')).toBe('my-own-request-1');
    expect(await answer.json()).toMatchObject({
      status: 404,
      code: 'NOT_FOUND',
      requestId: 'my-own-request-1',
      duty: expect.any(String),
    });
  });

  test('do not take a request id that could spoil a log', async () => {
    const answer = await get('/healthz', { headers: { 'x-request-id': 'a"b, c' } });
    expect(answer.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
  });

  test('for callers ask for a token, each of them', async () => {
    const doors = DOORS.filter(({ admits }) => admits !== 'ANYONE');
    expect(doors.map(({ path }) => path)).toContain('/metrics');
    for (const { path: pattern, methods } of doors) {
      const path = pattern.replace('*', 'x');
      const answer = await get(path, { method: methods[0] ?? 'GET' });
      expect([path, answer.status]).toEqual([path, 401]);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test('hand the metrics to the own people, with route patterns and no paths', async () => {
    await get('/partners/invitations/AAAAAAAAAAAAAAAAAAAAAA');
    const answer = await get('/metrics', { headers: { authorization: `Bearer ${await ownToken()}` } });
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toContain('route="/partners/invitations/:code"');
    expect(text).not.toContain('AAAAAAAAAAAA');
  });

  test('refuse a body that is too large and one of the wrong kind', async () => {
    const headers = { 'content-type': 'application/jose' };
    const large = await get('/partners/acceptances', { method: 'POST', headers, body: 'x'.repeat(20_000) });
    expect([large.status, await large.json()]).toMatchObject([413, { code: 'TOO_LARGE' }]);
    const wrong = await get('/partners/acceptances', { method: 'POST', body: '{}' });
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { code: 'BAD_INPUT' }]);
  });

  test('let nothing be framed or loaded from elsewhere, and do not force HTTPS', async () => {
    const policy = (await get('/healthz')).headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('upgrade-insecure-requests');
  });

  test('tell that the node is alive and ready', async () => {
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
  });
});

test('metrics are handed to programs on this machine where the configuration says so, but not through a proxy', async () => {
  const open = await startTestNode('open.example', { config: { metrics: 'loopback' } });
  try {
    expect((await fetch(`${open.localUrl}/metrics`)).status).toBe(200);
    const forwarded = await fetch(`${open.localUrl}/metrics`, {
      headers: { 'x-forwarded-for': '203.0.113.7' },
    });
    expect(forwarded.status).toBe(401);
  } finally {
    await open.remove();
  }
});

test('a node without its database is alive and not ready', async () => {
  const broken = await startTestNode('broken.example');
  try {
    vi.spyOn(broken.context.database.pool, 'query').mockImplementation(() =>
      Promise.reject(new Error('away')),
    );
    expect((await fetch(`${broken.localUrl}/healthz`)).status).toBe(200);
    expect((await fetch(`${broken.localUrl}/readyz`)).status).toBe(503);
  } finally {
    vi.restoreAllMocks();
    await broken.remove();
  }
});

describe('a node that stops', () => {
  test('finishes the request that runs and takes no new connection', async () => {
    const stopping = await startTestNode('stopping.example', { config: { drainMs: 30_000 } });
    const form = new URLSearchParams({ grant_type: 'client_credentials' }).toString();
    const { hostname, port } = new URL(stopping.localUrl);
    // The request has arrived, half of its body has not.
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': form.length };
    const running = request({ hostname, port, method: 'POST', path: '/oauth/token', headers });
    const answered = new Promise<{ status: number | undefined; connection: string | undefined }>(
      (resolve, reject) => {
        running.on('response', (res) => {
          res.resume();
          resolve({ status: res.statusCode, connection: res.headers.connection });
        });
        running.on('error', reject);
      },
    );
    running.write(form.slice(0, 10));
    // Its headers were read once the server answers a request that came after them.
    await fetch(`${stopping.localUrl}/healthz`);
    const closed = stopping.close();
    await expect(fetch(`${stopping.localUrl}/healthz`)).rejects.toThrow();
    running.end(form.slice(10));
    expect(await answered).toEqual({ status: 400, connection: 'close' });
    await closed;
    await stopping.remove();
  });

  test('cuts what takes longer than the drain time', async () => {
    const stopping = await startTestNode('cutting.example', { config: { drainMs: 50 } });
    const { hostname, port } = new URL(stopping.localUrl);
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': 100 };
    const stuck = request({ hostname, port, method: 'POST', path: '/oauth/token', headers });
    const cut = new Promise((resolve) => stuck.on('error', resolve));
    stuck.write('half');
    await fetch(`${stopping.localUrl}/healthz`);
    await stopping.close();
    await cut;
    await stopping.remove();
  });
});
