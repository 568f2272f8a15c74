import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-sse';
import { compactVerify, createRemoteJWKSet, importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectOwnNode, type OwnNode } from '../../api/cli/own-node.ts';
import { readConfig } from '../../api/config.ts';
import { publicPart, thumbprint } from '../../api/identity/jwk.ts';
import { packagePath } from '../../api/package-root.ts';
import { runCli } from '../support/cli.ts';
import { generateKey } from '../support/key.ts';
import { startTestNode, type TestNode } from '../support/node.ts';

const BOOK = 'grower.example/season';
const LOT = 'https://id.gs1.org/01/09521141012345/10/L1';
const jwk = generateKey();
let node: TestNode;
let owner: OwnNode;

beforeAll(async () => {
  node = await startTestNode('grower.example');
  const port = Number(new URL(node.localUrl).port);
  owner = await connectOwnNode(readConfig({}, { dir: node.dir, port }));
  await owner.mutate(
    'mutation ($input: CreateBookInput!) { createBook(input: $input) { error { code message duty } } }',
    { input: { name: 'season', title: 'Season' } },
  );
  await owner.mutate(
    'mutation ($input: AddPartnerInput!) { addPartner(input: $input) { error { code message duty } } }',
    { input: { organisation: 'auditor.example', name: 'Auditor', jwk: publicPart(jwk) } },
  );
  await owner.mutate(
    'mutation ($input: AddGrantInput!) { addGrant(input: $input) { error { code message duty } } }',
    {
      input: {
        book: BOOK,
        name: 'auditor',
        audience: { organisations: ['auditor.example'] },
        fields: ['quantity', 'uom'],
      },
    },
  );
});
afterAll(() => node?.remove());

async function recordLot(lot: string): Promise<void> {
  const content = { quantity: '12.50', uom: 'KGM', fieldName: 'North 7' };
  const update = { book: BOOK, key: lot, changes: [{ record: lot, kind: 'LOT', base: 0, content }] };
  await owner.query(
    'mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state } } }',
    { updates: [update] },
  );
}

/** RFC 7523 with a stock JOSE library. */
async function accessToken(): Promise<string> {
  const assertion = await new SignJWT({ jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: 'Ed25519', typ: 'client-authentication+jwt', kid: kidOf() })
    .setIssuer('auditor.example')
    .setSubject('auditor.example')
    .setAudience(node.url)
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(await importJWK({ ...jwk }, 'Ed25519'));
  const response = await fetch(`${node.localUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return token;
}

function kidOf(): string {
  return thumbprint(publicPart(jwk));
}

interface Feed {
  feed: {
    cursor: string;
    caughtUp: boolean;
    items: { kind: string; token: string; disclosures: string[] }[];
  };
}

describe('a partner without a node', () => {
  test('follows a book with stock JOSE and GraphQL-over-SSE libraries, live and again from its cursor', async () => {
    await recordLot(LOT);
    const client = createClient({
      url: `${node.localUrl}/graphql`,
      retryAttempts: 0,
      headers: async () => ({ authorization: `Bearer ${await accessToken()}` }),
    });
    const query = `subscription ($after: ID) {
      feed(book: "${BOOK}", after: $after) { cursor caughtUp items { kind token disclosures } }
    }`;
    const items: Feed['feed']['items'] = [];
    let cursor = '';
    for await (const { data } of client.iterate<Feed>({ query })) {
      if (!data) throw new Error('an error instead of a batch');
      items.push(...data.feed.items);
      cursor = data.feed.cursor;
      if (items.length === 2) await recordLot(`${LOT}-2`);
      if (items.length === 3) break;
    }
    expect(items.map(({ kind }) => kind)).toEqual(['GRANT', 'CHANGE', 'CHANGE']);

    const keys = createRemoteJWKSet(new URL(`${node.localUrl}/.well-known/jwks.json`));
    const change = items[1] ?? { token: '', disclosures: [] };
    const { payload, protectedHeader } = await compactVerify(change.token, keys);
    expect(protectedHeader.typ).toBe('trace-change+sd-jwt');
    expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({ book: BOOK, sub: LOT, ver: 1 });
    const opened = change.disclosures.map((text) => JSON.parse(Buffer.from(text, 'base64url').toString())[1]);
    expect(opened).toEqual(
      expect.arrayContaining([
        ['quantity', '12.5'],
        ['uom', 'KGM'],
      ]),
    );
    expect(opened).toHaveLength(2);

    await recordLot(`${LOT}-3`);
    for await (const { data } of client.iterate<Feed>({ query, variables: { after: cursor } })) {
      if (data?.feed.items.length === 0) continue;
      expect(data?.feed.items).toHaveLength(1);
      break;
    }
    client.dispose();
  });

  test.each([
    { by: 'curl and openssl', command: 'sh', args: ['schema/examples/partner.sh'] },
    {
      by: 'thirty lines of TypeScript',
      command: process.execPath,
      args: ['--import', 'tsx', 'schema/examples/partner.ts'],
    },
  ])('follows it with $by, added with the key that openssl made', async ({ command, args, by }) => {
    const dir = await mkdtemp(join(tmpdir(), 'lotbook-example-'));
    const keyFile = join(dir, 'key.pem');
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    await writeFile(keyFile, privateKey.export({ format: 'pem', type: 'pkcs8' }));
    await writeFile(join(dir, 'public.pem'), publicKey.export({ format: 'pem', type: 'spki' }));
    const buyer = by.startsWith('curl') ? 'curl.example' : 'script.example';
    const here = ['--dir', node.dir, '--port', new URL(node.localUrl).port];
    const key = ['--key', join(dir, 'public.pem')];
    const added = await runCli([...here, 'partners', 'add', buyer, '--name', 'Buyer', ...key]).ended;
    expect(added).toMatchObject({ code: 0, stdout: `${buyer} is ACTIVE.\n` });
    await owner.mutate(
      'mutation ($input: AddGrantInput!) { addGrant(input: $input) { error { code message duty } } }',
      { input: { book: BOOK, audience: { organisations: [buyer] }, fields: ['fieldName'], backfill: true } },
    );
    const child = spawn(command, [...args, node.localUrl, buyer, keyFile, BOOK], { cwd: packagePath() });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (said += String(bytes)));
    try {
      const wanted = by.startsWith('curl') ? '"kind":"CHANGE"' : 'version 1 {"fieldName":"North 7"}';
      await vi.waitUntil(() => said.includes(wanted), { timeout: 20_000 });
    } finally {
      child.kill('SIGKILL');
      await rm(dir, { recursive: true });
    }
  });
});
