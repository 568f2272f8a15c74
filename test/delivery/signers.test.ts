import { describe, expect, it } from 'vitest';
import { checkItem } from '../../api/delivery/copies.ts';
import type { ItemFault } from '../../api/delivery/item-fault.ts';
import { Signers } from '../../api/delivery/signers.ts';
import { tokenHash } from '../../api/ledger/change.ts';
import { AUTHORITY, BOOK, keys, Log, ownerJwk, PARTNER, signer } from './support/log.ts';
import { BACKUP, memberOf, TestMandates, WITNESS, type TestMember } from './support/authority.ts';
import { Subscriber } from './support/reader.ts';

const owner = memberOf(AUTHORITY, ownerJwk);
const signed = new TestMandates(BOOK, owner);
const root = { book: BOOK, owner: AUTHORITY, keys };

/** What is held after a mandate and terms were read, in which the backup holds the terms of even numbers. */
async function held(terms: number[], len = 0): Promise<Signers> {
  const signers = new Signers(root);
  expect(signers.take('MANDATE', await signed.mandate())).toEqual({ ok: true });
  let after: string | undefined;
  for (const n of terms) {
    const token = await signed.term(n, { len, ...(after !== undefined && { after }) });
    expect(signers.take('TERM', token)).toEqual({ ok: true });
    after = token;
  }
  return signers;
}

const codeOf = (taken: { ok: true } | ItemFault) => (taken.ok ? 'kept' : taken.code);

describe('the signers of a book', () => {
  it('are its owner alone while there is no mandate', () => {
    const signers = new Signers(root);
    expect(signers.holder).toBe(AUTHORITY);
    expect(signers.of(1)).toEqual([{ organisation: AUTHORITY, keys }]);
    expect(signers.of(2)).toEqual([]);
  });

  it('follow the terms, each with the key that the mandate names', async () => {
    const signers = await held([2, 3]);
    expect(signers.holder).toBe(AUTHORITY);
    const [backup] = signers.of(2);
    expect(backup?.organisation).toBe(BACKUP);
    expect([...(backup?.keys.keys() ?? [])]).toEqual([signed.backup.signer.kid]);
    expect(signers.of(1).map(({ organisation }) => organisation)).toEqual([AUTHORITY]);
  });

  it('stay with the higher term when a lower one comes later', async () => {
    const signers = await held([5]);
    expect(codeOf(signers.take('TERM', await signed.term(2)))).toBe('kept');
    expect(signers.term?.n).toBe(5);
    expect(signers.holder).toBe(AUTHORITY);
  });

  it('are the same after everything was read again', async () => {
    const signers = await held([2]);
    const again = new Signers(root, signers.taken);
    for (const { kind, token } of signers.taken) expect(again.take(kind, token)).toEqual({ ok: true });
    expect(again.taken).toEqual([]);
    expect(again.holder).toBe(BACKUP);
  });

  it('come under a new registrar by the word of the one before', async () => {
    const signers = await held([2]);
    const other = memberOf('other.example');
    const prev = tokenHash(await signed.mandate());
    const second = await signed.mandate({ m: 2, prev, witness: other.member, term: 3 });
    expect(codeOf(signers.take('MANDATE', second))).toBe('kept');
    const given = { m: 2, why: 'mandate', registrar: 'other.example' } as const;
    const third = await signed.term(3, { ...given, after: await signed.term(2) });
    expect(codeOf(signers.take('TERM', third))).toBe('kept');
    const fourth = await signed.term(4, { m: 2, why: 'drop', after: third }, other);
    expect(codeOf(signers.take('TERM', fourth))).toBe('kept');
    const ofOld = await signed.term(5, { ...given, after: fourth });
    expect(codeOf(signers.take('TERM', ofOld))).toBe('NO_REGISTRAR');
  });
});

describe('a statement is refused', () => {
  const wrong: [string, string, () => Promise<['MANDATE' | 'TERM', string]>][] = [
    ['a mandate that the owner did not sign', 'UNKNOWN_KEY', async () => ['MANDATE', await byBackup()]],
    ['a mandate that skips one', 'NUMBER_SKIPPED', async () => ['MANDATE', await mandate(3)]],
    ['a mandate that continues another', 'PREVIOUS_MISMATCH', async () => ['MANDATE', await mandate(2)]],
    [
      'a term under a mandate that is not held',
      'UNKNOWN_MANDATE',
      async () => ['TERM', await signed.term(3, { m: 2 })],
    ],
    ['a term of a member', 'NO_REGISTRAR', async () => ['TERM', await signed.term(3, {}, signed.backup)]],
    [
      'a term that continues another',
      'PREVIOUS_MISMATCH',
      async () => ['TERM', await signed.term(3, { after: 'x' })],
    ],
    [
      'a term for a stranger',
      'NO_MEMBER',
      async () => ['TERM', await signed.term(3, { holder: 'x.example', insync: ['x.example'] })],
    ],
    ['one that is none', 'BAD_CLAIMS', async () => ['TERM', 'nonsense']],
  ];
  const mandate = (m: number) => signed.mandate({ m, prev: tokenHash('x') });
  const byBackup = () =>
    new TestMandates(BOOK, { ...owner, signer: signed.backup.signer } as TestMember).mandate();

  it.each(wrong)('%s: %s', async (_, code, make) => {
    const signers = await held([2]);
    expect(codeOf(signers.take(...(await make())))).toBe(code);
    expect(signers.term?.n).toBe(2);
    expect(signers.mandate?.m).toBe(1);
  });
});

