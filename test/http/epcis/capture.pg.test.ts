import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packagePath } from '../../../api/package-root.ts';
import { ownCaller } from '../../support/approval.ts';
import {
  callers,
  documentOf,
  event,
  eventId,
  openEpcis,
  OWNER,
  type Send,
  type TestEpcis,
} from './support.ts';
import { audience, grantTerms } from '../../support/grant.ts';

const CHAINS = packagePath('..', 'shared', 'data', 'epcis', 'chains');
const PRODUCT = 'https://id.gs1.org/01/09521234543213';
const PLACE = 'https://id.gs1.org/414/9521234000006';
const PROCEED = { 'GS1-Capture-Error-Behaviour': 'proceed' };

let epcis: TestEpcis;
let send: Send;
let book: string;
let serial = 0;

beforeAll(async () => {
  epcis = await openEpcis();
  ({ send } = epcis);
});
beforeEach(async () => {
  const name = `book-${(serial += 1)}`;
  book = (await epcis.authority.approval.createBook(callers.admin, { name, title: name })).id;
});
afterAll(() => epcis?.close());

const capture = (document: unknown, headers?: object) =>
  send('editor', 'POST', `/epcis/capture?book=${book}`, document, headers);

async function jobOf(document: unknown, headers?: object): Promise<string> {
  const { status, headers: answer } = await capture(document, headers);
  expect(status).toBe(202);
  return answer.get('location') ?? '';
}

const job = async (path: string) => (await send('viewer', 'GET', path)).json;

async function fieldsOf(id: string): Promise<object | null> {
  const { rows } = await epcis.authority.db.pool.query<{ state: string }>(
    `SELECT e.state FROM record r JOIN entry e ON e.book = r.book AND e.seq = r.seq
      WHERE r.book = $1 AND r.id = $2`,
    [book, id],
  );
  return rows[0] ? (JSON.parse(rows[0].state) as object) : null;
}

const attributes = (of: Record<string, string>) =>
  Object.entries(of).map(([name, attribute]) => ({ id: `urn:epcglobal:cbv:mda#${name}`, attribute }));

function withMasterData(
  elements: { type: string; id: string; [attribute: string]: string }[],
  ...events: object[]
): object {
  const vocabularyList = elements.map(({ type, id, ...rest }) => ({
    type: `urn:epcglobal:epcis:vtype:${type}`,
    vocabularyElementList: [{ id, attributes: attributes(rest) }],
  }));
  return { ...documentOf(...events), epcisHeader: { epcisMasterData: { vocabularyList } } };
}

const tuna = (more: object = {}) => ({ type: 'EPCClass', id: PRODUCT, descriptionShort: 'Tuna', ...more });
const quay = { type: 'Location', id: PLACE, name: 'Quay', city: 'Cologne' };

describe('the master data of a document', () => {
  it('are captured with its events', async () => {
    const done = await job(await jobOf(withMasterData([tuna(), quay], event('1'))));
    expect(done).toMatchObject({ running: false, success: true, events: 1, captured: 1, errors: [] });
    expect(await fieldsOf(PRODUCT)).toEqual({ name: 'Tuna' });
    expect(await fieldsOf(PLACE)).toEqual({ name: 'Quay', 'address.city': 'Cologne' });
    expect(await fieldsOf(eventId('1'))).toMatchObject({ bizStep: 'shipping' });
  });

  it('are captured without any event', async () => {
    const done = await job(await jobOf(withMasterData([tuna()])));
    expect(done).toMatchObject({ success: true, events: 0, captured: 0, errors: [] });
    expect(await fieldsOf(PRODUCT)).toEqual({ name: 'Tuna' });
  });

  it('set what they say of a known record and leave the rest', async () => {
    await jobOf(withMasterData([tuna({ brandName: 'Sea' })]));
    await jobOf(withMasterData([tuna({ descriptionShort: 'Bonito' })], event('1')));
    expect(await fieldsOf(PRODUCT)).toEqual({ name: 'Bonito', brand: 'Sea' });
  });

  it('are not captured when an event of the document is refused', async () => {
    await jobOf(withMasterData([{ type: 'Party', id: eventId('1'), name: 'Fisher' }]));
    const refused = await job(await jobOf(withMasterData([tuna()], event('2'), event('1'))));
    expect(refused).toMatchObject({ success: false, captured: 0, errors: [{ title: 'CONFLICT', event: 1 }] });
    expect(await fieldsOf(PRODUCT)).toBeNull();
    expect(await fieldsOf(eventId('2'))).toBeNull();
  });

  it('keep the events out when they are refused, and are named then', async () => {
    await jobOf(withMasterData([{ type: 'Party', id: PLACE, name: 'Fisher' }]));
    const refused = await job(await jobOf(withMasterData([tuna(), quay], event('1'))));
    const field = `epcisHeader.epcisMasterData[${PLACE}]`;
    expect(refused).toMatchObject({ success: false, errors: [{ title: 'CONFLICT', event: null, field }] });
    expect(await fieldsOf(eventId('1'))).toBeNull();
  });

  it('are captured each for itself where the caller says proceed', async () => {
    await jobOf(withMasterData([{ type: 'Party', id: PLACE, name: 'Fisher' }]));
    const bad = event('2', { action: 'BUY' });
    const done = await job(await jobOf(withMasterData([tuna(), quay], event('1'), bad), PROCEED));
    expect(done).toMatchObject({ success: false, events: 2, captured: 1 });
    expect(done['errors']).toMatchObject([{ event: 1 }, { title: 'CONFLICT', event: null }]);
    expect(await fieldsOf(PRODUCT)).toEqual({ name: 'Tuna' });
  });

  it('are captured where no event is faultless and the caller says proceed', async () => {
    const done = await job(await jobOf(withMasterData([tuna()], event('1', { action: 'BUY' })), PROCEED));
    expect(done).toMatchObject({ success: false, events: 1, captured: 0, errors: [{ event: 0 }] });
    expect(await fieldsOf(PRODUCT)).toEqual({ name: 'Tuna' });
  });

  it('do not come with a single event', async () => {
    const document = withMasterData([tuna()], event('1'));
    const { status, json } = await send('editor', 'POST', `/epcis/events?book=${book}`, document);
    expect([status, json['code']]).toEqual([400, 'BAD_INPUT']);
    expect(await fieldsOf(eventId('1'))).toBeNull();
  });

  // One of them uses an eventID for two different events: the second is left out.
  const chains = existsSync(CHAINS) ? readdirSync(CHAINS) : [];
  it.skipIf(chains.length === 0).each(chains)(
    'of %s are captured (skipped where ../shared/data is absent)',
    async (name) => {
      const done = await job(await jobOf(readFileSync(`${CHAINS}/${name}`, 'utf8'), PROCEED));
      const errors = done['errors'] as { title: string; event: number | null }[];
      for (const { title, event } of errors) expect([title, typeof event]).toEqual(['CONFLICT', 'number']);
      expect(done['captured']).toBe((done['events'] as number) - errors.length);
    },
  );
});

