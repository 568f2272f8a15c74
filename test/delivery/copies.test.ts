import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkItem, evidenceOf, type ReceivedItem } from '../../api/delivery/copies.ts';
import { Signers, type Root } from '../../api/delivery/signers.ts';
import { verificationKey, type PrivateJwk } from '../../api/identity/jwk.ts';
import { disclose } from '../../api/ledger/disclose.ts';
import type { KeyedChange } from '../../api/store/entries.ts';
import { AUTHORITY, BOOK, keys, Log, PARTNER } from './support/log.ts';
import { readAll, Subscriber } from './support/reader.ts';

const originOf = (root: Root) => ({ signers: new Signers(root), self: PARTNER.organisation });
const root = { book: BOOK, owner: AUTHORITY, keys };
const origin = originOf(root);

function itemOf({ entry, key }: KeyedChange, names: string[], grants: string[] = []): ReceivedItem {
  const { disclosures } = disclose(
    { token: entry.token, recordKey: key ?? Buffer.alloc(0), state: entry.state ?? {} },
    names,
  );
  return { kind: entry.kind === 'GRANT' ? 'GRANT' : 'CHANGE', token: entry.token, disclosures, grants };
}

/** A log with a grant of `text` and `colour`, and a subscriber who holds it. */
async function begun() {
  const log = new Log();
  const grant = await log.grant('some', { fields: ['text', 'colour'] });
  const subscriber = new Subscriber();
  readAll(log, subscriber);
  return { log, grant, subscriber };
}

const code = (item: ReceivedItem, held: Subscriber, from = origin) => {
  const checked = checkItem(item, held, from);
  return checked.ok ? 'applied' : checked.code;
};

