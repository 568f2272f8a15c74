import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PURPOSE } from '../../api/identity/inquiry.ts';
import { NAMES_FIELD } from '../../api/ledger/field-value.ts';
import {
  EMERGENCY_RULE,
  grantFromFields,
  grantToFields,
  purposeOfCase,
  type Audience,
  type Grant,
} from '../../api/sharing/grant.ts';
import {
  mayChange,
  namesGranted,
  permittedFields,
  searchableEverywhere,
  type Question,
  type Subject,
  wouldShow,
} from '../../api/sharing/permitted.ts';
import { attributesOf } from '../../api/sharing/subject.ts';
import { audience, grantTerms } from '../support/grant.ts';

const NOW = Date.parse('2026-07-10T00:00:00Z');
const packer: Audience = { organisation: 'packer.example', groups: ['customers'], roles: [] };
const question: Question = { audience: packer, purpose: 'traceability', now: NOW };
const NAMES = ['bizStep', 'eventTime', 'quantityList[].epcClass', 'quantityList[].quantity', NAMES_FIELD];

const subject: Subject = {
  id: 'urn:uuid:1',
  kind: 'EVENT',
  seq: 10,
  at: NOW - 1000,
  products: ['https://id.gs1.org/01/09521141012345'],
  lots: ['https://id.gs1.org/01/09521141012345/10/A'],
  time: NOW - 5000,
};

function grant(part: Partial<Grant> = {}): Grant {
  const terms = grantTerms({ audience: audience('packer.example'), fields: ['bizStep'] });
  return { id: 'urn:lotbook:grant:a', version: 1, since: 5, ...terms, ...part };
}

const namesFor = (grants: Grant[], of: Subject = subject, asked: Question = question) => [
  ...permittedFields(grants, of, NAMES, asked).keys(),
];

describe('a field is permitted', () => {
  test('by a grant that names it, and the answer says by which', () => {
    const other = grant({ id: 'urn:lotbook:grant:b', fields: ['bizStep', 'eventTime'] });
    expect(permittedFields([grant(), other], subject, NAMES, question)).toEqual(
      new Map([
        ['bizStep', ['urn:lotbook:grant:a', 'urn:lotbook:grant:b']],
        ['eventTime', ['urn:lotbook:grant:b']],
      ]),
    );
  });

  test('with all others, and the list of their names, by a grant for everything', () => {
    expect(namesFor([grant({ fields: ['*'] })])).toEqual(NAMES);
  });

  test.each<[string, Partial<Grant>]>([
    ['to an organisation by its name', {}],
    [
      'to a group that it is in',
      { audience: { organisations: [], groups: ['customers'], roles: [], public: false } },
    ],
    ['to everybody', { audience: { organisations: [], groups: [], roles: [], public: true } }],
    ['for records of a kind', { selector: { ...grant().selector, kinds: ['EVENT', 'LOT'] } }],
    ['for a product', { selector: { ...grant().selector, products: [...subject.products] } }],
    ['for a lot', { selector: { ...grant().selector, lots: [...subject.lots] } }],
    ['from the very start of its time', { from: NOW, backfill: true }],
    [
      'for an event at the start of a window',
      { selector: { ...grant().selector, from: NOW - 5000, until: NOW } },
    ],
    ['before the grant, when it reaches back', { since: 11, backfill: true }],
  ])('%s', (_how, part) => {
    expect(namesFor([grant(part)])).toEqual(['bizStep']);
  });
});

describe('a field is not permitted', () => {
  test.each<[string, Partial<Grant>]>([
    [
      'to another organisation',
      { audience: { organisations: ['other.example'], groups: [], roles: [], public: false } },
    ],
    [
      'to a role of the owner',
      { audience: { organisations: [], groups: [], roles: ['EDITOR'], public: false } },
    ],
    ['by a right to change', { right: 'CHANGE' }],
    ['by a right to propose', { right: 'REQUEST' }],
    ['for another purpose', { purpose: 'outbreak' }],
    ['before the grant begins', { from: NOW + 1, backfill: true }],
    ['at the moment at which it ends', { until: NOW }],
    ['for what was recorded before it', { since: 10 }],
    ['for what was approved before it began', { from: NOW - 500 }],
    ['for another kind', { selector: { ...grant().selector, kinds: ['LOT'] } }],
    [
      'for another product',
      { selector: { ...grant().selector, products: ['https://id.gs1.org/01/09521141012352'] } },
    ],
    ['for another lot', { selector: { ...grant().selector, lots: ['x'] } }],
    ['for an event at the end of a window', { selector: { ...grant().selector, until: NOW - 5000 } }],
  ])('%s', (_how, part) => {
    expect(namesFor([grant(part)])).toEqual([]);
  });

  test('without any grant', () => {
    expect(namesFor([])).toEqual([]);
  });
});

