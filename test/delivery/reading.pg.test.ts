import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordChange } from '../../api/approval/update.ts';
import { openReading, type Reading } from '../../api/delivery/reading.ts';
import type { RecordFilter } from '../../api/delivery/record-search.ts';
import type { RecordView } from '../../api/delivery/records.ts';
import type { Caller } from '../../api/sharing/caller.ts';
import { putOrganisation } from '../../api/store/partners.ts';
import { openAuthority, ownCaller, partnerCaller, type TestAuthority } from '../support/approval.ts';
import { audience, grantTerms } from '../support/grant.ts';

const OWNER = 'farm.example';
const BOOK = 'farm.example/harvest';
const admin = ownCaller(OWNER, 'ADMINISTRATOR');
const viewer = ownCaller(OWNER, 'VIEWER');
const LOTS = ['a', 'b', 'c'].map((lot) => `https://id.gs1.org/01/09521234543213/10/${lot}`);
const STEPS = ['commissioning', 'shipping', 'receiving'];
const FIELDS = [
  'type',
  'action',
  'bizStep',
  'eventTime',
  'quantityList[].epcClass',
  'quantityList[].quantity',
  'readPoint.id',
  'text',
];
const DAYS = [1, 2, 3, 4, 5, 6];

let authority: TestAuthority;
let reading: Reading;
let partners = 0;

beforeAll(async () => {
  authority = await openAuthority(OWNER);
  const { db, grants, clock } = authority;
  reading = openReading({ db, grants, clock: () => clock.now, organisation: OWNER });
  await authority.approval.createBook(admin, { name: 'harvest', title: 'Harvest' });
  const changes: RecordChange[] = Array.from({ length: 36 }, (_, at) => ({
    kind: 'EVENT',
    base: 0,
    content: event(at),
  }));
  changes.push({ kind: 'LOT', record: LOTS[0], base: 0, content: {} });
  changes.push({
    kind: 'NOTE',
    record: 'urn:uuid:6e0b4c1a-0f6c-4b64-9a7e-1d1a6c0f9d10',
    base: 0,
    content: { about: [LOTS[0]], text: 'shipping' },
  });
  const [view] = await authority.approval.requestUpdates(admin, [{ book: BOOK, key: 'seed', changes }]);
  expect(view?.error).toBeNull();
});

afterAll(() => authority.close());

function event(at: number): object {
  return {
    type: 'ObjectEvent',
    eventTime: `2026-06-0${DAYS[at % 6]}T1${at % 10}:00:00.000Z`,
    eventTimeZoneOffset: '+00:00',
    action: 'OBSERVE',
    bizStep: STEPS[at % 3],
    readPoint: { id: 'https://id.gs1.org/414/9521321000018' },
    quantityList: [{ epcClass: LOTS[(at >> 1) % 3], quantity: String(at + 1), uom: 'KGM' }],
  };
}

const someOf = <T>(list: readonly T[]) => fc.subarray([...list]);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const time = fc.constantFrom(...DAYS).map((day) => Date.parse(`2026-06-0${day}T12:00:00Z`));

const someFields = fc.subarray(FIELDS, { minLength: 1, maxLength: 4 });
const anyTerms = fc.record({
  fields: fc.oneof({ weight: 1, arbitrary: fc.constant(['*']) }, { weight: 4, arbitrary: someFields }),
  kinds: fc.oneof(fc.constant([]), someOf(['EVENT', 'LOT', 'NOTE'] as const)),
  lots: fc.oneof(fc.constant([]), someOf(LOTS)),
  from: fc.option(time),
  backfill: fc.boolean(),
});

const anyFilter: fc.Arbitrary<RecordFilter> = fc.record({
  kinds: optional(someOf(['EVENT', 'LOT', 'NOTE', 'GRANT'] as const)),
  identifiers: optional(
    fc.oneof(someOf(LOTS), fc.constant(['urn:nobody:nothing', 'urn:epc:class:lgtin:9521234.054321.a'])),
  ),
  from: optional(time.map((ms) => new Date(ms))),
  until: optional(time.map((ms) => new Date(ms))),
  fields: optional(
    fc.array(
      fc.oneof(
        fc.record({ name: fc.constant('bizStep'), anyOf: someOf(STEPS) }),
        fc.record({ name: fc.constant('quantityList[].epcClass'), anyOf: someOf(LOTS) }),
        fc.record({ name: fc.constant('quantityList[].quantity'), anyOf: someOf(['1', '2', '3', '4', '5']) }),
        fc.record({ name: fc.constantFrom('text', 'constructor'), anyOf: fc.constant(['shipping']) }),
      ),
      { maxLength: 2 },
    ),
  ),
});

