import { beforeAll, describe, expect, test } from 'vitest';
import { logDifferences, logFaults, type LogEntry } from '../../api/demo/verify-log.ts';
import { receivedFaults, type Received } from '../../api/demo/verify-received.ts';
import { publicPart } from '../../api/identity/jwk.ts';
import { tokenHash } from '../../api/ledger/change.ts';
import { disclose } from '../../api/ledger/disclose.ts';
import { issueChange } from '../../api/ledger/issue.ts';
import { signMandate } from '../../api/ledger/statements/mandate.ts';
import { signTerm, type TermClaims } from '../../api/ledger/statements/term.ts';
import { ed25519, type TestKey } from '../identity/keys.ts';
import { changeInput, recordKey } from '../ledger/sealing.ts';
import { examples, memberOf } from '../ledger/statement-samples.ts';

const OWNER = 'grower.example';
const BACKUP = 'packer.example';
const WITNESS = 'agency.example';
const BOOK = `${OWNER}/harvest`;
const LOT = 'urn:example:lot:1';
const keys = { [OWNER]: ed25519(), [BACKUP]: ed25519(), [WITNESS]: ed25519() } as Record<string, TestKey>;
const keyOf = (organisation: string) => keys[organisation] as TestKey;
const member = (organisation: string) => ({
  ...memberOf(organisation),
  jwk: publicPart(keyOf(organisation).jwk),
});
const root = { book: BOOK, owner: OWNER, keys: keyOf(OWNER).keys };

/** A log from its first entry on; each change continues the record. */
class Writer {
  readonly log: LogEntry[] = [];
  #prev: string | undefined;
  #term: { n: number; token: string } | undefined;
  #version = 0;