describe('a grant as a record', () => {
  const shared = grant({
    audience: {
      organisations: ['packer.example', 'rival.example'],
      groups: ['customers'],
      roles: ['EDITOR'],
      public: false,
    },
    selector: {
      kinds: ['EVENT'],
      products: ['p'],
      lots: ['l'],
      records: ['r'],
      from: NOW - 9,
      until: NOW + 9,
    },
    from: NOW - 1,
    until: NOW + 5,
    title: 'What packers see',
  });
  const fields = grantToFields(shared);
  const record: Subject = { ...subject, id: shared.id, kind: 'GRANT', products: [], lots: [], time: null };
  const names = [...Object.keys(fields), NAMES_FIELD];

  test('comes back from its fields as it was', () => {
    expect(grantFromFields({ id: shared.id, version: 1, since: 5 }, fields)).toEqual(shared);
  });

  test('permits nothing where it has a condition that only a later version knows', () => {
    const terms = grantTerms({ audience: audience('packer.example'), backfill: true });
    const place = { id: 'urn:lotbook:grant:a', version: 1, since: 5 };
    const later = { ...grantToFields(terms), 'selector.parties': ['https://id.gs1.org/417/9521321000018'] };
    expect(namesFor([grantFromFields(place, grantToFields(terms))])).toEqual(NAMES);
    expect(namesFor([grantFromFields(place, later)])).toEqual([]);
  });

  test('is shown to those whom it addresses, without the others whom it addresses', () => {
    const seen = [...permittedFields([shared], record, names, question).keys()];
    expect(seen).toContain('audience.organisation:packer.example');
    expect(seen).toContain('fields');
    expect(seen.join()).not.toMatch(/rival|EDITOR|@names/);
  });

  test('is shown to them after its end, so that they learn of it', () => {
    expect(permittedFields([{ ...shared, until: NOW - 1 }], record, names, question).size).toBeGreaterThan(0);
  });

  test('is not opened by any other grant, not even one for everything', () => {
    const all = grant({ id: 'urn:lotbook:grant:all', fields: ['*'] });
    const others = {
      ...shared,
      audience: { organisations: ['rival.example'], groups: [], roles: [], public: false },
    };
    expect(permittedFields([all, others], record, names, question).size).toBe(0);
    expect(mayChange([{ ...all, right: 'CHANGE' }], record, ['fields'], question).decision).toBe('REFUSED');
  });
});

describe('a change', () => {
  const change = grant({ right: 'CHANGE', fields: ['bizStep'] });
  const propose = grant({ right: 'REQUEST', fields: ['bizStep', 'eventTime'] });

  test('passes by rule when a rule gives each field', () => {
    expect(mayChange([change, propose], subject, ['bizStep'], question)).toEqual({ decision: 'BY_RULE' });
  });
  test('waits for a person when one field may only be proposed', () => {
    expect(mayChange([change, propose], subject, ['bizStep', 'eventTime'], question)).toEqual({
      decision: 'BY_PERSON',
    });
  });
  test('is refused, naming the field, when one has no rule', () => {
    expect(mayChange([change, propose], subject, ['bizStep', 'price'], question)).toEqual({
      decision: 'REFUSED',
      field: 'price',
    });
  });
  test('is not permitted by a right to read', () => {
    expect(mayChange([grant({ fields: ['*'] })], subject, ['bizStep'], question).decision).toBe('REFUSED');
  });
});