type Terms = typeof anyTerms extends fc.Arbitrary<infer T> ? T : never;

async function share(partner: Caller, terms: Terms): Promise<void> {
  const { kinds, lots, from, fields, backfill } = terms;
  const selector = { kinds, products: [], lots, records: [], from, until: null };
  const whole = grantTerms({ audience: audience(partner.organisation), selector, fields, backfill });
  const id = `urn:lotbook:grant:g${partners}-${Math.random().toString(36).slice(2)}`;
  await authority.approval.changeGrant(admin, { book: BOOK, id, terms: whole, base: 0 });
}

async function newPartner(...grants: Terms[]): Promise<Caller> {
  const partner = partnerCaller(`p${(partners += 1)}.example`);
  for (const terms of grants) await share(partner, terms);
  return partner;
}

async function all(caller: Caller, filter?: RecordFilter, first = 7, viewAs?: string): Promise<RecordView[]> {
  const found: RecordView[] = [];
  for (let after: string | null = null; ;) {
    const page = await reading.records({ caller, book: BOOK, filter, first, after, viewAs });
    expect(page.items.length).toBeLessThanOrEqual(first);
    found.push(...page.items.map(({ node }) => node));
    if (!page.hasNextPage) return found;
    after = page.endCursor;
  }
}

/** What the filter means, said plainly over what the caller sees. */
function meets(view: RecordView, filter: RecordFilter): boolean {
  const { fields } = view;
  const seen = (name: string) => (Object.hasOwn(fields, name) ? fields[name] : undefined);
  const eventTime =
    typeof seen('eventTime') === 'string' ? Date.parse(seen('eventTime') as string) : Number.NaN;
  const lots = view.kind === 'EVENT' ? [seen('quantityList[].epcClass') ?? []].flat() : [];
  const wanted = filter.identifiers?.map((id) => (id.startsWith('urn:epc:class') ? LOTS[0] : id));
  return (
    (!filter.kinds || filter.kinds.includes(view.kind)) &&
    (!wanted || lots.some((lot) => wanted.includes(lot as string))) &&
    (!filter.from || eventTime >= filter.from.getTime()) &&
    (!filter.until || eventTime < filter.until.getTime()) &&
    (filter.fields ?? []).every(({ name, anyOf }) =>
      [seen(name) ?? []].flat().some((value) => anyOf.includes(String(value))),
    )
  );
}

