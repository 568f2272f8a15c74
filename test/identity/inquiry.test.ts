import { describe, expect, test } from 'vitest';
import {
  type Carried,
  claimedSigners,
  type HopClaims,
  type InquiryClaims,
  MOST_SECONDS,
  signHop,
  signInquiry,
  verifyInquiry,
} from '../../api/identity/inquiry.ts';
import { publicPart } from '../../api/identity/jwk.ts';
import type { PinnedKeys } from '../../api/identity/jws.ts';
import { sha256 } from '../../api/identity/sha256.ts';
import { ed25519, type TestKey } from './keys.ts';

const NOW = 1_800_000_000_000;
const ASK = '{"things":[]}';
const keys = new Map<string, TestKey>(['a', 'b', 'c', 'd'].map((name) => [name, ed25519()]));
const key = (name: string): TestKey => keys.get(name) as TestKey;

const claims: InquiryClaims = {
  iss: 'a',
  jti: 'one',
  iat: NOW / 1000,
  exp: NOW / 1000 + 60,
  case: 'case 7',
  purpose: 'recall',
  hops: 4,
};

interface Change {
  inquiry?: Partial<InquiryClaims>;
  hop?: (claims: HopClaims) => HopClaims;
  /** Signs the last hop. */
  signer?: TestKey;
}

/** An inquiry of the first that came by all of these, the last of whom is asked. */
async function carried(
  path: string[],
  { inquiry: changed, hop = (same) => same, signer }: Change = {},
): Promise<Carried> {
  const inquiry = await signInquiry({ ...claims, ...changed }, key(path[0] as string).signer);
  const hops: string[] = [];
  for (const [at, iss] of path.slice(0, -1).entries()) {
    const before = path[at - 1];
    const isLast = at === path.length - 2;
    const made: HopClaims = {
      iss,
      aud: path[at + 1] as string,
      iat: NOW / 1000,
      n: at + 1,
      prev: sha256(hops.at(-1) ?? inquiry),
      asked: sha256(ASK),
      withinMs: 1000,
      ...(before && { vouches: { organisation: before, jwk: publicPart(key(before).jwk) } }),
    };
    hops.push(await signHop(isLast ? hop(made) : made, (isLast && signer ? signer : key(iss)).signer));
  }
  return { inquiry, hops };
}

/** At the node of `self`, which knows these. */
function verified(given: Carried, self: string, caller: string, known: string[] = [caller], nowMs = NOW) {
  const pinned = (name: string): PinnedKeys => (known.includes(name) ? key(name).keys : new Map());
  const result = verifyInquiry(given, { asked: ASK, self, caller, nowMs, keysOf: pinned });
  return result.ok ? result.path : result.code;
}

describe('an inquiry', () => {
  test('is taken from who asks, and from whom it came by, though only the last is known', async () => {
    expect(verified(await carried(['a', 'b']), 'b', 'a')).toEqual(['a']);
    const far = await carried(['a', 'b', 'c', 'd']);
    expect(verified(far, 'd', 'c')).toEqual(['a', 'b', 'c']);
    expect(claimedSigners(far)).toEqual(['a', 'b', 'c']);
  });

  test('counts by the key of who asks, where that is known, and by no other that somebody vouches for', async () => {
    const given = await carried(['a', 'b', 'c'], {
      hop: (same) => ({ ...same, vouches: { organisation: 'a', jwk: publicPart(key('d').jwk) } }),
    });
    expect(verified(given, 'c', 'b')).toBe('UNKNOWN_KEY');
    expect(verified(given, 'c', 'b', ['a', 'b'])).toEqual(['a', 'b']);
  });

  test.each<[string, string, Change]>([
    [
      'BAD_SIGNATURE',
      'with another key under its name',
      { signer: { ...key('d'), signer: { ...key('d').signer, kid: key('b').signer.kid } } },
    ],
    ['UNKNOWN_KEY', 'with a key that is not known', { signer: key('d') }],
    ['WRONG_AUDIENCE', 'for somebody else', { hop: (same) => ({ ...same, aud: 'd' }) }],
    ['WRONG_ISSUER', 'in the name of another', { hop: (same) => ({ ...same, iss: 'd' }) }],
    ['WRONG_CONTENT', 'over another question', { hop: (same) => ({ ...same, asked: sha256('{}') }) }],
    ['BROKEN_CHAIN', 'behind another statement', { hop: (same) => ({ ...same, prev: sha256('other') }) }],
    ['BROKEN_CHAIN', 'with another number', { hop: (same) => ({ ...same, n: 1 }) }],
    ['BROKEN_CHAIN', 'vouching for nobody', { hop: (same) => ({ ...same, vouches: undefined }) }],
    [
      'WRONG_ISSUER',
      'vouching for another one',
      { hop: (same) => ({ ...same, vouches: { organisation: 'd', jwk: publicPart(key('a').jwk) } }) },
    ],
    ['EXPIRED', 'too late', { inquiry: { iat: NOW / 1000 - 300, exp: NOW / 1000 - 60 } }],
    ['NOT_YET_VALID', 'from the future', { inquiry: { iat: NOW / 1000 + 60, exp: NOW / 1000 + 90 } }],
    ['LIVES_TOO_LONG', 'for ever', { inquiry: { exp: NOW / 1000 + MOST_SECONDS + 1 } }],
    ['TOO_FAR', 'further than it was meant', { inquiry: { hops: 1 } }],
  ])('is refused as %s when it was handed on %s', async (code, _, change) => {
    expect(verified(await carried(['a', 'b', 'c'], change), 'c', 'b')).toBe(code);
  });

  test('is refused where it comes back to who asks, or goes round', async () => {
    expect(verified(await carried(['a', 'b', 'a']), 'a', 'b')).toBe('LOOP');
    const twice = await carried(['a', 'b', 'c', 'b'], { inquiry: { hops: 9 } });
    expect(verified(twice, 'b', 'c')).toEqual(['a', 'b', 'c']);
    const round = await carried(['a', 'b', 'c', 'b', 'c', 'b'], { inquiry: { hops: 9 } });
    expect(verified(round, 'b', 'c')).toBe('LOOP');
  });

  test('is refused from another caller than who signed last', async () => {
    expect(verified(await carried(['a', 'b', 'c']), 'c', 'a')).toBe('UNKNOWN_KEY');
  });
});
