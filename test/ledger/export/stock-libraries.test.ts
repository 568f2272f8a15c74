import { createHash } from 'node:crypto';
import { SDJwtInstance } from '@sd-jwt/core';
import { compactVerify, decodeProtectedHeader, importJWK } from 'jose';
import { expect, test } from 'vitest';
import { type EntryLine, readLine } from '../../../api/ledger/export/lines.ts';
import { verifyExport } from '../../../api/ledger/export/verify.ts';
import type { PublicJwk } from '../../../api/identity/jwk.ts';
import { publicPart, thumbprint } from '../../../api/identity/jwk.ts';
import { linesOf, season } from './sample.ts';

// What others read: jose and an SD-JWT library know nothing of Lotbook, only the keys.
const bytesOf = (data: string | ArrayBuffer) => (typeof data === 'string' ? data : new Uint8Array(data));

async function exported() {
  const made = await season();
  const lines = await linesOf(made);
  const logged = made.ownerLog.map((token) => claimsOf<{ key: PublicJwk }>(token).key);
  const keys = [...logged, ...Object.values(made.parties).map(({ jwk }) => publicPart(jwk))];
  const byKid = new Map(keys.map((jwk) => [thumbprint(jwk), jwk]));
  const verify = async (token: string) => {
    const jwk = byKid.get(decodeProtectedHeader(token).kid ?? '');
    return compactVerify(token, await importJWK({ ...jwk }, 'Ed25519'));
  };
  return { lines, entries: lines.flatMap(entryOf), verify };
}

function entryOf(line: string): EntryLine[] {
  const read = readLine(line);
  return read?.kind === 'entry' ? [read.value] : [];
}

function claimsOf<T>(token: string): T {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as T;
}

test('jose verifies every token of an export, and its manifest', async () => {
  const { lines, entries, verify } = await exported();
  for (const { token } of entries) await verify(token);
  const { manifest } = JSON.parse(lines.at(-1) ?? '') as { manifest: string };
  expect((await verify(manifest)).protectedHeader.typ).toBe('trace-export+jwt');
  expect(entries).toHaveLength(17);
});

test('an SD-JWT library reveals the same fields of every change as the verifier of exports', async () => {
  const { lines, entries, verify } = await exported();
  const stock = new SDJwtInstance<Record<string, unknown>>({
    hashAlg: 'sha-256',
    hasher: (data, alg) => createHash(alg.replace('-', '')).update(bytesOf(data)).digest(),
    verifier: async (data, signature) => {
      await verify(`${data}.${signature}`);
      return true;
    },
  });
  const own = new Map<number, object>();
  const { ok } = await verifyExport(lines, { onChange: ({ seq, fields }) => own.set(seq, fields) });
  expect([ok, own.size]).toEqual([true, 8]);
  for (const { seq, token, disclosures } of entries.filter((entry) => own.has(entry.seq))) {
    const { payload } = await stock.verify(`${token}~${disclosures.join('~')}~`);
    const { '@names': _, ...fields } = Object.fromEntries(
      (payload as { fields: [string, unknown][] }).fields,
    );
    expect(fields).toEqual(own.get(seq));
  }
});
