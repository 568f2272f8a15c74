import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { publicPart } from '../../api/identity/jwk.ts';
import { currentKey, isKeyLog, verifyKeyLog } from '../../api/identity/key-log.ts';
import { type KeyClaims, signKeyStatement } from '../../api/identity/key-statement.ts';
import { keyFaultAt, type LoggedKey } from '../../api/identity/key-state.ts';
import { sha256 } from '../../api/identity/sha256.ts';
import { GROWER, keyLogOf, stateKey } from './key-samples.ts';
import { ed25519, p256 } from './keys.ts';

const [first, second, third] = [ed25519(), p256(), ed25519()] as const;
const thief = ed25519();
const BOOK = 'grower.example/harvest';

const codeOf = (tokens: readonly string[], issuer = GROWER) => {
  const log = verifyKeyLog(tokens, issuer);
  return isKeyLog(log) ? `key ${currentKey(log).claims.seq}` : log.code;
};

test('each key of a log was committed to by the statement before, whatever its algorithm', async () => {
  const log = verifyKeyLog(await keyLogOf([first, second, third]), GROWER);
  expect(isKeyLog(log) && log.statements.map(({ key }) => [key.kid, key.alg])).toEqual([
    [first.signer.kid, 'Ed25519'],
    [second.signer.kid, 'ES256'],
    [third.signer.kid, 'Ed25519'],
  ]);
});

describe('a key log is refused', () => {
  const next = async (claims: Partial<KeyClaims>, key = second) => {
    const tokens = await keyLogOf([first, second]);
    const honest: KeyClaims = {
      iss: GROWER,
      seq: 2,
      prev: sha256(tokens[0] ?? ''),
      iat: 1_800_000_001,
      key: publicPart(key.jwk),
      next: third.signer.kid,
    };
    return codeOf([tokens[0] ?? '', await stateKey({ ...honest, ...claims }, key)]);
  };

  test('unless it is the honest one', async () => expect(await next({})).toBe('key 2'));
  test('with a key that a thief of the current key chose', async () => {
    expect(await next({}, thief)).toBe('NOT_COMMITTED');
  });
  test('with the committed key in the hands of nobody who can sign with it', async () => {
    expect(await next({ key: publicPart(second.jwk) }, thief)).toBe('UNKNOWN_KEY');
  });
  test('signed by the key before instead of by its own', async () => {
    expect(await next({ key: publicPart(second.jwk) }, first)).toBe('UNKNOWN_KEY');
  });
  test('with a gap', async () => expect(await next({ seq: 3 })).toBe('NUMBER_SKIPPED'));
  test('with another past', async () => {
    expect(await next({ prev: sha256('another') })).toBe('PREVIOUS_MISMATCH');
  });
  test('without its past', async () => expect(await next({ prev: undefined })).toBe('BAD_CLAIMS'));
  test('of another organisation', async () =>
    expect(await next({ iss: 'packer.example' })).toBe('WRONG_ISSUER'));
  test('with a claim that means something to somebody else', async () => {
    expect(await next({ exp: 1 } as Partial<KeyClaims>)).toBe('BAD_CLAIMS');
  });
  test('with a private key in it', async () => {
    expect(await next({ key: second.jwk })).toBe('BAD_CLAIMS');
  });
  test('where a key comes back that was in force before', async () => {
    expect(codeOf(await keyLogOf([first, second, first]))).toBe('KEY_USED_BEFORE');
  });
  test('where it does not begin with its first statement', async () => {
    expect(codeOf((await keyLogOf([first, second])).slice(1))).toBe('NUMBER_SKIPPED');
    expect(codeOf([])).toBe('BAD_CLAIMS');
  });
});

test('nobody signs a statement for a key that he does not have', async () => {
  const [token = ''] = await keyLogOf([first]);
  const claims = { iss: GROWER, seq: 1, iat: 1, key: publicPart(first.jwk), next: sha256(token) };
  await expect(signKeyStatement(claims, second.signer)).rejects.toThrow('no key statement');
});

describe('at a place of a book', () => {
  test('the key of the last KEY entry may sign, and none from before or after', async () => {
    const keys = [ed25519(), ed25519(), ed25519(), ed25519()];
    const log = verifyKeyLog(await keyLogOf(keys), GROWER);
    if (!isKeyLog(log)) throw new Error(log.code);
    const places = fc.uniqueArray(fc.integer({ min: 2, max: 50 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(places, fc.integer({ min: 1, max: 60 }), fc.nat({ max: 3 }), (at, seq, signer) => {
        const entries = at
          .toSorted((a, b) => a - b)
          .map((place, index): LoggedKey => ({ nr: index + 1, seq: place }));
        // Entries are walked one by one, as a reader of the log would.
        let due = 1;
        for (let place = 1; place <= seq; place++)
          due = entries.find((entry) => entry.seq === place)?.nr ?? due;
        const kid = keys[signer]?.signer.kid ?? '';
        const fault = keyFaultAt(log, entries, { book: BOOK, seq, kid });
        expect(fault).toBe(signer + 1 === due ? null : signer + 1 < due ? 'KEY_RETIRED' : 'KEY_NOT_LOGGED');
      }),
    );
  });

  test('a stolen key counts up to the place from which it was revoked, in each book for itself', async () => {
    const revoked = [{ kid: first.signer.kid, reason: 'stolen', from: [{ book: BOOK, seq: 7 }] }];
    const log = verifyKeyLog(await keyLogOf([first, second], { revoked }), GROWER);
    if (!isKeyLog(log)) throw new Error(log.code);
    const entries = [
      { nr: 1, seq: 9 },
      { nr: 2, seq: 10 },
    ];
    const faultAt = (seq: number, book = BOOK) =>
      keyFaultAt(log, entries, { book, seq, kid: first.signer.kid });
    expect([6, 7, 8, 10].map((seq) => faultAt(seq))).toEqual([
      null,
      'KEY_REVOKED',
      'KEY_REVOKED',
      'KEY_RETIRED',
    ]);
    expect(faultAt(8, 'grower.example/packing')).toBe(null);
    expect(keyFaultAt(log, entries, { book: BOOK, seq: 3, kid: thief.signer.kid })).toBe('UNKNOWN_KEY');
  });
});
