import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../../api/identity/strict-json.ts';
import { disclosureDigest } from '../../api/ledger/disclosure.ts';
import { disclose } from '../../api/ledger/disclose.ts';
import { type ChangeInput, issueChange } from '../../api/ledger/issue.ts';
import { type ChangeExpectation, verifyChange, verifyChangeAsync } from '../../api/ledger/verify-change.ts';
import { decodeSlotSalt, slotOf } from '../../api/ledger/slots.ts';
import { ed25519 } from '../identity/keys.ts';
import {
  book,
  changeInput,
  disclosureOf,
  handMade,
  issuer,
  maker,
  recordKey,
  signClaims,
  state,
} from './sealing.ts';

type Given = Partial<ChangeExpectation> & { token: string };

const verify = (given: Given) =>
  verifyChange({ disclosures: [], keys: maker.keys, expect: { issuer, book }, ...given });

function codeOf(given: Given): string {
  const result = verify(given);
  return result.ok ? 'ok' : result.code;
}

async function seal(given: Partial<ChangeInput>, names?: readonly string[]) {
  const input = changeInput(given);
  const { token, hash } = await issueChange(input, maker.signer);
  const opened = disclose({ token, recordKey, state: input.state }, names ?? Object.keys(input.state));
  return { token, hash, disclosures: opened.disclosures };
}

describe('a reader', () => {
  test('learns exactly what was disclosed, of any state, whichever part of it that is', async () => {
    const part = fc.tuple(state, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }));
    await fc.assert(
      fc.asyncProperty(part, async ([fields, chosen]) => {
        const shown = Object.keys(fields).filter((_, i) => chosen[i]);
        const { token, hash, disclosures } = await seal({ state: fields }, shown);
        const result = verify({ token, disclosures, grantedNames: { exact: shown, everything: false } });
        const expected = JSON.parse(
          JSON.stringify(Object.fromEntries(shown.map((name) => [name, fields[name]]))),
        );
        expect(result).toMatchObject({ ok: true, change: { hash, unset: [] } });
        expect(result.ok && result.change.fields).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test('learns what the change says about itself', async () => {
    const { token, hash, disclosures } = await seal({ ver: 2, prev: 'A'.repeat(43), alsoNames: ['colour'] }, [
      'unit',
      'colour',
    ]);
    expect(verify({ token, disclosures })).toEqual({
      ok: true,
      change: {
        book,
        record: 'urn:example:lot:1',
        kind: 'LOT',
        ver: 2,
        seq: 1,
        term: 1,
        atMs: 1_700_000_000_123,
        jti: expect.stringMatching(/^jti-/),
        txn: 'txn-1',
        prev: 'A'.repeat(43),
        mandate: undefined,
        hash,
        kid: maker.signer.kid,
        fields: { unit: 'KGM' },
        unset: ['colour'],
      },
    });
  });

  test('gets the same answer from the thread pool', async () => {
    const { token, disclosures } = await seal({});
    const bad = [
      token.slice(1),
      `${token.slice(0, -9)}${token.at(-9) === 'A' ? 'B' : 'A'}${token.slice(-8)}`,
      await signClaims({}),
      token,
    ];
    for (const each of bad) {
      const given = { token: each, disclosures, keys: maker.keys, expect: { issuer, book } };
      expect(await verifyChangeAsync(given)).toEqual(verifyChange(given));
    }
    expect(codeOf({ token: bad[1] ?? '' })).toBe('BAD_SIGNATURE');
  });

  test('notices any altered character of the token', async () => {
    const { token } = await seal({});
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'AZaz09-_.=~ '), (place, c) => {
        fc.pre(token[place] !== c);
        expect(codeOf({ token: token.slice(0, place) + c + token.slice(place + 1) })).not.toBe('ok');
      }),
      { numRuns: 300 },
    );
  });

  test('notices any altered character of a disclosure', async () => {
    const { token, disclosures } = await seal({});
    const [disclosure = ''] = disclosures;
    for (let place = 0; place < disclosure.length; place++) {
      const c = disclosure[place] === 'A' ? 'Q' : 'A';
      const altered = disclosure.slice(0, place) + c + disclosure.slice(place + 1);
      expect(['BAD_DISCLOSURE', 'SLOT_MISMATCH']).toContain(codeOf({ token, disclosures: [altered] }));
    }
  });
});

