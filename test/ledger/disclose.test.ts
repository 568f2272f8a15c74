import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { disclosureDigest, parseDisclosure } from '../../api/ledger/disclosure.ts';
import { disclose, opener } from '../../api/ledger/disclose.ts';
import { readChange } from '../../api/ledger/change.ts';
import { issueChange } from '../../api/ledger/issue.ts';
import { changeInput, maker, recordKey, state } from './sealing.ts';

describe('disclosures', () => {
  test('are recomputed from token, key and state, whatever the state is, and match the digests', async () => {
    await fc.assert(
      fc.asyncProperty(state, async (fields) => {
        const { token } = await issueChange(changeInput({ state: fields }), maker.signer);
        const digests = new Set(readChange(token).fields.map((field) => field['...']));
        const { disclosures, missing } = disclose({ token, recordKey, state: fields }, Object.keys(fields));
        expect(missing).toEqual([]);
        expect(disclosures.every((disclosure) => digests.has(disclosureDigest(disclosure)))).toBe(true);
        expect(disclosures.map((disclosure) => parseDisclosure(disclosure)?.name)).toEqual(
          Object.keys(fields),
        );
      }),
      { numRuns: 50 },
    );
  });

  test('of granted but unset names are found without being told which were committed', async () => {
    const input = changeInput({ state: { a: '1' }, alsoNames: ['a', 'b'] });
    const { token } = await issueChange(input, maker.signer);
    const { disclosures, missing } = disclose({ token, recordKey, state: input.state }, ['b', 'c', 'a', 'b']);
    expect(disclosures.map(parseDisclosure)).toEqual([
      { name: 'b', value: null },
      { name: 'a', value: '1' },
    ]);
    expect(missing).toEqual(['c']);
  });

  test('of @names list what is set, sorted', async () => {
    const input = changeInput({ state: { z: '1', a: '2', m: null }, alsoNames: ['b'] });
    const { token } = await issueChange(input, maker.signer);
    const { disclosures } = disclose({ token, recordKey, state: input.state }, ['@names', 'm']);
    expect(disclosures.map(parseDisclosure)).toEqual([
      { name: '@names', value: ['a', 'z'] },
      { name: 'm', value: null },
    ]);
  });

  test('are the same from one opener for many readers', async () => {
    const input = changeInput();
    const { token } = await issueChange(input, maker.signer);
    const sealed = { token, recordKey, state: input.state };
    const open = opener(sealed);
    for (const names of [['unit'], ['quantity', 'unit'], ['@names', 'nothing']]) {
      expect(open(names)).toEqual(disclose(sealed, names));
    }
  });

  test('are refused for the state of another version', async () => {
    const { token } = await issueChange(changeInput({ state: { a: '1' } }), maker.signer);
    expect(() => disclose({ token, recordKey, state: { a: '2' } }, ['a'])).toThrow(/do not belong/);
    expect(() => disclose({ token, recordKey, state: { a: '1', b: '1' } }, ['@names'])).toThrow(
      /do not belong/,
    );
  });

  test('are refused for a text that is no change', () => {
    for (const token of ['', 'a.b.c', `a.${Buffer.from('{}').toString('base64url')}.c`]) {
      expect(() => disclose({ token, recordKey, state: {} }, [])).toThrow(/no change token/);
    }
  });
});