describe('for any set of grants', () => {
  const names = fc.subarray(
    NAMES.filter((name) => name !== NAMES_FIELD),
    { minLength: 1 },
  );
  const anyGrant: fc.Arbitrary<Grant> = fc
    .record({
      right: fc.constantFrom<Grant['right']>('READ', 'REQUEST', 'CHANGE'),
      who: fc.constantFrom('packer.example', 'other.example', 'group', 'public', 'role'),
      kinds: fc.subarray<'EVENT' | 'LOT'>(['EVENT', 'LOT']),
      lots: fc.constantFrom([], [...subject.lots], ['other']),
      fields: fc.oneof(names, fc.constant(['*'])),
      purpose: fc.constantFrom('traceability', 'outbreak'),
      from: fc.constantFrom(null, NOW - 2000, NOW + 1),
      until: fc.constantFrom(null, NOW, NOW + 1),
      since: fc.integer({ min: 1, max: 20 }),
      backfill: fc.boolean(),
      id: fc.uuid(),
    })
    .map(({ who, kinds, lots, ...rest }) =>
      grant({
        ...rest,
        audience: {
          organisations: who.includes('.') ? [who] : [],
          groups: who === 'group' ? ['customers'] : [],
          roles: who === 'role' ? ['EDITOR'] : [],
          public: who === 'public',
        },
        selector: { kinds, products: [], lots, records: [], from: null, until: null },
      }),
    );

  test('each permitted field has its reasons, and each of them permits it alone', () => {
    fc.assert(
      fc.property(fc.array(anyGrant, { maxLength: 6 }), (grants) => {
        const permitted = permittedFields(grants, subject, NAMES, question);
        for (const [name, reasons] of permitted) {
          expect(reasons.length).toBeGreaterThan(0);
          for (const id of reasons) {
            const alone = grants.filter((one) => one.id === id);
            expect(permittedFields(alone, subject, NAMES, question).has(name)).toBe(true);
          }
        }
      }),
    );
  });

  test('one grant more never takes a field away, one less never gives one', () => {
    fc.assert(
      fc.property(fc.array(anyGrant, { maxLength: 5 }), anyGrant, (grants, more) => {
        const before = namesFor(grants);
        const after = namesFor([...grants, more]);
        expect(before.every((name) => after.includes(name))).toBe(true);
      }),
    );
  });

  test('what may narrow a search everywhere is permitted on every record that a grant in force covers', () => {
    fc.assert(
      fc.property(fc.array(anyGrant, { maxLength: 5 }), (grants) => {
        const isSearchable = searchableEverywhere(grants, question);
        const permitted = permittedFields(grants, subject, NAMES, question);
        if (permitted.size === 0) return;
        const searchable = NAMES.filter((name) => name !== NAMES_FIELD && isSearchable(name));
        expect(searchable.filter((name) => !permitted.has(name))).toEqual([]);
      }),
    );
  });

  test('a name that is granted exactly is committed to, so that its absence can be shown', () => {
    fc.assert(
      fc.property(fc.array(anyGrant, { maxLength: 5 }), (grants) => {
        const committed = new Set(namesGranted(grants, subject, NOW));
        const exact = [...permittedFields(grants, subject, NAMES, question)].filter(([name, reasons]) =>
          grants.some(({ id, fields }) => reasons.includes(id) && fields.includes(name)),
        );
        expect(exact.filter(([name]) => !committed.has(name))).toEqual([]);
      }),
    );
  });
});

