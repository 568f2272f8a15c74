import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../../api/identity/strict-json.ts';
import { readChange, tokenHash } from '../../api/ledger/change.ts';
import { disclose } from '../../api/ledger/disclose.ts';
import { issueChange, issueChanges } from '../../api/ledger/issue.ts';
import { verifyChange } from '../../api/ledger/verify-change.ts';
import { p256 } from '../identity/keys.ts';
import { book, changeInput, issuer, maker, recordKey } from './sealing.ts';

const digestsOf = (token: string) => readChange(token).fields.map((field) => field['...']);
const headerOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());

describe('a change token', () => {
  test('has the claims in the written order, and 16 slots for up to 12 fields', async () => {
    const prev = 'A'.repeat(43);
    const input = changeInput({ ver: 2, seq: 71, term: 4, prev, mandate: prev, jti: 'one' });
    const { token, hash } = await issueChange(input, maker.signer);
    const { fields, slot_salt, ...claims } = readChange(token);
    expect(headerOf(token)).toEqual({ alg: 'Ed25519', typ: 'trace-change+sd-jwt', kid: maker.signer.kid });
    expect(Object.entries(claims)).toEqual(
      Object.entries({
        iss: issuer,
        book,
        sub: 'urn:example:lot:1',
        kind: 'LOT',
        iat: 1_700_000_000.123,
        jti: 'one',
        txn: 'txn-1',
        ver: 2,
        seq: 71,
        prev,
        term: 4,
        mandate: prev,
        _sd_alg: 'sha-256',
      }),
    );
    expect(slot_salt).toMatch(/^[\w-]{6}$/);
    expect(fields).toHaveLength(16);
    expect(hash).toBe(tokenHash(token));
  });

  test('of a grant has a typ of its own', async () => {
    const { token } = await issueChange(changeInput({ kind: 'GRANT' }), maker.signer);
    expect(headerOf(token).typ).toBe('trace-grant+sd-jwt');
  });

  test('shares no salt and no decoy with another one of the same state', async () => {
    const [one, two] = await issueChanges([changeInput(), changeInput()], maker.signer);
    const all = [...digestsOf(one?.token ?? ''), ...digestsOf(two?.token ?? '')];
    expect(new Set(all).size).toBe(32);
  });

  test('does not show which slots are empty: every digest has the form of a SHA-256', async () => {
    const { token } = await issueChange(changeInput({ state: {} }), maker.signer);
    expect(digestsOf(token).every((digest) => Buffer.from(digest, 'base64url').length === 32)).toBe(true);
  });

  test('is the same for the same state with members and fields in another order, but for the signature', async () => {
    const one = changeInput({ jti: 'same', state: { a: { x: 1, y: [2] }, b: 'c' } });
    const two = changeInput({ jti: 'same', state: { b: 'c', a: { y: [2], x: 1 } } });
    const [first, second] = await issueChanges([one, two], maker.signer);
    expect(digestsOf(first?.token ?? '')).toEqual(digestsOf(second?.token ?? ''));
  });

  test('is laid out anew when a field becomes unset, or names only look like those of another state', async () => {
    for (const state of [{ a: '1', b: '2' }, { a: '1', b: null }, { 'a+1:b': '1' }, { b: '2', a: '1' }]) {
      const { token } = await issueChange(changeInput({ state }), maker.signer);
      const { disclosures, missing } = disclose({ token, recordKey, state }, [
        '@names',
        ...Object.keys(state),
      ]);
      expect(missing).toEqual([]);
      const result = verifyChange({ token, disclosures, keys: maker.keys, expect: { issuer, book } });
      const set = Object.entries(state).filter(([, value]) => value !== null);
      expect(result.ok && result.change.fields).toEqual(Object.fromEntries(set));
    }
  });

  test('can be signed with ES256', async () => {
    const { signer, keys } = p256();
    const { token } = await issueChange(changeInput(), signer);
    expect(verifyChange({ token, disclosures: [], keys, expect: { issuer, book } }).ok).toBe(true);
  });
});

