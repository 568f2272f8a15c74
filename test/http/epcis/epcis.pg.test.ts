import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openReading } from '../../../api/delivery/reading.ts';
import { parseDocument } from '../../../api/events/epcis.ts';
import { epcisRouter } from '../../../api/http/epcis/router.ts';
import { sendProblem, toProblem } from '../../../api/http/problem.ts';
import { packagePath } from '../../../api/package-root.ts';
import type { Caller } from '../../../api/sharing/caller.ts';
import { openAuthority, ownCaller, partnerCaller, type TestAuthority } from '../../support/approval.ts';

const OWNER = 'packer.example';
const BOOK = `${OWNER}/plant`;
const CONTEXT = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld';
const DATA = packagePath('..', 'shared', 'data', 'epcis');
const callers: Record<string, Caller> = {
  admin: ownCaller(OWNER, 'ADMINISTRATOR'),
  editor: ownCaller(OWNER, 'EDITOR'),
  viewer: ownCaller(OWNER, 'VIEWER'),
  partner: partnerCaller('retailer.example'),
};

let authority: TestAuthority;
let server: Server;
let base: string;

beforeAll(async () => {
  authority = await openAuthority(OWNER);
  const { approval, db, grants, clock } = authority;
  const admin = callers['admin'] as Caller;
  await approval.createBook(admin, { name: 'plant', title: 'Plant' });
  const reading = openReading({ db, grants, clock: () => clock.now, organisation: OWNER });
  const router = epcisRouter({
    approval,
    reading,
    db,
    clock: () => clock.now,
    randomId: randomUUID,
    config: { maxBodyBytes: 1_000_000 },
  });
  const onError: ErrorRequestHandler = (error, _req, res, _next) =>
    sendProblem(res, toProblem(error), 'request-1');
  const app = express()
    .use((req, res, next) => {
      res.locals['caller'] = callers[req.get('x-caller') ?? ''];
      next();
    })
    .use('/epcis', router)
    .use(onError);
  server = createServer(app);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));
  await authority.close();
});

interface Answer {
  status: number;
  headers: Headers;
  json: Record<string, unknown>;
}

async function send(
  as: string,
  method: string,
  path: string,
  body?: unknown,
  more: object = {},
): Promise<Answer> {
  const res = await fetch(path.startsWith('http') ? path : base + path, {
    method,
    headers: { 'x-caller': as, 'content-type': 'application/ld+json', ...more },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await res.text();
  return {
    status: res.status,
    headers: res.headers,
    json: (text === '' ? null : JSON.parse(text)) as Answer['json'],
  };
}

function event(eventID: string, more: object = {}): object {
  return {
    type: 'ObjectEvent',
    eventID: `urn:uuid:00000000-0000-4000-8000-${eventID.padStart(12, '0')}`,
    eventTime: '2026-06-01T10:00:00.000Z',
    eventTimeZoneOffset: '+02:00',
    action: 'OBSERVE',
    bizStep: 'shipping',
    epcList: ['https://id.gs1.org/01/09521234543213/21/400'],
    ...more,
  };
}

const documentOf = (...eventList: object[]) => ({
  '@context': [CONTEXT],
  type: 'EPCISDocument',
  schemaVersion: '2.0',
  creationDate: '2026-06-02T00:00:00.000Z',
  epcisBody: { eventList },
});

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
    const more = { 'GS1-EPCIS-Capture-Error-Behaviour': 'proceed' };
    const sent = await send('editor', 'POST', '/epcis/capture', documentOf(...events), more);
    const { json } = await send('viewer', 'GET', sent.headers.get('location') ?? '');
    expect(json).toMatchObject({ running: false, success: false, events: 4, captured: 2 });
    expect((json['errors'] as { event: number }[]).map(({ event }) => event)).toEqual([0, 2]);
  });

  it('refuses other content under a known eventID', async () => {
    const sent = await send('editor', 'POST', '/epcis/events', {
      '@context': CONTEXT,
      ...event('1', { bizStep: 'receiving' }),
    });
    expect([sent.status, sent.json['code']]).toEqual([409, 'CONFLICT']);
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
    await authority.approval.changeGrant(callers['admin'] as Caller, {
      book: BOOK,
      id: 'urn:lotbook:grant:retailer',
      base: 0,
      terms: {
        right: 'READ',
        audience: { organisations: ['retailer.example'], groups: [], roles: [], public: false },
        selector: { kinds: [], products: [], lots: [], from: null, until: null },
        fields: ['type', 'eventTime', 'epcList'],
        purpose: 'traceability',
        from: null,
        until: null,
        backfill: true,
        title: null,
      },
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
    await authority.approval.createBook(callers['admin'] as Caller, { name: 'other', title: 'Other' });
    const answer = await query('viewer', '');
    expect([answer.status, answer.json['place']]).toEqual([400, 'book']);
    expect((await query('viewer', `book=${BOOK}`)).status).toBe(200);
  });

  it('tells the types of events', async () => {
    expect((await send('partner', 'GET', '/epcis/eventTypes')).json['@set']).toHaveLength(5);
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
        const { id } = await authority.approval.createBook(callers['admin'] as Caller, {
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
