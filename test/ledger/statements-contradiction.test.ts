import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHANGE_TYP, GRANT_TYP } from '../../api/ledger/change.ts';
import { APPROVAL_TYP } from '../../api/ledger/statements/approval.ts';
import { contradiction, type SignedStatement } from '../../api/ledger/statements/contradiction.ts';
import { DECISION_TYP } from '../../api/ledger/statements/decision.ts';
import { MANDATE_TYP } from '../../api/ledger/statements/mandate.ts';
import { RECEIPT_TYP } from '../../api/ledger/statements/receipt.ts';
import { signTerm, TERM_TYP, verifyTerm } from '../../api/ledger/statements/term.ts';
import { ed25519 } from '../identity/keys.ts';
import { backup, book, digest, examples, memberOf, primary, witness } from './statement-samples.ts';

/** Two statements are one token only where their claims are the same. */
const signed = <T extends string, C extends object>(typ: T, claims: C) => ({
  typ,
  claims,
  hash: digest(JSON.stringify([typ, claims])),
});
const mandate = (changed: object) => signed(MANDATE_TYP, { ...examples.mandate, ...changed });
const term = (changed: object) => signed(TERM_TYP, { ...examples.term, ...changed });
const receipt = (changed: object) => signed(RECEIPT_TYP, { ...examples.receipt, ...changed });
const approval = (changed: object) => signed(APPROVAL_TYP, { ...examples.approval, ...changed });
const decision = (changed: object) => signed(DECISION_TYP, { ...examples.decision, ...changed });
const claimsOfChange = { book, sub: 'urn:example:lot:1', ver: 2, seq: 7, term: 1 };
const change = (changed: object) => signed(CHANGE_TYP, { ...claimsOfChange, ...changed });
const grant = (changed: object) => signed(GRANT_TYP, { ...claimsOfChange, sub: 'urn:g', ...changed });

type Case = [what: string, a: SignedStatement, b: SignedStatement];

describe('two statements contradict each other', () => {
  test.each<[...Case, kind: string, words: RegExp]>([
    [
      'mandates of one number',
      mandate({}),
      mandate({ backup: memberOf(witness, 1), mode: 'available' }),
      'MANDATE',
      /two mandates 1; they differ in backup, mode$/,
    ],
    [
      'terms of one number',
      term({}),
      term({ holder: backup, why: 'take-over', confirmedBy: 'ann' }),
      'TERM',
      /two terms 1; they differ in confirmedBy, holder, why$/,
    ],
    [
      'terms of one number by two registrars',
      term({}),
      term({ iss: backup, registrar: backup, m: 2 }),
      'TERM',
      /two terms 1; they differ in iss, m, registrar$/,
    ],
    [
      'the same term signed anew',
      term({}),
      { ...term({}), hash: digest('another signature') },
      'TERM',
      /two terms 1; the same was signed anew$/,
    ],
    [
      'receipts of one organisation for one length',
      receipt({}),
      receipt({ head: digest('fork'), as: 'witness' }),
      'HEAD',
      /shipper\.example confirmed two logs of length 7 in term 1$/,
    ],
    [
      'approvals for one length',
      approval({}),
      approval({ head: digest('fork') }),
      'HEAD',
      /packer\.example confirmed two logs/,
    ],
    [
      'an approval and a receipt of one organisation',
      approval({}),
      receipt({ iss: primary, head: digest('fork') }),
      'HEAD',
      /packer\.example confirmed two logs/,
    ],
    [
      'changes at one place',
      change({}),
      change({ sub: 'urn:example:lot:2' }),
      'PLACE',
      /at place 7, both of term 1$/,
    ],
    [
      'changes at one place in two terms',
      change({ term: 5 }),
      change({ term: 3 }),
      'PLACE',
      /of terms 3 and 5$/,
    ],
    ['a change and a grant at one place', change({}), grant({}), 'PLACE', /at place 7/],
    ['a change and a decision at one place', change({ seq: 8 }), decision({}), 'PLACE', /at place 8/],
    ['decisions at one place', decision({}), decision({ txn: 'request-2' }), 'PLACE', /at place 8/],
    [
      'changes to one version',
      change({}),
      change({ seq: 8 }),
      'VERSION',
      /to version 2 of urn:example:lot:1, both/,
    ],
    ['grants of one version', grant({}), grant({ seq: 8 }), 'VERSION', /to version 2 of urn:g, both/],
  ])('%s', (_, a, b, kind, words) => {
    expect(contradiction(a, b)).toEqual({ kind, detail: expect.stringMatching(words) });
    expect(contradiction(b, a)).toEqual(contradiction(a, b));
    expect(contradiction(a, b)?.detail).toContain(book);
  });
});

