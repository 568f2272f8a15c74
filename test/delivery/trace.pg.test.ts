import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordChange } from '../../api/approval/update.ts';
import { trace, type TraceQuery } from '../../api/delivery/trace.ts';
import type { Found } from '../../api/recall/trace.ts';
import type { Caller } from '../../api/sharing/caller.ts';
import type { GrantTerms } from '../../api/sharing/grant.ts';
import { putOrganisation } from '../../api/store/partners.ts';
import { openAuthority, ownCaller, partnerCaller, type TestAuthority } from '../support/approval.ts';
import { audience, grantTerms } from '../support/grant.ts';

const OWNER = 'farm.example';
const BOOK = 'farm.example/season';
const admin = ownCaller(OWNER, 'ADMINISTRATOR');
const viewer = ownCaller(OWNER, 'VIEWER');
const PLACE = 'https://id.gs1.org/414/9521321000018';
const PALLET = 'https://id.gs1.org/00/095213210000000018';
const lot = (name: string): string => `https://id.gs1.org/01/09521234543213/10/${name}`;
const [A, B, C, D] = ['a', 'b', 'c', 'd'].map(lot) as [string, string, string, string];

let authority: TestAuthority;
let partners = 0;

beforeAll(async () => {
  authority = await openAuthority(OWNER);
  await authority.approval.createBook(admin, { name: 'season', title: 'Season' });
});
afterAll(() => authority.close());

async function add(...contents: object[]): Promise<string[]> {
  const changes = contents.map((content): RecordChange => ({ kind: 'EVENT', base: null, content }));
  return change(changes);
}

async function change(changes: RecordChange[]): Promise<string[]> {
  const [view] = await authority.approval.requestUpdates(admin, [{ book: BOOK, key: randomUUID(), changes }]);
  expect(view?.error).toBeNull();
  return view?.outcome.map(({ record }) => record) ?? [];
}

const base = (day: number) => ({
  eventID: `urn:uuid:${randomUUID()}`,
  eventTime: `2026-06-0${day}T12:00:00Z`,
  eventTimeZoneOffset: '+00:00',
});
const list = (...lots: string[]) => lots.map((epcClass) => ({ epcClass, quantity: '5', uom: 'KGM' }));
const made = (day: number, inputs: string[], outputs: string[]) => ({
  ...base(day),
  type: 'TransformationEvent',
  inputQuantityList: list(...inputs),
  outputQuantityList: list(...outputs),
  bizLocation: { id: PLACE },
});
const packed = (day: number, action: string, lots: string[]) => ({
  ...base(day),
  type: 'AggregationEvent',
  action,
  parentID: PALLET,
  childQuantityList: list(...lots),
});
const shipped = (day: number, epc: string) => ({
  ...base(day),
  type: 'ObjectEvent',
  action: 'OBSERVE',
  bizStep: 'shipping',
  epcList: [epc],
});

type Given = Partial<Omit<TraceQuery, 'caller'>> & { start?: string };

async function find(caller: Caller, { start = A, ...given }: Given = {}): Promise<Found[]> {
  const { db, grants, clock } = authority;
  const services = { db, grants, clock: () => clock.now, organisation: OWNER };
  const all: Found[] = [];
  const query: TraceQuery = {
    caller,
    starts: [{ thing: start }],
    direction: 'FORWARD',
    depth: 100,
    inOrder: false,
    most: 10_000,
    ...given,
  };
  for await (const found of trace(services, query)) all.push(...found);
  return all;
}

const things = (found: readonly Found[]) =>
  found.flatMap((each) =>
    each.kind === 'THING' && each.thing.as !== 'CARRIER' ? [each.thing.identifier] : [],
  );
const events = (found: readonly Found[]) =>
  found.flatMap((each) => (each.kind === 'EVENT' ? [each.event.record] : []));
const ends = (found: readonly Found[]) => found.flatMap((each) => (each.kind === 'END' ? [each.end] : []));

async function partnerWith(...terms: Partial<GrantTerms>[]): Promise<Caller> {
  const partner = partnerCaller(`p${(partners += 1)}.example`);
  for (const [at, given] of terms.entries()) {
    const whole = grantTerms({ audience: audience(partner.organisation), backfill: true, ...given });
    const id = `urn:lotbook:grant:p${partners}-${at}`;
    await authority.approval.changeGrant(admin, { book: BOOK, id, terms: whole, base: 0 });
  }
  return partner;
}

