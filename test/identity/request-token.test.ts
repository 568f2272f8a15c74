import { describe, expect, test } from 'vitest';
import { signCompact } from '../../api/identity/jws.ts';
import {
  checkRequest,
  claimedRequester,
  REQUEST_TYP,
  type RequestClaims,
  signRequest,
} from '../../api/identity/request-token.ts';
import { ed25519 } from './keys.ts';

const { signer, keys } = ed25519();
const claims: RequestClaims = {
  iss: 'https://grower.example',
  aud: 'packer.example',
  book: 'packer.example/orders',
  jti: 'one',
  iat: 1_800_000_000.25,
  key: 'shipment 17',
  changes: [
    {
      record: 'urn:example:lot:1',
      type: 'LOT',
      base: 0,
      fields: {
        quantity: '1200',
        note: null,
        list: [{ a: 1 }],
      },
    },
    {
      record: 'urn:example:lot:2',
      type: 'LOT',
      base: 7,
      fields: {},
    },
  ],
  reason: 'count corrected',
};
const asker = { client: 'grower.example/erp', roles: ['EDITOR'], content: 'A'.repeat(43) };
const expected = { keys, issuer: claims.iss };

async function codeOf(changed: unknown): Promise<string> {
  const result = checkRequest(
    await signCompact({ typ: REQUEST_TYP, claims: changed as object, signer }),
    expected,
  );
  return result.ok ? 'ok' : `${result.code} ${result.detail}`;
}

test('a request arrives as it was signed', async () => {
  const token = await signRequest(claims, signer);
  expect(claimedRequester(token)).toBe(claims.iss);
  expect(checkRequest(token, expected)).toEqual({ ok: true, claims, kid: signer.kid });
  const asked = { ...claims, asker };
  expect(checkRequest(await signRequest(asked, signer), expected)).toMatchObject({ ok: true, claims: asked });
});

test("a request that is not for the owner of its book, or in another's name, is refused", async () => {
  expect(await codeOf({ ...claims, aud: 'other.example' })).toMatch(/^WRONG_AUDIENCE/);
  expect(await codeOf({ ...claims, book: 'other.example/orders' })).toMatch(/^WRONG_AUDIENCE/);
  expect(await codeOf({ ...claims, aud: '', book: 'orders' })).toMatch(/^(BAD_CLAIMS|WRONG_AUDIENCE)/);
  expect(await codeOf({ ...claims, iss: 'https://other.example' })).toMatch(/^WRONG_ISSUER/);
});

describe('a request of another structure is refused with the place', () => {
  const [first] = claims.changes;
  const withChange = (changed: object) => ({ ...claims, changes: [{ ...first, ...changed }] });
  test.each([
    ['no changes', { ...claims, changes: [] }, 'changes'],
    ['too many changes', { ...claims, changes: Array.from({ length: 1001 }, () => first) }, 'changes'],
    ['no idempotency key', { ...claims, key: '' }, 'key'],
    ['an unknown claim', { ...claims, admin: true }, 'claims'],
    ['a negative base', withChange({ base: -1 }), 'changes.0.base'],
    ['a base with decimals', withChange({ base: 1.5 }), 'changes.0.base'],
    ['fields as a list', withChange({ fields: [] }), 'changes.0.fields'],
    ['a field without a name', withChange({ fields: { '': 1 } }), 'changes.0.fields'],
    ['an unknown member', withChange({ colour: 1 }), 'changes.0'],
    ['an asker without a name', { ...claims, asker: { ...asker, client: undefined } }, 'asker.client'],
    [
      'an asker whose content is no digest',
      { ...claims, asker: { ...asker, content: 'x' } },
      'asker.content',
    ],
  ])('%s', async (_, changed, place) => {
    expect(await codeOf(changed)).toMatch(new RegExp(`^BAD_CLAIMS ${place.replaceAll('.', '\\.')}`));
  });

  test('a field that would vanish in a copy', async () => {
    const text = JSON.stringify(withChange({ fields: { proto: 1 } })).replace('"proto"', '"__proto__"');
    expect(await codeOf(JSON.parse(text))).toMatch(/^MALFORMED/);
  });
});