describe('what a partner reads', () => {
  it('is what the filter says of its own view, never of a hidden field', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyTerms, { minLength: 1, maxLength: 2 }),
        fc.array(anyFilter, { minLength: 5, maxLength: 5 }),
        fc.integer({ min: 1, max: 40 }),
        async (grants, filters, first) => {
          const partner = await newPartner(...grants);
          const view = await all(partner);
          for (const filter of filters) {
            const expected = view.filter((record) => meets(record, filter)).map(({ id }) => id);
            expect((await all(partner, filter, first)).map(({ id }) => id)).toEqual(expected);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is what the owner sees with its eyes, with the names that it does not get', async () => {
    const partner = await newPartner({
      fields: ['bizStep'],
      kinds: ['EVENT'],
      lots: [],
      from: null,
      backfill: true,
    });
    await putOrganisation(authority.db.prisma, {
      id: partner.organisation,
      status: 'ACTIVE',
      now: new Date(0),
    });
    const theirs = (await all(partner)).filter(({ kind }) => kind === 'EVENT');
    const seen = (await all(viewer, { kinds: ['EVENT'] }, 7, partner.organisation)).map(
      ({ withheld, ...view }) => {
        expect(withheld).toContain('quantityList[].quantity');
        expect(withheld).not.toContain('bizStep');
        return { ...view, withheld: [] };
      },
    );
    expect(seen).toEqual(theirs);
    expect(seen).toHaveLength(36);
  });

  it('leaves out a book when the last grant for it has ended', async () => {
    const caller = partnerCaller('ended.example');
    const id = 'urn:lotbook:grant:ended';
    const add = (until: number | null, base: number) =>
      authority.approval.changeGrant(admin, {
        book: BOOK,
        id,
        terms: grantTerms({ audience: audience(caller.organisation), until }),
        base,
      });
    await add(null, 0);
    expect(await reading.books(caller)).toMatchObject([{ id: BOOK }]);
    await add(authority.clock.now, 1);
    expect(await reading.books(caller)).toEqual([]);
  });

  it('leaves out books without a grant in force for it', async () => {
    const stranger = partnerCaller('stranger.example');
    expect(await reading.books(stranger)).toEqual([]);
    expect(await reading.book(stranger, BOOK)).toBeNull();
    await expect(reading.records({ caller: stranger, book: BOOK, first: 1 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(reading.changes({ caller: stranger, book: BOOK, first: 1 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(
      reading.record({ caller: stranger, book: BOOK, id: LOTS[0] as string }),
    ).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('does not tell how long the book is', async () => {
    const partner = await newPartner({ fields: ['*'], kinds: [], lots: [], from: null, backfill: false });
    expect(await reading.book(partner, BOOK)).toMatchObject({ id: BOOK, length: null, feed: null });
    expect((await reading.book(viewer, BOOK))?.length).toBeGreaterThan(38);
  });

  it('cannot be sorted by an event time that it does not see', async () => {
    const search = {
      caller: await newPartner({ fields: ['bizStep'], kinds: [], lots: [], from: null, backfill: true }),
    };
    const order = { book: BOOK, search: {}, first: 5, order: 'EVENT_TIME', descending: false } as const;
    await expect(reading.search({ ...search, ...order })).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
  });

  it('cannot be looked at with the eyes of others', async () => {
    const partner = await newPartner({ fields: ['*'], kinds: [], lots: [], from: null, backfill: true });
    const query = { caller: partner, book: BOOK, first: 1, viewAs: 'p1.example' };
    await expect(reading.records(query)).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
  });
});

describe("what the node's own people read", () => {
  it('is found by what a filter says', async () => {
    await fc.assert(
      fc.asyncProperty(anyFilter, async (filter) => {
        const expected = (await all(viewer)).filter((record) => meets(record, filter)).map(({ id }) => id);
        expect((await all(viewer, filter)).map(({ id }) => id)).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('is found by the product of its lots, and in other notations', async () => {
    const product = 'https://id.gs1.org/01/09521234543213';
    expect(await all(viewer, { identifiers: [product] })).toHaveLength(36);
    expect(await all(viewer, { identifiers: ['urn:epc:class:lgtin:9521234.054321.b'] })).toHaveLength(12);
  });

  it.each([false, true])('comes in the order of event time, descending: %s', async (descending) => {
    const times: string[] = [];
    for (let after: string | null = null; ;) {
      const page = await reading.search({
        caller: viewer,
        book: BOOK,
        search: {},
        first: 5,
        after,
        order: 'EVENT_TIME',
        descending,
      });
      times.push(...page.items.map(({ node }) => String(node.fields['eventTime'])));
      if (!page.hasNextPage) break;
      after = page.endCursor;
    }
    expect(times).toHaveLength(36);
    expect(times).toEqual(descending ? times.toSorted().toReversed() : times.toSorted());
  });

  it.each([undefined, [LOTS[0] as string]])('comes in the order of the log, with lots %s', async (lots) => {
    const search = lots ? { identifiers: [{ exact: lots, products: [] }] } : { kinds: ['EVENT' as const] };
    const seqs: number[] = [];
    for (let after: string | null = null; ;) {
      const query = { caller: viewer, book: BOOK, search, first: 5, after };
      const page = await reading.search({ ...query, order: 'CURRENT', descending: true });
      seqs.push(...page.items.map(({ node }) => node.seq));
      if (!page.hasNextPage) break;
      after = page.endCursor;
    }
    expect(seqs).toHaveLength(lots ? 12 : 36);
    expect(seqs).toEqual(seqs.toSorted((a, b) => b - a));
  });

  it('goes page by page through the log', async () => {
    const seqs: number[] = [];
    for (let after: string | null = null; ;) {
      const page = await reading.changes({ caller: viewer, book: BOOK, first: 9, after });
      seqs.push(...page.items.map(({ node }) => node.seq));
      if (!page.hasNextPage) break;
      after = page.endCursor;
    }
    const length = (await reading.book(viewer, BOOK))?.length ?? 0;
    expect(seqs).toEqual(Array.from({ length }, (_, at) => at + 1));
  });

  it.each([0, 101, 1.5])('is not given %s at a time', async (first) => {
    await expect(reading.records({ caller: viewer, book: BOOK, first })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      details: { place: 'first' },
    });
  });

  it.each(['x', 'WyJGSVJTVCIsLTFd', 'WyJMT0ciLDFd'])(
    'does not go on from what is no cursor: %s',
    async (after) => {
      const asked = reading.records({ caller: viewer, book: BOOK, first: 1, after });
      await expect(asked).rejects.toMatchObject({ code: 'BAD_INPUT', details: { place: 'after' } });
    },
  );
});
