import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cookiesOf, readCookie } from '../../api/http/people/cookies.ts';
import { html } from '../../api/http/people/html.ts';
import { isSameOrigin } from '../../api/http/people/same-origin.ts';
import { addressOf } from '../../api/http/address.ts';
import {
  afterAttempt,
  type BackOff,
  type Failures,
  OF_ACCOUNT,
  OF_ADDRESS,
} from '../../api/people/back-off.ts';
import { chained, type ChainedAccess, firstBreak, type LoggedAccess } from '../../api/people/chain.ts';
import { parseRoleMap, rolesFromClaims } from '../../api/people/oidc-roles.ts';
import { checkPassword, openPasswords } from '../../api/people/password.ts';
import { CHEAP } from '../support/people.ts';

const DAY_MS = 86_400_000;

describe('the back-off', () => {
  test.each<[string, BackOff, number]>([
    ['an account', OF_ACCOUNT, 110],
    ['an address', OF_ADDRESS, 250],
  ])('lets %s guess only so often a day, whenever it tries', (_, policy, most) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 120_000 }), { minLength: 400, maxLength: 800 }),
        (pauses) => {
          let now = 0;
          let looked = 0;
          let known: Failures | null = null;
          for (const pauseMs of pauses) {
            now += pauseMs;
            if (now > DAY_MS) break;
            if (known?.lockedUntil && known.lockedUntil.getTime() > now) continue;
            known = afterAttempt(known, policy, new Date(now));
            looked += 1;
          }
          expect(looked).toBeLessThanOrEqual(most);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('waits longer each time, up to its longest, and begins anew once it has forgotten', () => {
    let known: Failures | null = null;
    const waits: number[] = [];
    for (let nr = 0; nr < 12; nr += 1) {
      known = afterAttempt(known, OF_ACCOUNT, new Date(0));
      waits.push(known.lockedUntil?.getTime() ?? 0);
    }
    expect(waits).toEqual([0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900].map((s) => s * 1000));
    const later = afterAttempt(known, OF_ACCOUNT, new Date(OF_ACCOUNT.forgetMs));
    expect(later).toMatchObject({ count: 1, lockedUntil: null });
  });
});

