import {
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { splitLines } from '../../../api/ledger/export/split-lines.ts';
import { verifyExport } from '../../../api/ledger/export/verify.ts';
import { serveCalls } from '../support/worker.ts';

export interface Verified {
  changes: number;
  seconds: number;
}

/** Bytes of a change's signing input, about. */
const BYTES = 2_000;
const SIDE_BY_SIDE = 64;

serveCalls({
  /** Bare Ed25519 in the thread pool, so many at once as the verifier has. */
  raw: async (count: number): Promise<{ signed: number; verified: number }> => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const key = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const data = randomBytes(BYTES);
    const signature = sign(undefined, data, key);
    return {
      signed: await rate(count, () => signed(data, key)),
      verified: await rate(count, () => verified(data, publicKey, signature)),
    };
  },
  verify: async (file: string): Promise<Verified> => {
    let changes = 0;
    const startedAt = performance.now();
    const lines = splitLines(createReadStream(file).pipe(createGunzip()));
    const { ok } = await verifyExport(lines, { onChange: () => (changes += 1) });
    const seconds = (performance.now() - startedAt) / 1000;
    if (!ok) throw new Error('the export does not verify');
    return { changes, seconds };
  },
});

function signed(data: Buffer, key: KeyObject): Promise<void> {
  return new Promise((resolve) => void sign(undefined, data, key, () => resolve()));
}

function verified(data: Buffer, key: KeyObject, signature: Buffer): Promise<void> {
  return new Promise((resolve) => void verify(undefined, data, key, signature, () => resolve()));
}

async function rate(count: number, run: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  for (let done = 0; done < count; done += SIDE_BY_SIDE)
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, run));
  return (count * 1000) / (performance.now() - startedAt);
}
