import { describe, expect, test } from 'vitest';
import { publicPart } from '../../api/identity/jwk.ts';
import { type MandateClaims, signMandate } from '../../api/ledger/statements/mandate.ts';
import { verifyStanding } from '../../api/ledger/statements/standing.ts';
import { signTerm, type TermClaims } from '../../api/ledger/statements/term.ts';
import { ed25519, p256, type TestKey } from '../identity/keys.ts';
import { backup, book, examples, memberOf, owner, primary, witness } from './statement-samples.ts';

const ownerKey = ed25519();
const keys: Record<string, TestKey> = { [primary]: ed25519(), [backup]: p256(), [witness]: ed25519() };
const member = (organisation: string) => ({
  ...memberOf(organisation),
  jwk: publicPart((keys[organisation] as TestKey).jwk),
});
const mandateClaims: MandateClaims = {
  ...examples.mandate,
  primary: member(primary),
  backup: member(backup),
  witness: member(witness),
};

/** What a reader who knows nothing but the owner's key says of a term that its issuer signed. */
async function read(
  mandate: Partial<MandateClaims>,
  term: Partial<TermClaims>,
  signedBy?: string,
): Promise<string> {
  const claims = { ...examples.term, ...term };
  claims.registrar = claims.iss;
  const result = verifyStanding({
    book,
    owner,
    ownerKeys: ownerKey.keys,
    mandateToken: await signMandate({ ...mandateClaims, ...mandate }, ownerKey.signer),
    termToken: await signTerm(claims, (keys[signedBy ?? claims.iss] ?? ownerKey).signer),
  });
  return result.ok ? `${result.term.claims.holder} under ${result.mandate.claims.m}` : result.code;
}

test('the term of the witness says who holds the right', async () => {
  expect(await read({}, {})).toBe(`${primary} under 1`);
  expect(await read({}, { n: 7, holder: backup, why: 'take-over' })).toBe(`${backup} under 1`);
});

describe('a term is refused', () => {
  test.each<[string, string, Partial<MandateClaims>, Partial<TermClaims>, string?]>([
    ['of another witness', 'NO_REGISTRAR', {}, { iss: 'other.example' }],
    ['of a member where there is a witness', 'NO_REGISTRAR', {}, { iss: backup }],
    ['of the witness by another key', 'UNKNOWN_KEY', {}, {}, backup],
    ['of an earlier mandate', 'OTHER_MANDATE', { m: 2, prev: examples.term.head }, {}],
    ['of a number before the mandate', 'OTHER_MANDATE', { term: 2 }, {}],
    ['that gives the right to a stranger', 'NO_MEMBER', {}, { holder: 'x.example', insync: ['x.example'] }],
    ['that counts a stranger in', 'NO_MEMBER', {}, { insync: [primary, 'x.example'] }],
    ['of another book', 'WRONG_BOOK', {}, { book: 'grower.example/other' }],
  ])('%s', async (_, code, mandate, term, signedBy) => {
    expect(await read(mandate, term, signedBy)).toBe(code);
  });

  test('under a mandate that the owner did not sign', async () => {
    const mandateToken = await signMandate(mandateClaims, (keys[witness] as TestKey).signer);
    const termToken = await signTerm(examples.term, (keys[witness] as TestKey).signer);
    const input = { book, owner, ownerKeys: ownerKey.keys, mandateToken, termToken };
    expect(verifyStanding(input)).toMatchObject({ ok: false, code: 'UNKNOWN_KEY' });
  });
});

describe('without a witness', () => {
  const alone = { witness: null };
  const taken = { iss: backup, n: 4, holder: backup, insync: [backup], why: 'take-over' as const };

  test('the primary keeps the register', async () => {
    expect(await read(alone, { iss: primary })).toBe(`${primary} under 1`);
    expect(await read(alone, { iss: witness })).toBe('NO_REGISTRAR');
  });

  test("the backup takes over by an operator's word only, and keeps the register then", async () => {
    expect(await read(alone, taken)).toBe('NOT_CONFIRMED');
    expect(await read(alone, { ...taken, confirmedBy: 'ann' })).toBe(`${backup} under 1`);
    expect(await read(alone, { ...taken, n: 5, insync: [primary, backup], why: 'add' })).toBe(
      `${backup} under 1`,
    );
  });
});
