import { createPublicKey, sign } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { publicPart } from '../../api/identity/jwk.ts';
import { packagePath } from '../../api/package-root.ts';
import { ed25519, p256 } from '../identity/keys.ts';

type Encoding = 'utf8' | 'latin1' | 'base64' | 'base64url' | 'hex';

/** What the page puts in the place of Node's modules; its types are those of browsers. */
interface PageCrypto {
  hash(algorithm: string, data: string | Uint8Array, encoding: string): string;
  createPublicKey(input: { key: object }): { export(): Uint8Array };
  verify(
    digest: unknown,
    data: Uint8Array,
    input: object,
    signature: Uint8Array,
    callback?: unknown,
  ): boolean;
}
interface PageBuffer {
  Buffer: {
    from(source: string | Uint8Array, encoding?: Encoding): { toString(encoding: Encoding): string };
  };
  isUtf8(bytes: Uint8Array): boolean;
}
const page = (name: string): Promise<unknown> =>
  import(/* @vite-ignore */ packagePath('api', 'exports', 'page', name));
const { hash, createPublicKey: keyOf, verify } = (await page('crypto.ts')) as PageCrypto;
const shim = (await page('buffer.ts')) as PageBuffer;

describe("what the page has for Node's Buffer", () => {
  const encodings: Encoding[] = ['utf8', 'latin1', 'base64', 'base64url', 'hex'];

  test('writes bytes as Node does, and reads back what Node reads', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.constantFrom(...encodings), (bytes, encoding) => {
        const text = Buffer.from(bytes).toString(encoding);
        expect(shim.Buffer.from(bytes).toString(encoding)).toBe(text);
        const read = shim.Buffer.from(text, encoding) as unknown as Uint8Array;
        expect([...read]).toEqual([...Buffer.from(text, encoding)]);
      }),
    );
  });

  test('tells UTF-8 from other bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), (bytes) => {
        expect(shim.isUtf8(bytes)).toBe(isUtf8(bytes));
      }),
    );
  });
});

describe("what the page has for Node's crypto", () => {
  test.each([
    ['Ed25519', ed25519(), undefined],
    ['P-256', p256(), 'sha256'],
  ] as const)('checks signatures by %s keys, at once and by the browser', async (_name, { jwk }, digest) => {
    const data = Buffer.from('what was signed');
    const key = keyOf({ key: publicPart(jwk) });
    expect(Buffer.from(key.export())).toEqual(
      createPublicKey({ key: { ...publicPart(jwk) }, format: 'jwk' }).export({ type: 'spki', format: 'der' }),
    );
    for (const dsaEncoding of ['ieee-p1363', 'der'] as const) {
      const signature = sign(digest, data, { key: { ...jwk }, format: 'jwk', dsaEncoding });
      expect(verify(digest, data, { key, dsaEncoding }, signature)).toBe(true);
      expect(verify(digest, Buffer.from('another text'), { key, dsaEncoding }, signature)).toBe(false);
      expect(verify(digest, data, { key, dsaEncoding }, signature.subarray(1))).toBe(false);
      if (dsaEncoding === 'der') continue;
      const byBrowser = (text: Buffer) =>
        new Promise((resolve) => {
          verify(digest, text, { key, dsaEncoding }, signature, (_error: unknown, holds: boolean) =>
            resolve(holds),
          );
        });
      expect([await byBrowser(data), await byBrowser(Buffer.from('another text'))]).toEqual([true, false]);
    }
  });

  test('hashes as Node does', () => {
    expect(hash('sha256', 'abc', 'hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