describe('a batch', () => {
  test('chains the versions of one record, and verifies one after the other', async () => {
    const issued = await issueChanges(
      [
        changeInput({ state: { n: '1' } }),
        changeInput({ record: 'urn:example:lot:2', seq: 2 }),
        changeInput({ state: { n: '2' }, ver: 2, seq: 3, prev: { of: 0 } }),
        changeInput({ state: { n: '3' }, ver: 3, seq: 4, prev: { of: 2 } }),
      ],
      maker.signer,
    );
    let previous = { ver: 0, hash: '' };
    for (const place of [0, 2, 3]) {
      const token = issued[place]?.token ?? '';
      const result = verifyChange({
        token,
        disclosures: [],
        keys: maker.keys,
        expect: { issuer, book },
        previous,
      });
      expect(result).toMatchObject({ ok: true, change: { hash: issued[place]?.hash } });
      previous = { ver: previous.ver + 1, hash: issued[place]?.hash ?? '' };
    }
    expect(readChange(issued[1]?.token ?? '').sub).toBe('urn:example:lot:2');
  });

  test('is refused whole when one of its changes is wrong', async () => {
    const bad = changeInput({ state: { quantity: Number.NaN } });
    await expect(issueChanges([changeInput(), bad, changeInput()], maker.signer)).rejects.toThrow(
      /"quantity"/,
    );
  });

  test.each([[1], [2], [-1]])('refuses a previous place that is not earlier: %i', async (of) => {
    const batch = [changeInput(), changeInput({ ver: 2, prev: { of } })];
    await expect(issueChanges(batch, maker.signer)).rejects.toThrow(/earlier place/);
  });
});

describe('a change is not sealed', () => {
  const refused: [string, Parameters<typeof changeInput>[0], RegExp][] = [
    ['at version 1 with a previous token', { prev: 'A'.repeat(43) }, /has a previous/],
    ['at version 2 without one', { ver: 2 }, /lacks a previous/],
    ['with a previous token itself', { ver: 2, prev: 'a.b.c' }, /no token hash/],
    ['with a mandate that is no digest', { mandate: 'a.b.c' }, /no SHA-256/],
    ['with a place outside a batch', { ver: 2, prev: { of: 0 } }, /no batch/],
    ['with a field named @names', { state: { '@names': [] } }, /not a field name/],
    ['with a field named __proto__', { state: { ['__proto__']: '1' } }, /not a field name/],
    ['with a field without a name', { state: { '': '1' } }, /not a field name/],
    ['with a granted name that no field may have', { alsoNames: ['\ud800'] }, /not a field name/],
    ['with a value that is not finite', { state: { a: [Number.POSITIVE_INFINITY] } }, /not JSON/],
    ['with a value that is not JSON', { state: { a: undefined as unknown as JsonValue } }, /not JSON/],
    ['with a member that SD-JWT reserves', { state: { a: [{ '...': 'x' }] } }, /reserves/],
    ['with another one', { state: { a: { _sd: [] } } }, /reserves/],
    ['with a short record key', { recordKey: new Uint8Array(16) }, /32 bytes/],
    ['with a time that is no number', { atMs: Number.NaN }, /whole numbers/],
    ['with an empty record id', { record: '' }, /empty/],
  ];
  test.each(refused)('%s', async (_, given, message) => {
    await expect(issueChange(changeInput(given), maker.signer)).rejects.toThrow(message);
  });
});

test('without the record key nothing of a token can be opened', async () => {
  const input = changeInput();
  const { token } = await issueChange(input, maker.signer);
  const otherKey = Uint8Array.from(recordKey).fill(7);
  expect(() => disclose({ token, recordKey: otherKey, state: input.state }, ['quantity'])).toThrow(
    /do not belong/,
  );
});
