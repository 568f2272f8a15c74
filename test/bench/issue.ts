import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type PrivateJwk, publicPart, verificationKey } from '../../api/identity/jwk.ts';
import { localSigner, type Signer } from '../../api/identity/signer.ts';
import { disclose, opener } from '../../api/ledger/disclose.ts';
import { type ChangeInput, issueChange, issueChanges } from '../../api/ledger/issue.ts';
import { verifyChange, verifyChangeAsync } from '../../api/ledger/verify-change.ts';

export interface Rate {
  perSecond: number;
  /** of all threads of the process, for one operation */
  cpuMicroseconds: number;
}

export interface IssueFigures {
  fields: number;
  slots: number;
  tokenCharacters: number;
  /** bare Ed25519 signatures over the same number of bytes: on the main thread; awaited in turn; 64 at a time */
  signOnMainThread: Rate;
  signInTurn: Rate;
  signBatch: Rate;
  /** everything but the signature */
  seal: Rate;
  issueOnMainThread: Rate;
  issueInTurn: Rate;
  issueBatch: Rate;
  /** one reader, all fields */
  disclose: Rate;
  /** ten readers of one token, all fields */
  discloseToTen: Rate;
  /** signature, shape, slots, chain and coverage, all fields disclosed */
  verify: Rate;
  /** 64 at a time, in the thread pool */
  verifyBatch: Rate;
  /** the search for collision-free slots, once for each set of names */
  newSetOf12Names: Rate;
  newSetOf24Names: Rate;
}

const BATCH = 64;

/** Rates of sealing, opening and checking changes with `fieldCount` fields, beside bare signatures in the same run. */
export async function benchIssue({ fieldCount = 12, rounds = 4096 } = {}): Promise<IssueFigures> {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as PrivateJwk;
  const key = createPrivateKey({ key: { ...jwk }, format: 'jwk' });
  const signer = localSigner(jwk);
  const onMainThread: Signer = { ...signer, sign: async (data) => sign(undefined, data, key) };
  const unsigned: Signer = { ...signer, sign: async () => new Uint8Array(64) };
  const inputs = Array.from({ length: rounds }, (_, i) => changeOf(stateOf(fieldCount), i));
  const first = inputs[0] as ChangeInput;
  const { token } = await issueChange(first, signer);
  const data = Buffer.from(token.slice(0, token.lastIndexOf('.')));
  const { state, recordKey } = first;
  const names = [...Object.keys(state), '@names'];
  const reader = {
    token,
    disclosures: disclose({ token, recordKey, state }, names).disclosures,
    keys: new Map([[signer.kid, verificationKey(publicPart(jwk))]]),
    expect: { issuer: first.issuer, book: first.book },
    grantedNames: { exact: [], everything: true },
  };
  return {
    fields: fieldCount,
    slots: (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { fields: [] })
      .fields.length,
    tokenCharacters: token.length,
    signOnMainThread: await rate(rounds, () => sign(undefined, data, key)),
    signInTurn: await rate(rounds, () => signer.sign(data)),
    signBatch: await rateOfBatches(inputs, (batch) => Promise.all(batch.map(() => signer.sign(data)))),
    seal: await rateOfBatches(inputs, (batch) => issueChanges(batch, unsigned)),
    issueOnMainThread: await rateOfBatches(inputs, (batch) => issueChanges(batch, onMainThread)),
    issueInTurn: await rate(rounds, (i) => issueChange(inputs[i] as ChangeInput, signer)),
    issueBatch: await rateOfBatches(inputs, (batch) => issueChanges(batch, signer)),
    disclose: await rate(rounds, () => disclose({ token, recordKey, state }, names)),
    discloseToTen: await rate(rounds / 8, () => {
      const open = opener({ token, recordKey, state });
      for (let i = 0; i < 10; i++) open(names);
    }),
    verify: await rate(rounds, () => verifyChange(reader)),
    verifyBatch: await rateOfBatches(inputs, (batch) =>
      Promise.all(batch.map(() => verifyChangeAsync(reader))),
    ),
    newSetOf12Names: await rate(64, (i) => issueChange(changeOf(stateOf(12, `a${i}`), i), unsigned)),
    newSetOf24Names: await rate(16, (i) => issueChange(changeOf(stateOf(24, `b${i}`), i), unsigned)),
  };
}

const slotKey = randomBytes(32);

function changeOf(state: ChangeInput['state'], i: number): ChangeInput {
  return {
    issuer: 'https://maker.example',
    book: 'urn:example:book:1',
    record: `urn:example:lot:${i}`,
    kind: 'LOT',
    atMs: 1_800_000_000_123 + i,
    jti: `jti-${i}`,
    txn: `txn-${i}`,
    ver: 1,
    seq: i + 1,
    term: 1,
    state,
    recordKey: randomBytes(32),
    slotKey,
  };
}

function stateOf(fieldCount: number, mark = 'field'): ChangeInput['state'] {
  return Object.fromEntries(
    Array.from({ length: fieldCount }, (_, i) => [`${mark}.${i}`, `a value of ${i}`]),
  );
}

async function rateOfBatches(
  inputs: readonly ChangeInput[],
  run: (batch: readonly ChangeInput[]) => Promise<unknown>,
): Promise<Rate> {
  const batches = Math.ceil(inputs.length / BATCH);
  const each = await rate(batches, (i) => run(inputs.slice(i * BATCH, (i + 1) * BATCH)));
  return { perSecond: Math.round(each.perSecond * BATCH), cpuMicroseconds: each.cpuMicroseconds / BATCH };
}

async function rate(rounds: number, run: (i: number) => unknown): Promise<Rate> {
  for (let i = 0; i < rounds / 8; i++) await run(i);
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < rounds; i++) await run(i);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: rounds / seconds, cpuMicroseconds: (user + system) / rounds };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, figure] of Object.entries(await benchIssue())) {
    const text =
      typeof figure === 'number'
        ? `${figure}`
        : `${Math.round(figure.perSecond)}/s, ${figure.cpuMicroseconds.toFixed(1)} us CPU`;
    console.log(`${name}: ${text}`);
  }
}