  async change(by: string, term: number, given: { prev?: string; signer?: string } = {}): Promise<this> {
    const [seq, ver] = [this.log.length + 1, (this.#version += 1)];
    const prev = given.prev ?? this.#prev;
    const input = changeInput({
      issuer: by,
      book: BOOK,
      record: LOT,
      ver,
      seq,
      prev,
      term,
      state: { quantity: String(ver) },
    });
    const { token, hash } = await issueChange(input, keyOf(given.signer ?? by).signer);
    this.#prev = hash;
    return this.#add('LOT', LOT, ver, token);
  }

  async mandate(): Promise<this> {
    const claims = {
      ...examples.mandate,
      iss: OWNER,
      book: BOOK,
      primary: member(OWNER),
      backup: member(BACKUP),
      witness: member(WITNESS),
      term: 2,
    };
    return this.#add('MANDATE', 'urn:lotbook:mandate', 1, await signMandate(claims, keyOf(OWNER).signer));
  }

  async term(n: number, holder: string, why: TermClaims['why']): Promise<this> {
    const prev = this.#term ? tokenHash(this.#term.token) : tokenHash('none');
    const claims = { ...examples.term, iss: WITNESS, registrar: WITNESS, book: BOOK, n, m: 1, prev };
    const token = await signTerm({ ...claims, holder, insync: [holder], why }, keyOf(WITNESS).signer);
    this.#term = { n, token };
    return this.#add('TERM', 'urn:lotbook:term', n, token);
  }

  #add(kind: LogEntry['kind'], record: string, version: number, token: string): this {
    this.log.push({ seq: this.log.length + 1, kind, record, version, token });
    return this;
  }
}

async function untilAppointed(): Promise<Writer> {
  const writer = await (await new Writer().change(OWNER, 1)).mandate();
  return (await writer.term(2, OWNER, 'appoint')).change(OWNER, 2);
}

const untilTakenOver = async () => (await untilAppointed()).term(3, BACKUP, 'take-over');

describe('a log', () => {
  test('is right where each change continues its record and is signed by who held the right', async () => {
    const writer = await (await untilTakenOver()).change(BACKUP, 3);
    const back = await (await writer.term(4, OWNER, 'hand-over')).change(OWNER, 4);
    expect(logFaults(root, back.log)).toEqual([]);
  });

  test.each<[string, () => Promise<Writer>, RegExp]>([
    ['signed by who lost the right', async () => (await untilTakenOver()).change(OWNER, 3), /UNKNOWN_KEY/],
    ['of who has not the right yet', async () => (await untilAppointed()).change(BACKUP, 2), /UNKNOWN_KEY/],
    [
      'in the name of another',
      async () => (await untilTakenOver()).change(BACKUP, 3, { signer: OWNER }),
      /UNKNOWN_KEY/,
    ],
    ['of an earlier term', async () => (await untilTakenOver()).change(BACKUP, 2), /of term 2, not 3/],
    [
      'that continues another history',
      async () => (await untilTakenOver()).change(BACKUP, 3, { prev: tokenHash('other') }),
      /PREVIOUS_MISMATCH/,
    ],
    [
      'of a term that was left out',
      async () => (await (await untilAppointed()).term(4, BACKUP, 'take-over')).change(BACKUP, 3),
      /of term 3, not 4/,
    ],
  ])('is wrong with a change %s', async (_, write, why) => {
    const { log } = await write();
    expect(logFaults(root, log).join('\n')).toMatch(why);
  });

  test('is wrong with an entry that is missing, altered, or twice there', async () => {
    const { log } = await (await untilTakenOver()).change(BACKUP, 3);
    const without = (at: number) => log.filter((_, index) => index !== at);
    for (const at of log.slice(1).keys()) expect(logFaults(root, without(at))).not.toEqual([]);
    for (const at of log.keys()) {
      const { token, ...rest } = log[at] as LogEntry;
      const altered = `${token.slice(0, -4)}${token.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
      expect(logFaults(root, log.with(at, { ...rest, token: altered }))).not.toEqual([]);
    }
    expect(logFaults(root, [...log, log.at(-1) as LogEntry])).not.toEqual([]);
  });

  test('differs from another one by each entry that is not the same', async () => {
    const { log } = await untilTakenOver();
    expect(logDifferences(log, log)).toEqual([]);
    expect(logDifferences(log, log.slice(0, -1))).toHaveLength(1);
    expect(logDifferences(log.slice(0, -2), log)).toHaveLength(2);
    expect(logDifferences(log, log.with(1, log[0] as LogEntry))).toHaveLength(1);
  });
});

describe('a change that a partner got from the backup', () => {
  let received: Received;
  const expected = {
    book: BOOK,
    owner: OWNER,
    ownerKeys: keyOf(OWNER).keys,
    holder: BACKUP,
    version: 3,
    field: ['quantity', '3'] as [string, string],
  };

  beforeAll(async () => {
    const { log } = await (await untilTakenOver()).change(BACKUP, 3);
    const tokens = log.map(({ token }) => token);
    const token = tokens.at(-1) as string;
    const { disclosures } = disclose({ token, recordKey, state: { quantity: '3' } }, ['quantity']);
    const [mandateToken, termToken] = [tokens[1] as string, tokens.at(-2) as string];
    received = { version: 3, token, disclosures, mandateToken, termToken };
  });

  test('is right by the owner’s key alone', () => {
    expect(receivedFaults(received, expected)).toEqual([]);
  });

  test.each<[string, Partial<Received>, Partial<typeof expected>, RegExp]>([
    ['whose owner is another', {}, { ownerKeys: keyOf(WITNESS).keys }, /UNKNOWN_KEY/],
    ['of another holder', {}, { holder: OWNER }, /has the right, not/],
    ['of another version', {}, { version: 4 }, /version 3/],
    ['whose copy says another version', { version: 4 }, {}, /version 3/],
    ['with another value', {}, { field: ['quantity', '4'] }, /quantity is 3/],
    ['that opens nothing', { disclosures: [] }, {}, /quantity is undefined/],
    ['whose disclosure is none', { disclosures: ['WyJzIixbImEiLCJiIl1d'] }, {}, /BAD_DISCLOSURE/],
  ])('is wrong when it is one %s', (_, given, other, why) => {
    expect(receivedFaults({ ...received, ...given }, { ...expected, ...other }).join()).toMatch(why);
  });

  test('is wrong when it was signed in an earlier term, or by who has not the right', async () => {
    const { log } = await untilAppointed();
    const earlier = { ...received, version: 2, token: log.at(-1)?.token ?? '', disclosures: [] };
    expect(receivedFaults(earlier, expected).join()).toMatch(/UNKNOWN_KEY/);
    const termToken = (await (await untilTakenOver()).term(4, BACKUP, 'drop')).log.at(-1)?.token ?? '';
    expect(receivedFaults({ ...received, termToken }, expected).join()).toMatch(/signed in term 3, not 4/);
  });
});