describe('who signed what', () => {
  test('a key that is not pinned', async () => {
    expect(codeOf({ ...(await seal({})), keys: ed25519().keys })).toBe('UNKNOWN_KEY');
  });

  test('another authority or another book', async () => {
    const { token } = await seal({});
    expect(codeOf({ token, expect: { issuer: 'https://other.example', book } })).toBe('WRONG_ISSUER');
    expect(codeOf({ token, expect: { issuer, book: 'urn:example:book:2' } })).toBe('WRONG_BOOK');
  });

  test('a grant under the typ of a change, and the other way round', async () => {
    expect(codeOf({ token: await signClaims(handMade({ kind: 'GRANT' }).claims) })).toBe('BAD_CLAIMS');
    expect(codeOf({ token: await signClaims(handMade().claims, 'trace-grant+sd-jwt') })).toBe('BAD_CLAIMS');
    expect(
      codeOf({ token: await signClaims(handMade({ kind: 'GRANT' }).claims, 'trace-grant+sd-jwt') }),
    ).toBe('ok');
    expect(codeOf({ token: await signClaims(handMade().claims, 'trace-request+jwt') })).toBe('WRONG_TYPE');
  });

  test.each([
    ['an unknown claim', { _sd: [] }],
    ['another hash', { _sd_alg: 'sha-512' }],
    ['no hash', { _sd_alg: undefined }],
    ['an unknown kind', { kind: 'ORDER' }],
    ['a version 0', { ver: 0 }],
    ['a version with decimals', { ver: 1.5 }],
    ['a number as text', { seq: '1' }],
    ['a time far away', { iat: 1e15 }],
    ['a short slot salt', { slot_salt: 'AQID' }],
    ['a padded slot salt', { slot_salt: 'AQIDBA==' }],
    ['a prev that is no digest', { ver: 2, prev: 'A' }],
    ['a prev in a second spelling', { ver: 2, prev: `${'A'.repeat(42)}B` }],
    ['fields that are no list', { fields: {} }],
    ['a field with a plain value', { fields: [...handMade().claims.fields.slice(1), 'plain'] }],
    ['a field with two members', { fields: handMade().claims.fields.map((field) => ({ ...field, x: 1 })) }],
  ])('a signed token with %s', async (_, changed) => {
    expect(codeOf({ token: await signClaims({ ...handMade().claims, ...changed }) })).toBe('BAD_CLAIMS');
  });

  test.each([[8], [15], [17], [24], [4097]])('a signed token with %i slots', async (count) => {
    expect(codeOf({ token: await signClaims(handMade({}, count).claims) })).toBe('BAD_CLAIMS');
  });
});

describe('one name has one opening', () => {
  test('a name that is committed twice opens at its own slot only', async () => {
    const { claims, commit } = handMade();
    const honest = commit('price', '10');
    const own = slotOf(decodeSlotSalt(claims.slot_salt) as number, 16, 'price');
    const second = commit('price', '12', (own + 1) % 16);
    const token = await signClaims(claims);
    expect(verify({ token, disclosures: [honest] })).toMatchObject({
      ok: true,
      change: { fields: { price: '10' } },
    });
    expect(codeOf({ token, disclosures: [second] })).toBe('SLOT_MISMATCH');
    expect(codeOf({ token, disclosures: [honest, second] })).toBe('DISCLOSURE_REPEATED');
  });

  test('a disclosure sent twice is refused', async () => {
    const { token, disclosures } = await seal({}, ['unit']);
    expect(codeOf({ token, disclosures: [...disclosures, ...disclosures] })).toBe('DISCLOSURE_REPEATED');
  });

  test('a disclosure of another token is refused', async () => {
    const [one, two] = [await seal({}), await seal({})];
    expect(codeOf({ token: one.token, disclosures: two.disclosures })).toBe('SLOT_MISMATCH');
  });

  const salt = 'c2FsdHNhbHRzYWx0c2FsdA';
  const encode = (text: string) => Buffer.from(text).toString('base64url');
  test.each([
    ['an object property', encode(JSON.stringify([salt, 'name', 'value']))],
    ['a bare value', encode(JSON.stringify([salt, 'value']))],
    ['a name that is no text', disclosureOf(1, 'value')],
    ['a reserved name', disclosureOf('__proto__', 'value')],
    ['an empty name', disclosureOf('', 'value')],
    ['a short salt', disclosureOf('a', 'value', 'c2FsdA')],
    ['a third part', encode(JSON.stringify([salt, ['a', 'b', 'c']]))],
    ['a value that hides more', disclosureOf('a', { '...': 'x' })],
    ['a member twice', encode(`["${salt}",["a",{"b":1,"b":2}]]`)],
    ['no JSON', encode('salt')],
    ['padding', `${disclosureOf('a', 'b')}=`],
  ])('a signed disclosure with %s is refused', async (_, disclosure) => {
    const { claims } = handMade();
    const fields = claims.fields.map(() => ({ '...': disclosureDigest(disclosure) }));
    expect(codeOf({ token: await signClaims({ ...claims, fields }), disclosures: [disclosure] })).toBe(
      'BAD_DISCLOSURE',
    );
  });
});

