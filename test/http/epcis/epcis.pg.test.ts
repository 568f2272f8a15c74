import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from '../../../api/events/epcis.ts';
import { packagePath } from '../../../api/package-root.ts';
import type { TestAuthority } from '../../support/approval.ts';
import {
  callers,
  CONTEXT,
  documentOf,
  event,
  openEpcis,
  OWNER,
  type Send,
  type TestEpcis,
} from './support.ts';
import { audience, grantTerms } from '../../support/grant.ts';

const BOOK = `${OWNER}/plant`;
const DATA = packagePath('..', 'shared', 'data', 'epcis');

let epcis: TestEpcis;
let authority: TestAuthority;
let send: Send;

beforeAll(async () => {
  epcis = await openEpcis();
  ({ authority, send } = epcis);
  await authority.approval.createBook(callers.admin, { name: 'plant', title: 'Plant' });
});

afterAll(() => epcis?.close());

type Answer = Awaited<ReturnType<Send>>;

const eventsIn = (answer: Answer) =>
  (
    answer.json as unknown as {
      epcisBody: { queryResults: { resultsBody: { eventList: Record<string, string>[] } } };
    }
  ).epcisBody.queryResults.resultsBody.eventList;

const query = (as: string, parameters: string) => send(as, 'GET', `/epcis/events?${parameters}`);

describe('capturing', () => {
  it('takes a document and tells where its job is', async () => {
    const sent = await send('editor', 'POST', '/epcis/capture', documentOf(event('1'), event('2')));
    expect(sent.status).toBe(202);
    const job = await send('viewer', 'GET', sent.headers.get('location') ?? '');
    expect(job.json).toMatchObject({ running: false, success: true, events: 2, captured: 2, errors: [] });
    expect((await send('viewer', 'GET', '/epcis/capture')).json).toMatchObject([job.json]);
  });

  it('does not double what it knows', async () => {
    const before = eventsIn(await query('viewer', 'perPage=100')).length;
    const again = await send('editor', 'POST', '/epcis/capture', documentOf(event('2'), event('1')));
    const job = await send('viewer', 'GET', again.headers.get('location') ?? '');
    expect(job.json).toMatchObject({ success: true });
    expect(eventsIn(await query('viewer', 'perPage=100'))).toHaveLength(before);
  });

  it('answers the same call, by its idempotency key, with the same job', async () => {
    const key = { 'Idempotency-Key': 'shift-1' };
    const [one, two] = [
      await send('editor', 'POST', '/epcis/capture', documentOf(event('3')), key),
      await send('editor', 'POST', '/epcis/capture', documentOf(event('3')), key),
    ];
    expect(two.headers.get('location')).toBe(one.headers.get('location'));
    const other = await send('editor', 'POST', '/epcis/capture', documentOf(event('4')), key);
    expect([other.status, other.json['code']]).toEqual([409, 'KEY_REUSED']);
  });

  it('refuses a document with one bad event whole, naming event and field', async () => {
    const sent = await send(
      'editor',
      'POST',
      '/epcis/capture',
      documentOf(event('5'), event('6', { action: 'BUY' })),
    );
    expect(sent.status).toBe(400);
    expect(sent.headers.get('content-type')).toContain('application/problem+json');
    expect(sent.json['errors']).toMatchObject([{ event: 1, field: 'epcisBody.eventList[1].action' }]);
    expect(
      (await send('viewer', 'GET', '/epcis/events/urn:uuid:00000000-0000-4000-8000-000000000005')).status,
    ).toBe(404);
  });

  it('takes the faultless events where the caller says proceed', async () => {
    const events = [event('5', { action: 'BUY' }), event('6'), event('7', { eventTime: 'noon' }), event('8')];
    const more = { 'GS1-Capture-Error-Behaviour': 'proceed' };
    const sent = await send('editor', 'POST', '/epcis/capture', documentOf(...events), more);
    const { json } = await send('viewer', 'GET', sent.headers.get('location') ?? '');
    expect(json).toMatchObject({ running: false, success: false, events: 4, captured: 2 });
    expect((json['errors'] as { event: number }[]).map(({ event }) => event)).toEqual([0, 2]);
  });

  it('keeps another event that carries a known eventID under its event hash', async () => {
    const other = { '@context': CONTEXT, ...event('1', { bizStep: 'inspecting' }) };
    const sent = await send('editor', 'POST', '/epcis/events', other);
    expect([sent.status, decodeURIComponent(sent.headers.get('location') ?? '')]).toEqual([
      201,
      expect.stringContaining('/epcis/events/ni:///sha-256;'),
    ]);
  });

  it('takes one event and tells where it is', async () => {
    const sent = await send('editor', 'POST', '/epcis/events', { '@context': CONTEXT, ...event('9') });
    expect(sent.status).toBe(201);
    const read = await send('viewer', 'GET', sent.headers.get('location') ?? '');
    expect(read.json).toMatchObject({ type: 'ObjectEvent', bizStep: 'shipping' });
  });

  it.each(['viewer', 'partner'])('is not for a %s', async (as) => {
    const sent = await send(as, 'POST', '/epcis/capture', documentOf(event('10')));
    expect([sent.status, sent.json['code']]).toEqual([403, 'NOT_PERMITTED']);
  });

  it('is refused in another media type', async () => {
    const sent = await send('editor', 'POST', '/epcis/capture', '<xml/>', {
      'content-type': 'application/xml',
    });
    expect([sent.status, sent.json['place']]).toEqual([400, 'Content-Type']);
  });

  it('is refused when the document is too large', async () => {
    const sent = await send('editor', 'POST', '/epcis/capture', ' '.repeat(1_000_001));
    expect([sent.status, sent.json['code']]).toEqual([413, 'TOO_LARGE']);
  });
});

