import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { verificationKey, type PrivateJwk } from '../../api/identity/jwk.ts';
import { sha256 } from '../../api/identity/sha256.ts';
import { localSigner } from '../../api/identity/signer.ts';
import {
  cosign,
  cosignatureBy,
  cosignedAt,
  parseCheckpoint,
  signCheckpoint,
  withSignatures,
  type SignedCheckpoint,
} from '../../api/ledger/checkpoint.ts';
import { formatNote, isSignedBy, parseNote } from '../../api/ledger/note.ts';

const jwkOf = (pair: { privateKey: { export(how: { format: 'jwk' }): JsonWebKey } }) =>
  pair.privateKey.export({ format: 'jwk' }) as PrivateJwk;
const who = (name: string, jwk: PrivateJwk) => ({
  name,
  key: verificationKey(jwk),
  signer: localSigner(jwk),
});
const ed25519 = () => jwkOf(generateKeyPairSync('ed25519'));
const p256 = () => jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }));

const body = { origin: 'packer.example/harvest', size: 71, root: sha256('root') };
const read = (text: string): SignedCheckpoint => {
  const checkpoint = parseCheckpoint(text);
  if (!checkpoint) throw new Error('no checkpoint');
  return checkpoint;
};

/** The key and the note that the package golang.org/x/mod/sumdb/note is tested with. */
const REFERENCE = {
  name: 'PeterNeumann',
  x: Buffer.from('ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW', 'base64').subarray(1).toString('base64url'),
  note:
    'If you think cryptography is the answer to your problem,\n' +
    "then you don't know what your problem is.\n\n" +
    '\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
};

describe('a signed note', () => {
  test('is verified as other implementations write it, and written as they do', () => {
    const note = parseNote(REFERENCE.note);
    if (!note) throw new Error('no note');
    const key = verificationKey({ kty: 'OKP', crv: 'Ed25519', x: REFERENCE.x });
    expect(isSignedBy(note, REFERENCE.name, [key])).toBe(true);
    expect(isSignedBy({ ...note, text: `${note.text}more\n` }, REFERENCE.name, [key])).toBe(false);
    expect(isSignedBy(note, 'AnotherName', [key])).toBe(false);
    expect(formatNote(note)).toBe(REFERENCE.note);
  });
});

describe.each([
  ['Ed25519', ed25519],
  ['P-256', p256],
])('a checkpoint under a key of %s', (_, generate) => {
  const holder = who('packer.example', generate());
  const witness = who('witness.example', generate());

  test('is signed by its holder, cosigned by others, and says who did so when', async () => {
    const signed = read(await signCheckpoint(body, holder));
    expect(signed).toMatchObject(body);
    expect(isSignedBy(signed.note, 'packer.example', [holder.key])).toBe(true);
    expect(isSignedBy(signed.note, 'packer.example', [witness.key])).toBe(false);

    const line = await cosign(signed, witness, 1_795_296_000_123);
    const both = read(withSignatures(signed, line));
    expect(isSignedBy(both.note, 'packer.example', [holder.key])).toBe(true);
    expect(cosignedAt(both, 'witness.example', [witness.key])).toBe(1_795_296_000_000);
    expect(cosignedAt(both, 'witness.example', [holder.key])).toBeNull();
    expect(cosignedAt(both, 'packer.example', [holder.key])).toBeNull();
    expect(withSignatures(both, line)).toBe(formatNote(both.note));
  });

  test('takes no more signatures than its readers', async () => {
    const signed = read(await signCheckpoint(body, holder));
    const line = await cosign(signed, witness, 5_000);
    const junk = Array.from(
      { length: 40 },
      (_, nr) => `\u2014 witness.example ${Buffer.from(`key${nr}!`).toString('base64')}\n`,
    );
    const first = read(withSignatures(signed, `${junk.join('')}${line}`));
    const full = read(withSignatures(first, junk.join('').replaceAll('witness', 'other')));
    expect(full.note.signatures).toHaveLength(64);
    expect(isSignedBy(full.note, 'packer.example', [holder.key])).toBe(true);
    // Of all that stands under a name, that which holds.
    expect(cosignatureBy(full, 'witness.example', [witness.key])).toEqual({ line, atMs: 5_000 });
  });

  test('loses its signatures with any change of what it says', async () => {
    const signed = read(await signCheckpoint(body, holder));
    const both = withSignatures(signed, await cosign(signed, witness, 5_000));
    for (const [from, to] of [
      ['\n71\n', '\n72\n'],
      ['packer.example/harvest', 'packer.example/harvesu'],
    ] as const) {
      const altered = read(both.replace(from, to));
      expect(isSignedBy(altered.note, 'packer.example', [holder.key])).toBe(false);
      expect(cosignedAt(altered, 'witness.example', [witness.key])).toBeNull();
    }
  });
});

describe('what is no checkpoint', async () => {
  const text = await signCheckpoint(body, who('packer.example', ed25519()));
  test.each([
    ['without a signature', text.slice(0, text.indexOf('\u2014'))],
    ['without its last newline', text.slice(0, -1)],
    ['with a leading zero', text.replace('\n71\n', '\n071\n')],
    ['with a negative size', text.replace('\n71\n', '\n-71\n')],
    ['with a size beyond all numbers', text.replace('\n71\n', '\n9999999999999999\n')],
    ['with an extension', text.replace('\n\n', '\nextension\n\n')],
    ['with another line end', text.replaceAll('\n', '\r\n')],
    ['with a control character', text.replace('packer', 'pack\u0007er')],
    ['with a root in other letters', text.replace(/\n([A-Za-z0-9+/])([A-Za-z0-9+/]{42}=)\n\n/, '\n-$2\n\n')],
    ['with a hyphen for the dash', text.replace('\u2014', '-')],
    ['with a line that is no signature', `${text}more\n`],
    ['of nothing', ''],
  ])('a note %s', (_, altered) => {
    expect(altered).not.toBe(text);
    expect(parseCheckpoint(altered)).toBeNull();
  });
});