describe('a capture that waits for a person', () => {
  const approver = ownCaller(OWNER, 'APPROVER');
  const approval = () => epcis.authority.approval;

  /** Editors may ask only. */
  beforeEach(async () => {
    const id = 'urn:lotbook:grant:editors';
    const terms = grantTerms({ right: 'REQUEST', audience: { ...audience(), roles: ['EDITOR'] } });
    await approval().changeGrant(callers.admin, { book, id, terms, base: 1 });
  });

  const pending = async () => (await approval().pending(book, 10, null)).items.map(({ id }) => id ?? '');

  it('runs until the person has decided on it', async () => {
    const path = await jobOf(withMasterData([tuna()], event('1'), event('2')));
    expect(await job(path)).toMatchObject({ running: true, success: false, captured: 0, errors: [] });
    const [id = ''] = await pending();
    await approval().approve(approver, id, null);
    expect(await job(path)).toMatchObject({ running: false, success: true, events: 2, captured: 2 });
    expect(await fieldsOf(PRODUCT)).toEqual({ name: 'Tuna' });
  });

  it('runs with proceed until all are decided, and tells which were rejected', async () => {
    const path = await jobOf(withMasterData([tuna()], event('1'), event('2')), PROCEED);
    expect(await job(path)).toMatchObject({ running: true, events: 2, captured: 0, errors: [] });
    const ids = await pending();
    expect(ids).toHaveLength(3);
    for (const id of ids) {
      expect(await job(path)).toMatchObject({ running: true });
      const view = await approval().request(approver, id);
      const change = (view?.changes as { record: string }[] | undefined)?.[0];
      if (change?.record === eventId('1')) await approval().reject(approver, id, 'not ours');
      else await approval().approve(approver, id, null);
    }
    const done = await job(path);
    expect(done).toMatchObject({ running: false, success: false, events: 2, captured: 1 });
    expect(done['errors']).toMatchObject([{ title: 'NOT_PERMITTED', event: 0 }]);
    expect(await job(path)).toEqual(done);
    expect(await fieldsOf(eventId('1'))).toBeNull();
    expect(await fieldsOf(PRODUCT)).toEqual({ name: 'Tuna' });
  });
});

describe('OPTIONS', () => {
  it.each([
    ['/epcis', ['OPTIONS']],
    ['/epcis/capture', ['GET', 'HEAD', 'POST']],
    ['/epcis/events', ['GET', 'HEAD', 'POST']],
    ['/epcis/eventTypes/ObjectEvent/events', ['GET', 'HEAD']],
  ])('tells the methods of %s and the limits', async (path, methods) => {
    const { status, headers } = await send('partner', 'OPTIONS', path);
    expect(status).toBeLessThan(300);
    expect(headers.get('allow')?.split(/, ?/).sort()).toEqual(methods);
    expect(headers.get('gs1-epcis-version')).toBe('2.0.0');
    expect(headers.get('gs1-epcis-capture-file-size-limit')).toBe('1000000');
  });

  it('of what is not offered is not found', async () => {
    expect((await send('partner', 'OPTIONS', '/epcis/bizSteps')).status).toBe(404);
  });
});
