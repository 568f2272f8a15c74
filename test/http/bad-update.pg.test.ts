import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { signAccessToken } from '../../api/identity/access-token.ts';
import { verificationKey } from '../../api/identity/jwk.ts';
import { localSigner } from '../../api/identity/signer.ts';
import { openHome } from '../../api/store/home.ts';
import { generateKey } from '../support/key.ts';
import { sendRaw } from '../support/raw-http.ts';
import { BOOK, codeOf, expectRefused, JSON_TYPE, targetNode, update } from '../support/target-node.ts';

/* Whatever comes in: a clear refusal with a code of the closed list, never a fault of the node, and nothing changes. */
const target = targetNode();
const OK = '{ books { id } }';
describe('an update', () => {
  const long = `urn:long:${'x0'.repeat(4_000)}`;
  const event = {
    type: 'ObjectEvent',
    action: 'OBSERVE',
    eventTime: '2026-07-01T08:00:00Z',
    eventTimeZoneOffset: '+02:00',
  };
  const cases: Record<string, [object, string]> = {
    'with a wrong check digit': [
      update({ note: 'x' }, undefined, { record: 'https://id.gs1.org/01/09521141012346/10/L' }),
      'BAD_INPUT',
    ],
    'on a stale base': [update({ note: 'x' }, undefined, { base: 7 }), 'STALE_BASE'],
    'of a record that is there, as a new one': [update({ note: 'x' }), 'STALE_BASE'],
    'under a key that was used for another content': [update({ note: 'other' }, 'used'), 'KEY_REUSED'],
    'of an unknown field': [update({ secret: 'x' }), 'BAD_INPUT'],
    'of a record whose id is too long': [update({ note: 'x' }, undefined, { record: long }), 'BAD_INPUT'],
    'of an event whose identifiers are too long': [
      update({ ...event, epcList: [long] }, undefined, { kind: 'EVENT', record: null }),
      'BAD_INPUT',
    ],
    'of a field whose name is too deep': [
      update({}, undefined, { content: null, fields: { [`{urn:x}a${'.a'.repeat(5_000)}`]: 'x' } }),
      'BAD_INPUT',
    ],
    'of a field whose name is too long': [
      update({}, undefined, {
        record: 'urn:new:1',
        content: null,
        fields: { [`{urn:x}${'a'.repeat(5_000)}`]: 'x' },
      }),
      'BAD_INPUT',
    ],
    'of too many fields': [
      update({}, undefined, { record: 'urn:new:2', content: null, fields: manyFields(5_000) }),
      'BAD_INPUT',
    ],
    'of a sharing rule': [update({}, undefined, { kind: 'GRANT' }), 'BAD_INPUT'],
    'of an unknown book': [{ ...update({ note: 'x' }), book: 'other.example/season' }, 'NOT_FOUND'],
    'without a change': [{ book: BOOK, key: 'empty', changes: [] }, 'BAD_INPUT'],
  };
  for (const [name, [input, code]] of Object.entries(cases)) {
    test(`${name} is refused`, async () => {
      expect(await target.ask(input)).toEqual([
        { state: 'REFUSED', error: expect.objectContaining({ code }) },
      ]);
    });
  }
});

function manyFields(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`{urn:x}f${at}`, 'x']));
}

describe('a caller', () => {
  test('with a token that is missing, broken, unsigned, foreign or old is not let in', async () => {
    const own = target.authorization.slice('Bearer '.length);
    const [header = '', payload = '', signature = ''] = own.split('.');
    const none = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(header, 'base64url').toString()), alg: 'none' }),
    );
    const claims = {
      issuer: target.node.url,
      audience: target.node.url,
      subject: 'owner.example',
      clientId: 'owner.example',
      scope: 'lotbook',
    };
    const { signer, publicJwk } = await openHome({ dir: target.node.dir });
    const jti = `${verificationKey(publicJwk).kid}.${randomUUID()}`;
    const foreign = await signAccessToken({ ...claims, jti, nowMs: Date.now() }, localSigner(generateKey()));
    const old = await signAccessToken({ ...claims, jti, nowMs: Date.now() - 3_600_000 }, signer);
    const flipped = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    const bad = [
      '',
      'Bearer',
      'Bearer x',
      `Basic ${own}`,
      `Bearer ${none.toString('base64url')}.${payload}.`,
    ];
    for (const value of [...bad, ...[foreign, old, flipped].map((token) => `Bearer ${token}`)]) {
      for (const path of ['/graphql', '/epcis/events', '/metrics']) {
        const method = path === '/graphql' ? 'POST' : 'GET';
        const answer = await sendRaw(target.node.url, {
          method,
          path,
          headers: { ...JSON_TYPE, ...(value !== '' && { authorization: value }) },
          ...(method === 'POST' && { body: JSON.stringify({ query: OK }) }),
        });
        expect([answer.status, codeOf(answer)]).toEqual([401, 'UNAUTHENTICATED']);
      }
    }
  });

  test('of the EPCIS interface is refused what cannot be read', async () => {
    const paths = [
      '?EQ_bizStep=%00',
      '/%00',
      '/%ff',
      '?perPage=-1',
      '?nextPageToken=x',
      '?unknown=1',
      '?GE_eventTime=now',
      '?book=%00',
      '?EQ_bizStep=a&EQ_bizStep=b',
    ];
    for (const path of paths) {
      expectRefused(
        await sendRaw(target.node.url, {
          method: 'GET',
          path: `/epcis/events${path}`,
          headers: { authorization: target.authorization },
        }),
      );
    }
    for (const body of ['', '{', '[]', '{"a":1,"a":2}', '{"a":"a\\u0000b"}']) {
      expectRefused(await target.post(body, { path: '/epcis/capture' }));
    }
  });
});

test('one faulty update among many leaves its neighbours alone', async () => {
  const long = { [`{urn:x}${'a'.repeat(5_000)}`]: 'x' };
  const faulty = update({}, undefined, { record: 'urn:new:3', content: null, fields: long });
  const sound = [1, 2, 3].map((at) => update({ note: 'x' }, undefined, { record: `urn:sound:${at}` }));
  const answers = await target.ask(...sound.slice(0, 2), faulty, ...sound.slice(2));
  expect(answers.map(({ state }) => state)).toEqual(['APPROVED', 'APPROVED', 'REFUSED', 'APPROVED']);
  await target.settle();
});