describe('two statements can both be true', () => {
  test.each<Case>([
    ['mandates of two numbers', mandate({}), mandate({ m: 2 })],
    ['terms of two numbers', term({}), term({ n: 2 })],
    ['terms of two books', term({}), term({ book: 'grower.example/other' })],
    ['receipts for two lengths', receipt({}), receipt({ len: 8, head: digest('longer') })],
    ['receipts in two terms', receipt({}), receipt({ n: 2, head: digest('other') })],
    ['receipts of two organisations', receipt({}), receipt({ iss: witness, head: digest('other') })],
    ['receipts of one head at two times', receipt({}), receipt({ iat: 1_900_000_000 })],
    ['an approval and a receipt for one head', approval({}), receipt({ iss: primary })],
    ['changes to two versions', change({}), change({ seq: 8, ver: 3 })],
    ['changes of two records', change({}), change({ seq: 8, sub: 'urn:example:lot:2' })],
    ['changes of two books', change({}), change({ book: 'grower.example/other' })],
    ['decisions at two places', decision({}), decision({ seq: 9 })],
    ['a change and a decision at two places', change({}), decision({})],
    ['a mandate and a term of one number', mandate({}), term({})],
    ['a term and a receipt', term({}), receipt({ iss: witness, len: 0, head: digest('other') })],
    ['a change and a receipt', change({}), receipt({})],
    ['a mandate and a decision', mandate({}), decision({})],
  ])('%s', (_, a, b) => {
    expect(contradiction(a, b)).toBeNull();
    expect(contradiction(b, a)).toBeNull();
  });
});

test('no statement contradicts itself, and an order of two does not matter', () => {
  const small = fc.integer({ min: 1, max: 2 });
  const head = fc.constantFrom('one', 'two').map(digest);
  const iss = fc.constantFrom(primary, backup);
  const any = fc.oneof(
    fc.record({ m: small, term: small }).map(mandate),
    fc.record({ n: small, iss, registrar: iss }).map(term),
    fc.record({ n: small, len: small, head, iss }).map(receipt),
    fc.record({ n: small, len: small, head, iss }).map(approval),
    fc.record({ seq: small, term: small, iss }).map(decision),
    fc.record({ seq: small, ver: small, term: small }).map(change),
    fc.record({ seq: small, ver: small, term: small }).map(grant),
  );
  fc.assert(
    fc.property(any, any, (a, b) => {
      expect(contradiction(a, a)).toBeNull();
      expect(contradiction(a, b)).toEqual(contradiction(b, a));
    }),
    { numRuns: 1000 },
  );
});

test('what was verified is compared as it is', async () => {
  const { signer, keys } = ed25519();
  const read = async (holder: string) => {
    const token = await signTerm({ ...examples.term, holder }, signer);
    const result = verifyTerm(token, { keys, issuer: witness, book });
    if (!result.ok) throw new Error(result.code);
    return result;
  };
  const [first, again, other] = await Promise.all([read(primary), read(primary), read(backup)]);
  expect(contradiction(first, again)).toBeNull();
  expect(contradiction(first, other)).toMatchObject({ kind: 'TERM' });
});