describe('a received item', () => {
  it('is applied when it opens what the grants give, and nothing else', async () => {
    const { log, grant, subscriber } = await begun();
    const change = await log.change('NOTE', 'urn:x:1', { text: 'a', price: '7' });
    expect(code(itemOf(change, ['text', 'colour'], [grant.id]), subscriber)).toBe('applied');
  });

  it('is refused when it opens a field that no grant gives', async () => {
    const { log, grant, subscriber } = await begun();
    const change = await log.change('NOTE', 'urn:x:1', { text: 'a', price: '7' });
    expect(code(itemOf(change, ['text', 'colour', 'price'], [grant.id]), subscriber)).toBe('OVERSHARED');
    expect(code(itemOf(change, ['text', 'colour', '@names'], [grant.id]), subscriber)).toBe('OVERSHARED');
  });

  it('is refused when it was recorded before the grant, or after its end', async () => {
    const log = new Log();
    const before = await log.change('NOTE', 'urn:x:0', { text: 'a' });
    const grant = await log.grant('some', { fields: ['text'] });
    const subscriber = new Subscriber();
    await log.endGrant(grant);
    const after = await log.change('NOTE', 'urn:x:1', { text: 'a' });
    readAll(log, subscriber);
    expect(subscriber.grants.size).toBe(1);
    expect(code(itemOf(before, ['text'], [grant.id]), subscriber)).toBe('OVERSHARED');
    expect(code(itemOf(after, ['text'], [grant.id]), subscriber)).toBe('OVERSHARED');
  });

  it('is refused when a granted field is withheld, set or not', async () => {
    const { log, grant, subscriber } = await begun();
    const change = await log.change('NOTE', 'urn:x:1', { text: 'a' });
    expect(code(itemOf(change, ['text'], [grant.id]), subscriber)).toBe('FIELD_WITHHELD');
    expect(code(itemOf(change, ['colour'], [grant.id]), subscriber)).toBe('FIELD_WITHHELD');
  });

  it('is refused when a value is not the one that was signed', async () => {
    const { log, grant, subscriber } = await begun();
    const change = await log.change('NOTE', 'urn:x:1', { text: 'a' });
    const item = itemOf(change, ['text', 'colour'], [grant.id]);
    const [salt] = JSON.parse(Buffer.from(item.disclosures[0] ?? '', 'base64url').toString()) as [string];
    const altered = Buffer.from(JSON.stringify([salt, ['text', 'b']])).toString('base64url');
    expect(code({ ...item, disclosures: [altered, ...item.disclosures.slice(1)] }, subscriber)).toBe(
      'SLOT_MISMATCH',
    );
  });

  it('is refused when another key signed it, or another authority, or for another book', async () => {
    const { log, grant, subscriber } = await begun();
    const item = itemOf(await log.change('NOTE', 'urn:x:1', { text: 'a' }), ['text', 'colour'], [grant.id]);
    const other = verificationKey(
      generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) as PrivateJwk,
    );
    expect(code(item, subscriber, originOf({ ...root, keys: new Map([[other.kid, other]]) }))).toBe(
      'UNKNOWN_KEY',
    );
    expect(code(item, subscriber, originOf({ ...root, owner: 'x.example' }))).toBe('WRONG_ISSUER');
    expect(code(item, subscriber, originOf({ ...root, book: 'x.example/main' }))).toBe('WRONG_BOOK');
  });

  it('is a fork when there is another token for its place or its version', async () => {
    const { log, grant, subscriber } = await begun();
    const twin = await begun();
    const one = itemOf(await log.change('NOTE', 'urn:x:1', { text: 'a' }), ['text', 'colour'], [grant.id]);
    subscriber.apply([one], subscriber.position);
    const other = await twin.log.change('NOTE', 'urn:x:1', { text: 'b' });
    expect(code(itemOf(other, ['text', 'colour'], [grant.id]), subscriber)).toBe('FORK');
    await twin.log.change('NOTE', 'urn:x:2', { text: 'b' });
    const moved = new Log();
    await moved.grant('some', { fields: ['text', 'colour'] });
    await moved.change('NOTE', 'urn:x:other', { text: 'b' });
    const late = await moved.change('NOTE', 'urn:x:1', { text: 'b' });
    expect(code(itemOf(late, ['text', 'colour'], [grant.id]), subscriber)).toBe('FORK');
  });

  it('is refused when it continues another history than the one held, on either side', async () => {
    const { log, grant, subscriber } = await begun();
    const other = await begun();
    const names = ['text', 'colour'];
    await log.change('NOTE', 'urn:x:1', { text: 'a' });
    subscriber.apply([itemOf(log.entries.at(-1) as KeyedChange, names, [grant.id])], subscriber.position);
    await other.log.change('NOTE', 'urn:x:1', { text: 'b' });
    const second = await other.log.change('NOTE', 'urn:x:1', { text: 'c' });
    expect(code(itemOf(second, names, [grant.id]), subscriber)).toBe('PREVIOUS_MISMATCH');

    other.subscriber.apply([itemOf(second, names, [grant.id])], other.subscriber.position);
    expect(code(itemOf(log.entries.at(-1) as KeyedChange, names, [grant.id]), other.subscriber)).toBe(
      'PREVIOUS_MISMATCH',
    );
  });

  it('that came before adds its fields to those that are held', async () => {
    const log = new Log();
    const text = await log.grant('text', { fields: ['text'], backfill: true });
    const all = await log.grant('all', { fields: ['*'], backfill: true });
    const subscriber = new Subscriber();
    const { position } = readAll(log, subscriber);
    const change = await log.change('NOTE', 'urn:x:1', { text: 'a', price: '7' });
    subscriber.apply([itemOf(change, ['text'], [text.id])], position);
    subscriber.apply([itemOf(change, ['text', 'price', '@names'], [all.id])], position);
    subscriber.apply([itemOf(change, ['text'], [text.id])], position);
    expect(subscriber.faults).toEqual([]);
    expect(subscriber.at(change.entry.seq)?.fields).toEqual({ text: 'a', price: '7' });
  });

  it('is refused when it names the audience of others, in a grant', async () => {
    const log = new Log();
    const organisations = [PARTNER.organisation, 'other.example'];
    await log.grant('both', { audience: { organisations, groups: [], roles: [], public: false } });
    const entry = log.entries[0] as KeyedChange;
    expect(code(itemOf(entry, ['right', `audience.organisation:other.example`]), new Subscriber())).toBe(
      'OVERSHARED',
    );
    expect(
      code(itemOf(entry, ['right', `audience.organisation:${PARTNER.organisation}`]), new Subscriber()),
    ).toBe('applied');
  });

  it('kept as evidence says which names were opened too much, and holds no value of them', async () => {
    const { log, grant } = await begun();
    const item = itemOf(await log.change('NOTE', 'urn:x:1', { price: 'canary' }), ['price'], [grant.id]);
    const evidence = evidenceOf(item, 'OVERSHARED');
    expect(JSON.parse(evidence)).toEqual({
      kind: 'CHANGE',
      token: item.token,
      grants: [grant.id],
      names: ['price'],
    });
    expect(JSON.parse(evidenceOf(item, 'SLOT_MISMATCH'))).toMatchObject({ disclosures: item.disclosures });
  });

  it('that is no token at all is refused by name', () => {
    const item = { kind: 'CHANGE', token: 'nonsense', disclosures: [], grants: [] };
    expect(code(item, new Subscriber())).toBe('MALFORMED');
  });
});