describe('a trace of the books of a node', () => {
  let making: string;
  let known: Date;
  let shipping: string[];

  beforeAll(async () => {
    [making = ''] = await add(made(2, [A], [B]));
    shipping = await add(
      packed(3, 'ADD', [B]),
      shipped(4, PALLET),
      packed(5, 'DELETE', [B]),
      shipped(6, PALLET),
    );
    known = new Date(authority.clock.now);
    authority.clock.now += 60_000;
  });

  it('finds what was made of a lot, and where it travelled, in any notation of its key', async () => {
    const found = await find(viewer, { start: 'urn:epc:class:lgtin:9521234.054321.a' });
    expect(things(found)).toEqual([A, B]);
    expect(events(found).sort()).toEqual([making, ...shipping.slice(0, 3)].sort());
  });

  it('starts from an event and from a place', async () => {
    const fromEvent = await find(viewer, { starts: [{ event: making }] });
    expect(things(fromEvent)).toEqual([B]);
    const fromPlace = await find(viewer, {
      starts: [{ place: 'urn:epc:id:sgln:9521321.00001.0' }],
      direction: 'BACK',
    });
    expect(things(fromPlace)).toEqual([A]);
  });

  it('goes by what holds now, and by what was known at a past moment', async () => {
    const [wrong = ''] = await add(made(4, [B], [C]));
    authority.clock.now += 60_000;
    const before = new Date(authority.clock.now - 1);
    await change([
      { record: wrong, kind: 'EVENT', base: 1, fields: { 'outputQuantityList[].epcClass': [D] } },
    ]);
    expect(things(await find(viewer))).toEqual([A, B, D]);
    expect(things(await find(viewer, { knownAt: before }))).toEqual([A, B, C]);
    expect(things(await find(viewer, { knownAt: before, start: C, direction: 'BACK' }))).toEqual([C, B, A]);
    expect(things(await find(viewer, { knownAt: known }))).toEqual([A, B]);
    const declaration = { 'errorDeclaration.declarationTime': '2026-06-09T00:00:00Z' };
    await change([{ record: wrong, kind: 'EVENT', base: 2, fields: declaration }]);
    const now = await find(viewer);
    expect(things(now)).toEqual([A, B]);
    expect(events(now)).toContain(wrong);
  });

  it('refuses what makes no sense, and books that are not there', async () => {
    await expect(find(viewer, { starts: [] })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(find(viewer, { starts: [{ thing: A, place: PLACE }] })).rejects.toMatchObject({
      code: 'BAD_INPUT',
    });
    await expect(find(viewer, { depth: -1 })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(find(viewer, { books: ['farm.example/none'] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a trace of a partner', () => {
  const X = lot('x');
  const Y = lot('y');
  const Z = lot('z');
  let first: string;

  beforeAll(async () => {
    [first = ''] = await add(made(2, [X], [Y]), made(3, [Y], [Z]));
  });

  it('finds nothing without a grant', async () => {
    const found = await find(partnerCaller('stranger.example'), { start: X });
    expect(events(found)).toEqual([]);
    await expect(find(partnerCaller('stranger.example'), { start: X, books: [BOOK] })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('finds with every field what the owner finds', async () => {
    const partner = await partnerWith({ fields: ['*'] });
    expect(things(await find(partner, { start: X }))).toEqual(things(await find(viewer, { start: X })));
  });

  it('follows no link of a field that it may not see, and learns that fields are closed, not what is in them', async () => {
    const fields = ['type', 'eventTime', 'inputQuantityList[].epcClass'];
    const partner = await partnerWith({ fields });
    const found = await find(partner, { start: X });
    expect(things(found)).toEqual([X]);
    expect(events(found)).toEqual([first]);
    const withheld = {
      reason: 'WITHHELD',
      organisation: OWNER,
      fields: ['outputQuantityList[].epcClass', 'outputEPCList'],
    };
    expect(ends(found)).toMatchObject([withheld]);
    expect(JSON.stringify(found)).not.toContain(Y);
    expect(things(await find(partner, { start: Z, direction: 'BACK' }))).toEqual([Z]);
    expect(ends(await find(partner, { start: Z, direction: 'BACK' }))).toMatchObject([
      { reason: 'NO_RECORD', organisation: null, fields: [] },
    ]);
  });

  it('is told the same of a lot that it may not see as of one that is not there', async () => {
    const partner = await partnerWith({
      fields: ['*'],
      selector: { ...grantTerms({}).selector, lots: [lot('other')] },
    });
    const hidden = await find(partner, { start: X, direction: 'BACK' });
    const absent = await find(partner, { start: lot('nowhere'), direction: 'BACK' });
    expect(JSON.stringify(hidden)).toBe(JSON.stringify(absent).replaceAll(lot('nowhere'), X));
  });

  it('does not start from a place that it may not see', async () => {
    const partner = await partnerWith({
      fields: ['type', 'inputQuantityList[].epcClass', 'outputQuantityList[].epcClass'],
    });
    expect(events(await find(partner, { starts: [{ place: PLACE }] }))).toEqual([]);
  });

  it('is what the owner sees with its eyes', async () => {
    const partner = await partnerWith({ fields: ['type', 'eventTime', 'inputQuantityList[].epcClass'] });
    await putOrganisation(authority.db.prisma, {
      id: partner.organisation,
      status: 'ACTIVE',
      now: new Date(0),
    });
    const theirs = await find(partner, { start: X });
    const seen = await find(viewer, { start: X, viewAs: partner.organisation });
    expect(JSON.stringify(seen)).toBe(JSON.stringify(theirs));
  });

  it('has no past that it may not see', async () => {
    const [changed = ''] = await add(made(2, [lot('m')], [lot('n')]));
    const before = new Date(authority.clock.now);
    authority.clock.now += 60_000;
    await change([
      { record: changed, kind: 'EVENT', base: 1, fields: { 'inputQuantityList[].epcClass': [lot('o')] } },
    ]);
    const partner = await partnerWith({ fields: ['type', 'outputQuantityList[].epcClass'] });
    expect(events(await find(partner, { start: lot('m'), knownAt: before }))).toEqual([]);
    expect(events(await find(viewer, { start: lot('m'), knownAt: before }))).toEqual([changed]);
    expect(events(await find(viewer, { start: lot('m') }))).toEqual([]);
  });
});