describe('querying', () => {
  it('goes through all pages by the links', async () => {
    const all = eventsIn(await query('viewer', 'perPage=100')).map(({ eventID }) => eventID);
    const paged: (string | undefined)[] = [];
    for (let next: string | undefined = '/epcis/events?perPage=2'; next !== undefined;) {
      const page = await send('viewer', 'GET', next);
      paged.push(...eventsIn(page).map(({ eventID }) => eventID));
      next = /^<(.*)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1];
    }
    expect(paged).toEqual(all);
    expect(all.length).toBeGreaterThan(4);
  });

  it('answers with a document that can be captured again', async () => {
    const answer = await query('viewer', 'MATCH_epc=urn:epc:id:sgtin:9521234.054321.400&EQ_bizStep=shipping');
    expect(answer.headers.get('gs1-epcis-version')).toBe('2.0.0');
    const parsed = parseDocument(JSON.stringify(answer.json));
    expect(parsed.ok && parsed.events.length).toBe(eventsIn(answer).length);
  });

  it('gives a partner what grants permit, and finds nothing by the rest', async () => {
    expect((await query('partner', `book=${BOOK}`)).status).toBe(404);
    await authority.approval.changeGrant(callers.admin, {
      book: BOOK,
      id: 'urn:lotbook:grant:retailer',
      base: 0,
      terms: grantTerms({
        audience: audience('retailer.example'),
        fields: ['type', 'eventTime', 'epcList'],
        backfill: true,
      }),
    });
    const seen = eventsIn(await query('partner', 'MATCH_anyEPC=https://id.gs1.org/01/09521234543213/21/400'));
    expect(seen.length).toBeGreaterThan(4);
    for (const each of seen) expect(Object.keys(each).sort()).toEqual(['epcList', 'eventTime', 'type']);
    expect(eventsIn(await query('partner', 'EQ_bizStep=shipping'))).toEqual([]);
  });

  it('refuses an unknown parameter, naming it', async () => {
    const answer = await query('viewer', 'EQ_colour=red');
    expect([answer.status, answer.json['place']]).toEqual([400, 'EQ_colour']);
  });

  it('needs the name of the book where there are several', async () => {
    await authority.approval.createBook(callers.admin, { name: 'other', title: 'Other' });
    const answer = await query('viewer', '');
    expect([answer.status, answer.json['place']]).toEqual([400, 'book']);
    expect((await query('viewer', `book=${BOOK}`)).status).toBe(200);
  });

  it('tells the types of events', async () => {
    expect((await send('partner', 'GET', '/epcis/eventTypes')).json['@set']).toHaveLength(5);
  });

  it('finds the events of a type below the type, page by page', async () => {
    const all = eventsIn(await query('viewer', `book=${BOOK}&eventType=ObjectEvent&perPage=100`));
    const below = `/epcis/eventTypes/ObjectEvent/events?book=${BOOK}`;
    expect(eventsIn(await send('viewer', 'GET', `${below}&perPage=100`))).toEqual(all);
    const first = await send('viewer', 'GET', `${below}&perPage=1`);
    const next = /^<(.*)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    expect(eventsIn(await send('viewer', 'GET', next))).toEqual(all.slice(1, 2));
    const other = await send('viewer', 'GET', `/epcis/eventTypes/AggregationEvent/events?book=${BOOK}`);
    expect(eventsIn(other)).toEqual([]);
  });

  it.each(['/epcis/eventTypes/SoldEvent/events', '/epcis/bizSteps', '/epcis/'])('has no %s', async (path) => {
    expect((await send('viewer', 'GET', path)).status).toBe(404);
  });
});

describe.skipIf(!existsSync(DATA))(
  'documents that others wrote (skipped where ../shared/data is absent)',
  () => {
    const files = (folder: string) =>
      (existsSync(DATA) ? readdirSync(`${DATA}/${folder}`) : []).filter((name) => /json(ld)?$/.test(name));
    const text = (path: string) => readFileSync(`${DATA}/${path}`, 'utf8');

    // Some of them use one eventID for different events: each goes into a book of its own.
    it.each(files('valid').map((name, at) => [name, `valid-${at}`] as const))(
      'captures %s',
      async (name, book) => {
        const { id } = await authority.approval.createBook(callers.admin, {
          name: book,
          title: name,
        });
        const sent = await send('editor', 'POST', `/epcis/capture?book=${id}`, text(`valid/${name}`));
        expect(sent.json).toBeNull();
        const { json } = await send('viewer', 'GET', sent.headers.get('location') ?? '');
        expect(json).toMatchObject({ success: true, errors: [] });
        const answer = await query('viewer', `book=${id}&perPage=100`);
        expect(parseDocument(JSON.stringify(answer.json))).toMatchObject({ ok: true });
        expect(eventsIn(answer)).toHaveLength(json['captured'] as number);
      },
    );

    it.each(files('invalid'))('refuses %s, naming the field', async (name) => {
      const sent = await send('editor', 'POST', `/epcis/capture?book=${BOOK}`, text(`invalid/${name}`));
      expect(sent.status).toBe(400);
      for (const error of sent.json['errors'] as { field: string }[]) expect(error.field).not.toBe('');
    });
  },
);