describe('the chain', () => {
  async function versions() {
    const one = await seal({ state: { n: '1' } });
    const two = await seal({ state: { n: '2' }, ver: 2, seq: 2, prev: one.hash });
    const three = await seal({ state: { n: '3' }, ver: 3, seq: 3, prev: two.hash });
    return { one, two, three };
  }

  test('holds from version to version', async () => {
    const { one, two, three } = await versions();
    expect(codeOf({ ...one, previous: { ver: 0, hash: '' } })).toBe('ok');
    expect(codeOf({ ...two, previous: { ver: 1, hash: one.hash } })).toBe('ok');
    expect(codeOf({ ...three, previous: { ver: 2, hash: two.hash } })).toBe('ok');
  });

  test('may begin anywhere for a reader who holds nothing yet, unless it insists on the beginning', async () => {
    const { three } = await versions();
    expect(codeOf(three)).toBe('ok');
    expect(codeOf({ ...three, previous: { ver: 0, hash: '' } })).toBe('VERSION_SKIPPED');
  });

  test('shows a dropped version', async () => {
    const { one, three } = await versions();
    expect(codeOf({ ...three, previous: { ver: 1, hash: one.hash } })).toBe('VERSION_SKIPPED');
  });

  test('shows a version that is there already', async () => {
    const { one, two } = await versions();
    expect(codeOf({ ...two, previous: { ver: 2, hash: two.hash } })).toBe('VERSION_REPEATED');
    expect(codeOf({ ...one, previous: { ver: 2, hash: two.hash } })).toBe('VERSION_REPEATED');
  });

  test('shows another history', async () => {
    const { two } = await versions();
    const fork = await seal({ state: { n: 'fork' } });
    expect(codeOf({ ...two, previous: { ver: 1, hash: fork.hash } })).toBe('PREVIOUS_MISMATCH');
  });

  test('begins at version 1 and nowhere else', async () => {
    const prev = 'A'.repeat(43);
    expect(codeOf({ token: await signClaims(handMade({ ver: 1, prev }).claims) })).toBe('CHAIN_START');
    expect(codeOf({ token: await signClaims(handMade({ ver: 2 }).claims) })).toBe('CHAIN_START');
  });
});

describe('what was granted', () => {
  const everything = { exact: [], everything: true };
  const fields: Record<string, JsonValue> = { a: '1', b: '2', c: '3' };

  test('must be opened, to a value or to null', async () => {
    const { token, disclosures } = await seal({ state: fields, alsoNames: ['d'] }, ['a', 'd']);
    const grantedNames = { exact: ['a', 'd'], everything: false };
    expect(verify({ token, disclosures, grantedNames })).toMatchObject({
      ok: true,
      change: { fields: { a: '1' }, unset: ['d'] },
    });
    for (const withheld of [0, 1]) {
      const rest = disclosures.filter((_, i) => i !== withheld);
      expect(codeOf({ token, disclosures: rest, grantedNames })).toBe('FIELD_WITHHELD');
    }
  });

  test('when it is everything, includes the list of names and each name in it', async () => {
    const names = ['@names', 'a', 'b', 'c'];
    const { token, disclosures } = await seal({ state: fields }, names);
    const result = verify({ token, disclosures, grantedNames: everything });
    expect(result.ok && result.change.fields).toEqual(fields);
    for (const withheld of names.keys()) {
      const rest = disclosures.filter((_, i) => i !== withheld);
      expect(codeOf({ token, disclosures: rest, grantedNames: everything })).toBe('FIELD_WITHHELD');
    }
  });

  test.each([
    ['leaves out a set field', ['a']],
    ['names an unset field', ['a', 'b', 'c']],
    ['is not sorted', ['b', 'a']],
    ['names one twice', ['a', 'a', 'b']],
    ['is no list', 'a b'],
    ['is null', null],
    ['names itself', ['@names', 'a', 'b']],
  ])('contradicts a committed list that %s', async (_, list) => {
    const { claims, commit } = handMade({}, 1024);
    const disclosures = [commit('@names', list), commit('a', '1'), commit('b', '2'), commit('c', null)];
    expect(codeOf({ token: await signClaims(claims), disclosures, grantedNames: everything })).toBe(
      'NAMES_MISMATCH',
    );
  });
});