describe('the chain of the access log', () => {
  const texts = fc.string({ maxLength: 8 });
  const accesses = fc.array(
    fc.record({
      who: fc.option(texts),
      address: fc.option(texts),
      action: texts,
      object: fc.option(texts),
      result: texts,
    }),
    { minLength: 2, maxLength: 8 },
  );
  const logOf = (list: Omit<LoggedAccess, 'seq' | 'at' | 'count'>[]): ChainedAccess[] => {
    let prev = '';
    return list.map((access, index) => {
      const row = chained({ ...access, seq: index + 1, at: new Date(index), count: 1 }, prev);
      prev = row.hash;
      return row;
    });
  };

  test('holds, and shows any row that is changed, taken out, moved or put in', () => {
    fc.assert(
      fc.property(
        accesses,
        fc.nat(),
        fc.constantFrom('who', 'action', 'result', 'object'),
        (list, at, member) => {
          const log = logOf(list);
          expect(firstBreak(log)).toBeNull();
          const index = at % (log.length - 1);
          const changed = log.with(index, { ...(log[index] as ChainedAccess), [member]: 'something else' });
          expect(firstBreak(changed)).not.toBeNull();
          expect(firstBreak(log.toSpliced(index, 1))).not.toBeNull();
          expect(
            firstBreak(log.toSpliced(index, 2, ...log.slice(index, index + 2).toReversed())),
          ).not.toBeNull();
          expect(firstBreak(log.toSpliced(index, 0, log[index] as ChainedAccess))).not.toBeNull();
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a password', () => {
  test('is known again in any spelling of Unicode, and no other is taken for it', async () => {
    const passwords = openPasswords(CHEAP);
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.string({ minLength: 1 }),
        async (one, other) => {
          const stored = await passwords.hash(one);
          expect(await passwords.verify(one.normalize('NFD'), stored)).toEqual({ ok: true, isWeak: false });
          const isSame = one.normalize('NFKC') === other.normalize('NFKC');
          expect((await passwords.verify(other, stored)).ok).toBe(isSame);
          expect((await passwords.verify(one, null)).ok).toBe(false);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('that was kept at a lower cost is to be kept anew', async () => {
    const stored = await openPasswords(CHEAP).hash('correct horse battery');
    const { verify } = openPasswords({ ...CHEAP, p: 2 });
    expect(await verify('correct horse battery', stored)).toEqual({ ok: true, isWeak: true });
    expect(await verify('another one', stored)).toEqual({ ok: false, isWeak: false });
  });

  test.each(['short', 'aaaaaaaaaaaaaaaaaaaa', 'Ada@Packer.Example', 'x'.repeat(257)])(
    'may not be %j',
    (password) => {
      expect(() => checkPassword(password, ['ada@packer.example', null])).toThrow(/password/i);
    },
  );
});

describe('roles from an OpenID provider', () => {
  test('are those whose names, or values of the map, are in the claim', () => {
    const map =
      parseRoleMap('quality=APPROVER, ops,admins=ADMINISTRATOR') ??
      parseRoleMap('quality=APPROVER,ops=EDITOR');
    expect(rolesFromClaims({ groups: ['quality', 'VIEWER', 7] }, { claim: 'groups', map })).toEqual([
      'APPROVER',
    ]);
    expect(rolesFromClaims({ a: { b: ['viewer', 'x'] } }, { claim: 'a.b', map: null })).toEqual(['VIEWER']);
    expect(
      rolesFromClaims(
        { 'https://x.example/roles': 'AUDITOR' },
        { claim: 'https://x.example/roles', map: null },
      ),
    ).toEqual(['AUDITOR']);
    expect(rolesFromClaims({ groups: ['VIEWER'] }, { claim: null, map: null })).toBeNull();
    expect(parseRoleMap('quality=BOSS')).toBeNull();
  });

  test('are no others, whatever the claims are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (claims, claim) => {
        const map = new Map([['only this', 'VIEWER' as const]]);
        const given = JSON.stringify(claims).includes('only this') ? ['VIEWER'] : [];
        expect(given).toEqual(expect.arrayContaining(rolesFromClaims(claims, { claim, map }) ?? []));
      }),
      { numRuns: 100 },
    );
  });
});

test('a page holds what is put into it as text alone', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(html`<p title="${text}">${text}</p>`.text).not.toMatch(/^<p title="[^"]*[<>']|<p[^]*<(?!\/p>$)/);
    }),
  );
});

test('an address is the one that the outermost known proxy heard from', () => {
  const req = (forwarded: string) => ({
    headers: { 'x-forwarded-for': forwarded },
    socket: { remoteAddress: '::ffff:10.0.0.1' },
  });
  expect(addressOf(req('1.1.1.1, 2.2.2.2, 3.3.3.3'), 0)).toBe('10.0.0.1');
  expect(addressOf(req('1.1.1.1, 2.2.2.2, 3.3.3.3'), 1)).toBe('3.3.3.3');
  expect(addressOf(req('1.1.1.1, 2.2.2.2, 3.3.3.3'), 2)).toBe('2.2.2.2');
  expect(addressOf(req('1.1.1.1'), 2)).toBe('10.0.0.1');
  expect(addressOf(req('<script>'), 1)).toBe('10.0.0.1');
});

test('over https the cookies are for this host and for https alone', () => {
  const { session, login, options } = cookiesOf('https://packer.example');
  expect([session, login]).toEqual(['__Host-lotbook', '__Host-lotbook_login']);
  expect(options).toEqual({ httpOnly: true, secure: true, sameSite: 'lax', path: '/' });
  const { session: plain, options: local } = cookiesOf('http://localhost:4000');
  expect([plain, local.secure]).toEqual(['lotbook', false]);
  const req = (cookie: string) => ({ headers: { cookie } });
  expect(readCookie(req('a=1; lotbook=x; lotbook_login=y'), 'lotbook')).toBe('x');
  expect(readCookie(req('lotbook=x; lotbook=planted'), 'lotbook')).toBeUndefined();
});

test('a page is of this node by its origin, and by no name that another site has pointed here', () => {
  const url = 'https://packer.example';
  const from = (origin: string | undefined, host: string) => isSameOrigin({ headers: { origin, host } }, url);
  expect(from('https://packer.example', 'node.internal:4000')).toBe(true);
  expect(from('http://localhost:4000', 'localhost:4000')).toBe(true);
  expect(from('http://localhost:4000', 'localhost:4001')).toBe(false);
  expect(from('http://packer.example', 'packer.example')).toBe(false);
  expect(from('https://evil.packer.example', 'packer.example')).toBe(false);
  expect(from('http://rebound.example', 'rebound.example')).toBe(false);
  expect(from(undefined, 'localhost:4000')).toBe(false);
});