describe('two signed statements that contradict each other', () => {
  it('are kept both where a dishonest witness gives one term twice, and the first stays', async () => {
    const signers = await held([2]);
    const second = await signed.term(2, { holder: AUTHORITY });
    const taken = signers.take('TERM', second);
    expect(taken).toMatchObject({
      ok: false,
      code: 'FORK',
      proof: { kind: 'TERM', first: await signed.term(2), second },
    });
    expect(signers.holder).toBe(BACKUP);
  });

  it('are kept both where an owner makes two mandates of one number', async () => {
    const signers = await held([]);
    const second = await signed.mandate({ backup: null });
    expect(signers.take('MANDATE', second)).toMatchObject({
      code: 'FORK',
      proof: { kind: 'MANDATE', second },
    });
    expect(signers.mandate?.backup?.organisation).toBe(BACKUP);
  });

  it('prove nothing where the second is forged', async () => {
    const signers = await held([2]);
    const forged = await new TestMandates(BOOK, owner).term(2, { holder: AUTHORITY });
    const taken = signers.take('TERM', forged);
    expect(taken).toMatchObject({ ok: false, code: 'UNKNOWN_KEY' });
    expect(taken).not.toHaveProperty('proof');
  });

  it('are kept both where the holder signs a second version of a record, also in different terms', async () => {
    const signers = await held([2]);
    const [first, second] = [new Log(), new Log()];
    second.authority = { issuer: BACKUP, signer: signed.backup.signer, term: 2 };
    for (const log of [first, second]) await log.grant('some', { fields: ['text'] });
    const one = await first.change('NOTE', 'urn:x:1', { text: 'a' });
    second.add('TERM', 'takes a place');
    const other = await second.change('NOTE', 'urn:x:1', { text: 'b' });
    const subscriber = new Subscriber(signers);
    subscriber.apply([{ kind: 'CHANGE', token: one.entry.token, disclosures: [], grants: [] }], {
      seq: 2,
      backfill: null,
    });
    const item = { kind: 'CHANGE', token: other.entry.token, disclosures: [], grants: [] };
    expect(checkItem(item, subscriber, { signers, self: PARTNER.organisation })).toMatchObject({
      code: 'FORK',
      proof: { kind: 'VERSION', first: one.entry.token, second: other.entry.token },
    });
  });
});

describe('a change', () => {
  const check = async (authority: Log['authority'], signers: Signers) => {
    const log = new Log();
    log.authority = authority;
    const { entry } = await log.change('NOTE', 'urn:x:1', { text: 'a' });
    const item = { kind: 'CHANGE', token: entry.token, disclosures: [], grants: [] };
    const checked = checkItem(item, new Subscriber(signers), { signers, self: PARTNER.organisation });
    return checked.ok ? 'applied' : checked.code;
  };
  const byOwner = (term: number) => ({ issuer: AUTHORITY, signer, term });
  const byBackup = (term: number) => ({ issuer: BACKUP, signer: signed.backup.signer, term });

  it('is taken from the holder of its term, whoever that was', async () => {
    const signers = await held([2, 3]);
    expect(await check(byOwner(1), signers)).toBe('applied');
    expect(await check(byBackup(2), signers)).toBe('applied');
    expect(await check(byOwner(3), signers)).toBe('applied');
  });

  it('is refused of anybody else, and of a term that nobody was given', async () => {
    const signers = await held([2]);
    expect(await check(byOwner(2), signers)).toBe('WRONG_ISSUER');
    expect(await check(byBackup(1), signers)).toBe('WRONG_ISSUER');
    expect(await check({ issuer: WITNESS, signer: signed.witness.signer, term: 2 }, signers)).toBe(
      'WRONG_ISSUER',
    );
    expect(await check({ ...byBackup(2), signer }, signers)).toBe('UNKNOWN_KEY');
    expect(await check(byBackup(3), signers)).toBe('UNKNOWN_TERM');
  });

  it('of a lower term counts from the holder, or where the registrar had countersigned its place', async () => {
    const signers = await held([2, 3, 4], 7);
    const isStale = (term: number, seq: number, from: string) => signers.isStale({ term, seq }, from);
    expect(isStale(3, 8, AUTHORITY)).toBe(true);
    expect(isStale(3, 8, BACKUP)).toBe(false);
    expect(isStale(3, 7, AUTHORITY)).toBe(false);
    expect(isStale(4, 8, AUTHORITY)).toBe(false);
  });
});