describe('an inquiry that comes by several hands', () => {
  const shop: Audience = { organisation: 'shop.example', groups: [], roles: [] };
  const inquiry: Question = {
    audience: shop,
    carriers: [packer],
    purpose: 'recall',
    case: 'case 7',
    now: NOW,
  };
  const forShop = (part: Partial<Grant>) => grant({ audience: audience('shop.example'), ...part });

  test('is shown what each of them may have, and nothing else', () => {
    const grants = [
      forShop({ fields: ['bizStep', 'eventTime'] }),
      grant({ fields: ['bizStep', NAMES[2] as string] }),
    ];
    expect(namesFor(grants, subject, inquiry)).toEqual(['bizStep']);
    expect(namesFor(grants.slice(0, 1), subject, inquiry)).toEqual([]);
    expect(namesFor(grants.slice(1), subject, inquiry)).toEqual([]);
  });

  test('is shown what is open for its purpose, and in the ordinary course', () => {
    const asked = { ...inquiry, carriers: [] };
    const grants = [forShop({ fields: ['bizStep'], purpose: 'recall' }), forShop({ fields: ['eventTime'] })];
    expect(namesFor(grants, subject, asked)).toEqual(['bizStep', 'eventTime']);
    expect(namesFor(grants, subject, { ...asked, purpose: 'audit' })).toEqual(['eventTime']);
  });

  test('is shown what is open for its case, whatever else it is for, and nobody can state that purpose otherwise', () => {
    const asked = { ...inquiry, carriers: [] };
    const grants = [forShop({ fields: ['bizStep'], purpose: purposeOfCase('case 7') })];
    expect(namesFor(grants, subject, asked)).toEqual(['bizStep']);
    expect(namesFor(grants, subject, { ...asked, purpose: 'audit' })).toEqual(['bizStep']);
    expect(namesFor(grants, subject, { ...asked, case: 'case 8' })).toEqual([]);
    expect(namesFor(grants, subject, { audience: shop, purpose: 'traceability', now: NOW })).toEqual([]);
    expect(namesFor(grants, subject, { ...asked, audience: packer })).toEqual([]);
    expect(PURPOSE.test(purposeOfCase('case 7'))).toBe(false);
    expect(PURPOSE.test(EMERGENCY_RULE)).toBe(false);
  });

  test('is told that there is no record only where each of them would be shown one', () => {
    const things = { products: subject.products, lots: subject.lots };
    const told = (...grants: Grant[]) => wouldShow(grants, things, ['bizStep', 'eventTime'], inquiry);
    const all = { fields: ['*'], backfill: true };
    expect(told(forShop(all), grant(all))).toBe(true);
    expect(told(forShop(all))).toBe(false);
    expect(told(forShop(all), grant({ ...all, backfill: false }))).toBe(false);
    expect(told(forShop(all), grant({ ...all, fields: ['bizStep'] }))).toBe(false);
    const ofOther = { kinds: [], products: [], lots: ['urn:other'], records: [], from: null, until: null };
    expect(told(forShop(all), grant({ ...all, selector: ofOther }))).toBe(false);
    const ofMonth = { ...ofOther, lots: [], from: NOW - 1 };
    expect(told(forShop(all), grant({ ...all, selector: ofMonth }))).toBe(false);
  });
});

describe('an entry lock', () => {
  const held = {
    state: 'HELD',
    record: 'urn:uuid:1',
    of: 'EVENT',
    organisation: 'grower.example',
    token: 9,
    'holder:grower.example': 'grower.example/people/1',
    'name:grower.example': 'Ada',
    subject: { products: [...subject.products], lots: [...subject.lots], time: subject.time },
  };
  const names = Object.keys(held);
  const lock: Subject = {
    ...attributesOf('LOCK', 'urn:lotbook:lock:1', held),
    id: 'urn:lotbook:lock:1',
    seq: 10,
    at: NOW - 1000,
  };
  const shown = (grants: Grant[], asked = question) => [
    ...permittedFields(grants, lock, names, asked).keys(),
  ];
  const open = ['state', 'record', 'of', 'organisation', 'token'];

  test('is shown to whoever is shown anything of its record, but for who in another organisation holds it', () => {
    expect(shown([grant()])).toEqual(open);
    expect(shown([grant({ fields: ['lock.holder'] })])).toEqual([
      ...open,
      'holder:grower.example',
      'name:grower.example',
    ]);
    expect(shown([grant({ fields: ['*'] })])).toEqual(names);
    const own = { ...question, audience: { ...packer, organisation: 'grower.example' } };
    expect(shown([grant({ audience: audience('grower.example') })], own)).toContain('name:grower.example');
  });

  test('is covered by what selects its record, and by nothing else', () => {
    const selecting = (selector: Partial<Grant['selector']>) =>
      shown([grant({ selector: { ...grant().selector, ...selector } })]);
    expect(selecting({ kinds: ['EVENT'], lots: [...subject.lots] })).toEqual(open);
    expect(selecting({ kinds: ['LOT'] })).toEqual([]);
    expect(selecting({ kinds: ['LOCK'] })).toEqual([]);
    expect(selecting({ products: ['https://id.gs1.org/01/09521141099999'] })).toEqual([]);
    expect(shown([grant({ until: NOW })])).toEqual([]);
  });
});
