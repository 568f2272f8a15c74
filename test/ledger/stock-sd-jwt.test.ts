import { createHash } from 'node:crypto';
import { SDJwtInstance } from '@sd-jwt/core';
import { compactVerify, importJWK } from 'jose';
import { expect, test } from 'vitest';
import { publicPart } from '../../api/identity/jwk.ts';
import { disclose } from '../../api/ledger/disclose.ts';
import { issueChange } from '../../api/ledger/issue.ts';
import { changeInput, maker, recordKey } from './sealing.ts';

// What others read: an SD-JWT library and jose know nothing of Lotbook.
const state = {
  quantity: '1200',
  unit: 'KGM',
  'a "name"': { list: [1, 'ä', null], deep: { x: true } },
  price: '9.50',
};

async function sealed() {
  const { token } = await issueChange(changeInput({ state, alsoNames: ['colour'] }), maker.signer);
  return token;
}

const bytesOf = (data: string | ArrayBuffer) => (typeof data === 'string' ? data : new Uint8Array(data));

async function stockReader() {
  const key = await importJWK(publicPart(maker.jwk), 'Ed25519');
  return new SDJwtInstance<Record<string, unknown>>({
    hashAlg: 'sha-256',
    hasher: (data, alg) => createHash(alg.replace('-', '')).update(bytesOf(data)).digest(),
    verifier: async (data, signature) => {
      await compactVerify(`${data}.${signature}`, key);
      return true;
    },
  });
}

test('a stock SD-JWT library accepts a token and reveals exactly what is disclosed', async () => {
  const token = await sealed();
  const { disclosures } = disclose({ token, recordKey, state }, ['unit', 'a "name"', 'colour']);
  const { payload } = await (await stockReader()).verify(`${token}~${disclosures.join('~')}~`);
  const { fields, ...rest } = payload as { fields: [string, unknown][] };
  expect(Object.fromEntries(fields)).toEqual({ unit: 'KGM', 'a "name"': state['a "name"'], colour: null });
  expect(fields).toHaveLength(3);
  expect(rest).not.toHaveProperty('_sd_alg');
});

test('a stock SD-JWT library reveals nothing when nothing is disclosed', async () => {
  const { payload } = await (await stockReader()).verify(`${await sealed()}~`);
  expect(payload).toMatchObject({ fields: [] });
});

test('a stock SD-JWT library refuses an altered token', async () => {
  const token = await sealed();
  const altered = token.replace(/\.(.)/, (_, c: string) => `.${c === 'e' ? 'f' : 'e'}`);
  await expect((await stockReader()).verify(`${altered}~`)).rejects.toThrow();
});

test('jose verifies the signature', async () => {
  const verified = await compactVerify(await sealed(), await importJWK(publicPart(maker.jwk), 'Ed25519'));
  expect(verified.protectedHeader).toEqual({
    alg: 'Ed25519',
    typ: 'trace-change+sd-jwt',
    kid: maker.signer.kid,
  });
});
