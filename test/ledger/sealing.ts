import fc from 'fast-check';
import type { JsonValue } from '../../api/identity/strict-json.ts';
import { encodeBase64url } from '../../api/identity/base64url.ts';
import { disclosureDigest } from '../../api/ledger/disclosure.ts';
import type { ChangeInput } from '../../api/ledger/issue.ts';
import { isFieldName } from '../../api/ledger/field-value.ts';
import { decodeSlotSalt, slotOf } from '../../api/ledger/slots.ts';
import { ed25519 } from '../identity/keys.ts';

export const maker = ed25519();
export const issuer = 'https://maker.example';
export const book = 'urn:example:book:1';
export const recordKey = Uint8Array.from({ length: 32 }, (_, i) => i);
export const slotKey = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);

export type State = Record<string, JsonValue>;

let made = 0;

/** A change of version 1 by the maker, with a jti of its own. */
export function changeInput(given: Partial<ChangeInput> = {}): ChangeInput {
  made += 1;
  return {
    issuer,
    book,
    record: 'urn:example:lot:1',
    kind: 'LOT',
    atMs: 1_700_000_000_123,
    jti: `jti-${made}`,
    txn: 'txn-1',
    ver: 1,
    seq: 1,
    term: 1,
    state: {
      quantity: '1200',
      unit: 'KGM',
    },
    recordKey,
    slotKey,
    ...given,
  };
}

const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .jsonValue({ maxDepth: 3 })
    .map((json) => JSON.parse(JSON.stringify(json).replaceAll('"__proto__":', '"proto":'))),
) as fc.Arbitrary<JsonValue>;
export const fieldName = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter(isFieldName);
export const state: fc.Arbitrary<State> = fc.dictionary(
  fieldName,
  value.filter((json) => json !== null),
  {
    maxKeys: 12,
    noNullPrototype: true,
  },
);

/** A token signed by the maker with any claims: what a dishonest authority can make. */
export async function signClaims(claims: object, typ = 'trace-change+sd-jwt'): Promise<string> {
  const header = { alg: maker.signer.alg, typ, kid: maker.signer.kid };
  const input = `${encodeBase64url(JSON.stringify(header))}.${encodeBase64url(JSON.stringify(claims))}`;
  return `${input}.${encodeBase64url(await maker.signer.sign(Buffer.from(input)))}`;
}

export interface HandMade {
  claims: { fields: { '...': string }[]; slot_salt: string; [name: string]: unknown };
  /** puts a disclosure into the slot of its name, or into another one; gives the disclosure back */
  commit(name: string, json: JsonValue, slot?: number): string;
}

/** Claims of a change to fill by hand. */
export function handMade(changed: object = {}, slotCount = 16): HandMade {
  const slot_salt = encodeBase64url(Uint8Array.of(1, 2, 3, 4));
  const decoy = (i: number) => ({ '...': disclosureDigest(`decoy ${i}`) });
  const claims = {
    iss: issuer,
    book,
    sub: 'urn:example:lot:1',
    kind: 'LOT',
    iat: 17e8,
    jti: 'jti',
    txn: 'txn',
    ver: 1,
    seq: 1,
    term: 1,
    _sd_alg: 'sha-256',
    slot_salt,
    fields: Array.from({ length: slotCount }, (_, i) => decoy(i)),
    ...changed,
  };
  const commit = (name: string, json: JsonValue, slot?: number) => {
    const disclosure = disclosureOf(name, json);
    const own = slotOf(decodeSlotSalt(slot_salt) as number, claims.fields.length, name);
    claims.fields[slot ?? own] = { '...': disclosureDigest(disclosure) };
    return disclosure;
  };
  return { claims, commit };
}

export function disclosureOf(name: unknown, json: unknown, salt = 'c2FsdHNhbHRzYWx0c2FsdA'): string {
  return encodeBase64url(JSON.stringify([salt, [name, json]]));
}
