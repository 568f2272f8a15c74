import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signCompact } from '../../api/identity/jws.ts';
import { tokenHash } from '../../api/ledger/change.ts';
import { signApproval, verifyApproval } from '../../api/ledger/statements/approval.ts';
import { signMandate, verifyMandate } from '../../api/ledger/statements/mandate.ts';
import { signTerm, verifyTerm } from '../../api/ledger/statements/term.ts';
import { signUnable, verifyUnable } from '../../api/ledger/statements/unable.ts';
import { ed25519, p256 } from '../identity/keys.ts';
import { backup, book, digest, examples, memberOf, type Sample, samples } from './statement-samples.ts';

const { signer, keys } = ed25519();
const expectedOf = (claims: object) => ({ keys, issuer: (claims as { iss: string }).iss, book });

/** What a reader says of claims that anybody signed under the typ of the kind. */
async function codeOf({ typ, claims, verify }: Sample, changed: object, signedAs = typ): Promise<string> {
  const token = await signCompact({ typ: signedAs, claims: { ...claims, ...changed }, signer });
  const result = verify(token, expectedOf(claims));
  return result.ok ? 'ok' : `${result.code} ${result.detail}`;
}

describe.each(samples)('a statement $typ', (sample) => {
  const { typ, claims, any, sign, verify, wrong } = sample;

  test('arrives as it was signed, under either algorithm', async () => {
    for (const maker of [ed25519(), p256()]) {
      const token = await sign(claims, maker.signer);
      const result = verify(token, { ...expectedOf(claims), keys: maker.keys });
      const { kid } = maker.signer;
      expect(result).toEqual({ ok: true, typ, claims, kid, hash: tokenHash(token) });
    }
  });

  test('arrives whatever it says, and with one character more or other it is refused', async () => {
    await fc.assert(
      fc.asyncProperty(any, fc.nat(), async (said, chosen) => {
        const token = await sign(said, signer);
        expect(verify(token, expectedOf(said))).toMatchObject({ ok: true, claims: said });
        const at = chosen % token.length;
        const other = token[at] === 'A' ? 'B' : 'A';
        expect(verify(token.slice(0, at) + other + token.slice(at + 1), expectedOf(said)).ok).toBe(false);
        expect(verify(token.slice(0, at) + other + token.slice(at), expectedOf(said)).ok).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test('lacks no claim and has none that is unknown', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 12 }), fc.jsonValue(), async (name, value) => {
        fc.pre(name !== '__proto__' && !Object.hasOwn(claims, name));
        // A claim that is optional here is refused for its value.
        expect(await codeOf(sample, { [name]: value ?? 0 })).toMatch(/^(BAD_CLAIMS|MALFORMED)/);
      }),
      { numRuns: 60 },
    );
    for (const name of Object.keys(claims)) {
      expect(await codeOf(sample, { [name]: undefined })).toBe(`BAD_CLAIMS ${name}`);
    }
  });

  test.each(wrong)('with %s is refused, and never signed', async (_, changed, place) => {
    expect(await codeOf(sample, changed)).toBe(`BAD_CLAIMS ${place}`);
    await expect(sign({ ...claims, ...changed }, signer)).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  test('in another name, of another book or by another key is refused', async () => {
    const token = await sign(claims, signer);
    const codeWith = (changed: object) => verify(token, { ...expectedOf(claims), ...changed });
    expect(codeWith({ issuer: 'other.example' })).toMatchObject({ code: 'WRONG_ISSUER' });
    expect(codeWith({ book: 'grower.example/other' })).toMatchObject({ code: 'WRONG_BOOK' });
    expect(codeWith({ keys: ed25519().keys })).toMatchObject({ code: 'UNKNOWN_KEY' });
  });

  test.each(samples.filter((other) => other.typ !== typ))('is none under $typ', async (other) => {
    expect(await codeOf(sample, {}, other.typ)).toMatch(/^WRONG_TYPE/);
    expect(other.verify(await sign(claims, signer), expectedOf(claims))).toMatchObject({
      code: 'WRONG_TYPE',
    });
    // Nor do the claims of one kind have the shape of another.
    expect(await codeOf({ ...other, claims }, {})).toMatch(/^BAD_CLAIMS/);
  });
});

describe('a mandate', () => {
  test('may name one node as backup and as witness, or neither', async () => {
    const both = memberOf(backup, 1);
    for (const named of [
      { backup: both, witness: { ...both } },
      { backup: null, witness: null },
    ]) {
      const claims = { ...examples.mandate, ...named };
      const token = await signMandate(claims, signer);
      expect(verifyMandate(token, expectedOf(claims))).toMatchObject({ ok: true, claims });
    }
  });
});

describe.each([
  {
    name: 'mandate',
    chained: async (number: number, prev: string | undefined, before: object | null | undefined) => {
      const claims = { ...examples.mandate, m: number, prev };
      const previous = before as { number: number; hash: string } | null | undefined;
      return verifyMandate(await signMandate(claims, signer), { ...expectedOf(claims), previous });
    },
  },
  {
    name: 'term',
    chained: async (number: number, prev: string | undefined, before: object | null | undefined) => {
      const claims = { ...examples.term, n: number, prev };
      const previous = before as { number: number; hash: string } | null | undefined;
      return verifyTerm(await signTerm(claims, signer), { ...expectedOf(claims), previous });
    },
  },
])('the next $name', ({ chained }) => {
  const held = { number: 4, hash: digest('number 4') };

  test.each([
    ['continues the one that is held', 5, held.hash, held, 'ok'],
    ['may be any where none is held', 7, held.hash, undefined, 'ok'],
    ['may be the first', 1, undefined, null, 'ok'],
    ['is not the first when it names one before', 5, held.hash, null, 'CHAIN_START'],
    ['leaves none out', 6, held.hash, held, 'NUMBER_SKIPPED'],
    ['has no number that is held', 4, held.hash, held, 'NUMBER_REPEATED'],
    ['continues no other history', 5, digest('another number 4'), held, 'PREVIOUS_MISMATCH'],
  ])('%s', async (_, number, prev, before, code) => {
    const result = await chained(number, prev, before);
    expect(result.ok ? 'ok' : result.code).toBe(code);
  });
});

test('a term may be the first of a book with a number that is not 1, and no later one of it', async () => {
  const claims = { ...examples.term, n: 5 };
  const token = await signTerm(claims, signer);
  expect(verifyTerm(token, { ...expectedOf(claims), previous: null }).ok).toBe(true);
  const previous = { number: 4, hash: digest('number 4') };
  expect(verifyTerm(token, { ...expectedOf(claims), previous })).toMatchObject({ code: 'PREVIOUS_MISMATCH' });
});

test('a term made by a mandate may give the register to another organisation', async () => {
  const claims = { ...examples.term, n: 5, why: 'mandate' as const, registrar: backup };
  const token = await signTerm(claims, signer);
  expect(verifyTerm(token, expectedOf(claims))).toMatchObject({ ok: true, claims });
});

test('an approval without a receipt is good only of a holder that keeps the register itself', async () => {
  const claims = { ...examples.approval, receipts: [] };
  const token = await signApproval(claims, signer);
  expect(verifyApproval(token, { ...expectedOf(claims), registrar: claims.iss }).ok).toBe(true);
  expect(verifyApproval(token, { ...expectedOf(claims), registrar: backup })).toMatchObject({
    code: 'NO_RECEIPT',
  });
});

test('a notice for another member is refused', async () => {
  const token = await signUnable(examples.unable, signer);
  expect(verifyUnable(token, { ...expectedOf(examples.unable), audience: 'agency.example' })).toMatchObject({
    code: 'WRONG_AUDIENCE',
  });
});
