import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ackFeed } from '../../api/delivery/acknowledge.ts';
import { openHub, type Hub } from '../../api/delivery/hub.ts';
import { openReading } from '../../api/delivery/reading.ts';
import { verifyChange } from '../../api/ledger/verify-change.ts';
import { putOrganisation } from '../../api/store/partners.ts';
import { openAuthority, ownCaller, partnerCaller, type TestAuthority } from '../support/approval.ts';
import { serveGraphql, type GraphqlEndpoint, type StreamEvent } from '../support/graphql.ts';

const OWNER = 'farm.example';
const BOOK = `${OWNER}/harvest`;
const LOT = 'https://id.gs1.org/01/09521234543213/10/a';
const callers = {
  admin: ownCaller(OWNER, 'ADMINISTRATOR'),
  editor: ownCaller(OWNER, 'EDITOR'),
  viewer: ownCaller(OWNER, 'VIEWER'),
  partner: partnerCaller('packer.example'),
  other: partnerCaller('other.example'),
};

const RECORDS = `query ($book: ID!, $filter: RecordFilter, $first: Int, $after: ID, $viewAs: ID) {
  records(book: $book, filter: $filter, first: $first, after: $after, viewAs: $viewAs) {
    edges { cursor node {
      book id kind version seq updatedAt fields content permitted { field grants } withheld
      links { role identifier field kind quantity uom } token disclosures
    } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;
const ADD_GRANT = `mutation ($input: AddGrantInput!) {
  addGrant(input: $input) {
    grant { id version right audience { organisations groups roles public } selector { lots products } fields from until }
    error { code place }
  }
}`;
const UPDATES = `mutation ($updates: [UpdateInput!]!) {
  requestUpdates(updates: $updates) {
    requests { id state error { code place currentVersion } outcome { record version seq } }
  }
}`;
const FEED = `subscription ($book: ID!, $after: ID) {
  feed(book: $book, after: $after) { cursor caughtUp end items { kind token disclosures grants } }
}`;

type Json = Record<string, unknown>;

let authority: TestAuthority;
let endpoint: GraphqlEndpoint;
let hub: Hub;

beforeAll(async () => {
  authority = await openAuthority(OWNER);
  const { approval, db, grants, bell } = authority;
  const clock = () => authority.clock.now;
  const sources = { db, grants, organisation: OWNER, clock };
  const log = pino({ level: 'silent' });
  hub = openHub({ ...sources, bell, log, config: { heartbeatMs: 60_000, slowReaderMs: 60_000 } });
  endpoint = await serveGraphql(callers, {
    approval,
    grants,
    bell,
    hub,
    clock,
    reading: openReading(sources),
    ackFeed: (ack) => ackFeed(sources, ack),
    randomId: randomUUID,
  });
  await putOrganisation(db.prisma, { id: 'packer.example', status: 'ACTIVE', now: new Date(0) });
});

afterAll(async () => {
  hub.close();
  await endpoint.close();
  await authority.close();
});

async function ask(as: keyof typeof callers, query: string, variables: object = {}): Promise<Json> {
  const { data, errors } = await endpoint.call(as, query, variables as Record<string, unknown>);
  if (errors) throw Object.assign(new Error(JSON.stringify(errors)), { code: errors[0]?.extensions['code'] });
  return data as Json;
}

function event(at: number, more: object = {}): object {
  return {
    type: 'ObjectEvent',
    eventTime: `2026-06-01T10:00:0${at}.000Z`,
    eventTimeZoneOffset: '+00:00',
    action: 'ADD',
    bizStep: 'commissioning',
    quantityList: [{ epcClass: LOT, quantity: '12.50', uom: 'KGM' }],
    ...more,
  };
}

const update = (key: string, content: unknown) => ({
  book: BOOK,
  key,
  changes: [{ kind: 'EVENT', content }],
});

describe('a book, from its opening to its partner', () => {
  it('is opened by an administrator', async () => {
    const query = `mutation { createBook(input: { name: "harvest", title: "Harvest" }) { book { id owner authority localCopy length createdAt feed { state } } error { code } } }`;
    expect(await ask('admin', query)).toMatchObject({
      createBook: {
        error: null,
        book: { id: BOOK, authority: OWNER, localCopy: false, length: 1, feed: null },
      },
    });
    await expect(ask('editor', query)).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
  });

  it('takes updates, each with its own answer', async () => {
    const updates = [update('1', event(1)), update('2', event(2, { action: 'BUY' })), update('3', event(3))];
    const { requestUpdates } = await ask('editor', UPDATES, { updates });
    expect(requestUpdates).toMatchObject({
      requests: [
        { state: 'APPROVED', error: null, outcome: [{ version: 1 }] },
        { state: 'REFUSED', error: { code: 'BAD_INPUT', place: 'updates[1].changes[0].action' } },
        { state: 'APPROVED', error: null, outcome: [{ version: 1 }] },
      ],
    });
    expect((await ask('editor', UPDATES, { updates }))['requestUpdates']).toEqual(requestUpdates);
  });

  it('keeps every digit of a number', async () => {
    const digits = '123456789012345678901234567890.123456789';
    const body = JSON.stringify({ query: UPDATES, variables: { updates: [update('4', event(4))] } });
    const { errors } = await endpoint.call('editor', '', {}, { body: body.replace('"12.50"', digits) });
    expect(errors).toBeUndefined();
    const filter = { fields: [{ name: 'quantityList[].quantity', anyOf: [digits] }] };
    const { records } = await ask('viewer', RECORDS, { book: BOOK, filter, first: 5 });
    expect(records).toMatchObject({
      edges: [
        {
          node: {
            fields: { 'quantityList[].quantity': [digits] },
            content: { quantityList: [{ quantity: digits }] },
          },
        },
      ],
    });
  });

  it('is shown whole to its own people', async () => {
    const { records } = await ask('viewer', RECORDS, { book: BOOK, filter: { kinds: ['EVENT'] }, first: 2 });
    expect(records).toMatchObject({
      edges: [
        {
          node: {
            kind: 'EVENT',
            version: 1,
            fields: { bizStep: 'commissioning', 'quantityList[].quantity': ['12.5'] },
            content: { type: 'ObjectEvent', quantityList: [{ quantity: 12.5 }] },
            permitted: [],
            withheld: [],
            links: [{ role: 'OUT', identifier: LOT, kind: 'lot', quantity: '12.5', uom: 'KGM' }],
          },
        },
        {},
      ],
      pageInfo: { hasNextPage: true, hasPreviousPage: false },
    });
  });

  it('is nothing to a partner without a grant', async () => {
    expect(await ask('partner', '{ books { id } }')).toEqual({ books: [] });
    await expect(ask('partner', RECORDS, { book: BOOK, first: 1 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it.each([
    [{ fields: [] }, 'input.fields'],
    [{ fields: ['a..b'] }, 'input.fields[0]'],
    [{ audience: {} }, 'input.audience'],
    [{ audience: { organisations: ['Packer'] } }, 'input.audience.organisations[0]'],
    [{ selector: { lots: ['https://id.gs1.org/01/09521234543214/10/a'] } }, 'input.selector.lots[0]'],
    [{ from: '2030-01-01T00:00:00Z', backfill: true }, 'input.backfill'],
    [{ from: '2030-01-01T00:00:00Z', until: '2029-01-01T00:00:00Z' }, 'input.until'],
    [{ name: 'Packer!' }, 'input.name'],
    [{ purpose: '' }, 'input.purpose'],
  ])('refuses a grant that is not sound: %j', async (wrong, place) => {
    const input = { book: BOOK, fields: ['*'], audience: { organisations: ['packer.example'] }, ...wrong };
    expect(await ask('admin', ADD_GRANT, { input })).toEqual({
      addGrant: { grant: null, error: { code: 'BAD_INPUT', place } },
    });
  });

  it('is shared by a grant, whose identifiers may come in any notation', async () => {
    const input = {
      book: BOOK,
      name: 'packer',
      fields: ['bizStep', 'quantityList[].epcClass'],
      audience: { organisations: ['packer.example', 'other.example'] },
      selector: { lots: ['urn:epc:class:lgtin:9521234.054321.a'] },
      backfill: true,
    };
    const added = await ask('admin', ADD_GRANT, { input });
    expect(added).toMatchObject({
      addGrant: { error: null, grant: { version: 1, selector: { lots: [LOT] }, until: null } },
    });
    expect(await ask('admin', ADD_GRANT, { input })).toMatchObject({
      addGrant: { grant: null, error: { code: 'CONFLICT' } },
    });
    const query = `query { grants(book: "${BOOK}") { id audience { organisations } } }`;
    const { grants } = await ask('partner', query);
    expect(grants).toEqual([
      { id: 'urn:lotbook:grant:packer', audience: { organisations: ['packer.example'] } },
    ]);
    expect((await ask('viewer', query))['grants']).toHaveLength(2);
  });

  it('is then seen by the partner as far as permitted, and signed', async () => {
    const { records } = await ask('partner', RECORDS, {
      book: BOOK,
      filter: { kinds: ['EVENT'] },
      first: 10,
    });
    const { edges } = records as { edges: { node: Json }[] };
    expect(edges).toHaveLength(3);
    for (const { node } of edges) {
      expect(Object.keys(node['fields'] as object).sort()).toEqual(['bizStep', 'quantityList[].epcClass']);
      expect(node).toMatchObject({
        content: { bizStep: 'commissioning' },
        withheld: [],
        links: [{ quantity: null, uom: null }],
      });
      expect((node['permitted'] as { field: string }[]).map(({ field }) => field).sort()).toEqual([
        'bizStep',
        'quantityList[].epcClass',
      ]);
      const verified = verifyChange({
        token: node['token'] as string,
        disclosures: node['disclosures'] as string[],
        keys: authority.keys,
        expect: { issuer: OWNER, book: BOOK },
      });
      expect(verified).toMatchObject({ ok: true });
    }
  });

  it('is seen with the eyes of the partner by its own people', async () => {
    const variables = { book: BOOK, filter: { kinds: ['EVENT'] }, first: 10 };
    const { records } = await ask('viewer', RECORDS, { ...variables, viewAs: 'packer.example' });
    const { edges } = records as { edges: { node: Json }[] };
    expect(edges.map(({ node }) => node['withheld'])).toEqual(
      edges.map(() => expect.arrayContaining(['quantityList[].quantity']) as unknown),
    );
    await expect(ask('viewer', RECORDS, { ...variables, viewAs: 'nobody.example' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(ask('partner', RECORDS, { ...variables, viewAs: 'other.example' })).rejects.toMatchObject({
      code: 'NOT_PERMITTED',
    });
  });

  it('is told to subscribers, each with the selection that it asked for', async () => {
    const two = [
      endpoint.subscribe('partner', FEED, { book: BOOK }),
      endpoint.subscribe('other', FEED.replace(' disclosures', ''), { book: BOOK }),
    ];
    const first = await Promise.all(two.map((stream) => until(stream, 3)));
    expect(first[0]?.every((item) => 'disclosures' in item)).toBe(true);
    expect(first[1]?.some((item) => 'disclosures' in item)).toBe(false);
    expect(first[0]?.map(({ token }) => token)).toHaveLength(3);
  });

  it('acknowledges what a subscriber keeps', async () => {
    const stream = endpoint.subscribe('partner', FEED, { book: BOOK });
    const { value } = await stream.next();
    const cursor = (value as StreamEvent).data?.['feed']?.['cursor'];
    await stream.return(undefined);
    const query = `mutation ($cursor: ID!) { ackFeed(book: "${BOOK}", cursor: $cursor) { cursor error { code } } }`;
    expect(await ask('partner', query, { cursor })).toEqual({ ackFeed: { cursor, error: null } });
    expect(await ask('partner', query, { cursor: 'x' })).toMatchObject({
      ackFeed: { error: { code: 'CURSOR_EXPIRED' } },
    });
  });

  it('is nothing to the partner any more once the grant has ended', async () => {
    const query = `mutation { endGrant(book: "${BOOK}", id: "urn:lotbook:grant:packer") { grant { version until } error { code } } }`;
    const ended = await ask('admin', query);
    expect(ended).toMatchObject({
      endGrant: { error: null, grant: { version: 2, until: new Date(authority.clock.now).toISOString() } },
    });
    expect(await ask('admin', query)).toEqual(ended);
    await expect(ask('partner', RECORDS, { book: BOOK, first: 1 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

/** The items of a feed, until there are so many changes. */
async function until(
  stream: AsyncGenerator<StreamEvent>,
  changes: number,
): Promise<Record<string, unknown>[]> {
  const items: { kind: string }[] = [];
  for await (const { data } of stream) {
    items.push(...((data?.['feed']?.['items'] ?? []) as { kind: string }[]));
    if (items.filter(({ kind }) => kind === 'CHANGE').length >= changes) break;
  }
  return items.filter(({ kind }) => kind === 'CHANGE');
}
