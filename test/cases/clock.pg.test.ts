import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CasesDeps } from '../../api/cases/deps.ts';
import { openCases, type Cases } from '../../api/cases/cases.ts';
import { stateOf } from '../../api/cases/emergency.ts';
import { openReminders } from '../../api/cases/reminders.ts';
import { openReading } from '../../api/delivery/reading.ts';
import { openTracing } from '../../api/delivery/tracing.ts';
import { purposeOfCase } from '../../api/sharing/grant.ts';
import { isInForce } from '../../api/sharing/permitted.ts';
import { openAuthority, ownCaller, type TestAuthority } from '../support/approval.ts';

/* What the clock does to cases, by a clock that only the test moves. */

const SHOP = 'shop.example';
const PACKER = 'packer.example';
const LOT = 'https://id.gs1.org/01/09521234543213/10/salad';
const HOUR_MS = 3_600_000;
const administrator = ownCaller(SHOP, 'ADMINISTRATOR');
const investigator = ownCaller(SHOP, 'INVESTIGATOR');
const approver = ownCaller(SHOP, 'APPROVER');

let authority: TestAuthority;
let deps: CasesDeps;
let cases: Cases;

beforeAll(async () => {
  authority = await openAuthority(SHOP);
  const { approval, db, grants, bell, clock } = authority;
  const sources = { db, grants, organisation: SHOP, clock: () => clock.now };
  deps = {
    ...sources,
    approval,
    reading: openReading(sources),
    tracing: openTracing(sources),
    bell,
    url: 'https://shop.example',
    randomId: randomUUID,
    randomBytes,
    log: { warn: () => undefined },
  };
  cases = openCases(deps);
  await db.prisma.organisation.create({ data: { id: PACKER, name: 'Packer', status: 'ACTIVE', groups: [] } });
});

afterAll(() => authority?.close());

const inHours = (hours: number): string => new Date(authority.clock.now + hours * HOUR_MS).toISOString();

describe('a recipient who does not answer', () => {
  let book = '';

  const reply = async () => {
    const [notice] = (await cases.find(investigator, book))?.notices ?? [];
    const [found] = notice ? await cases.replies(investigator, notice) : [];
    return found?.content;
  };
  const round = async (hours: number) => {
    authority.clock.now += hours * HOUR_MS;
    const count = await openReminders(deps).tick();
    const { reminders = '0', escalatedTo } = (await reply()) ?? {};
    return { count, reminders, escalatedTo };
  };

  beforeAll(async () => {
    ({ book } = await cases.open(investigator, { title: 'Salad', drill: false }));
    const contact = { name: 'Quality', email: 'quality@shop.example' };
    const { id } = await cases.draft(investigator, book, {
      type: 'INITIAL',
      action: 'RECALL',
      title: 'Salad',
      class: 'CLASS_I',
      depth: 'RETAIL',
      reason: 'MICROBIOLOGICAL',
      hazard: 'Listeria',
      instructions: 'Stop selling it.',
      contact,
      afterHoursContact: { name: 'Duty manager', phone: '+1 555 0100' },
      lots: [{ lot: LOT, state: 'AFFECTED' }],
      recipients: [{ name: 'The canteen' }],
      acknowledgeBy: inHours(2),
      respondBy: inHours(24),
    });
    await cases.propose(investigator, book, id);
    await cases.approve(approver, book, id);
    await cases.issue(investigator, book, id);
  });

  it('is reminded when a deadline is over, once for each, and then it is escalated, once', async () => {
    expect(await round(1)).toEqual({ count: 0, reminders: '0', escalatedTo: undefined });
    expect(await round(2)).toEqual({ count: 1, reminders: '1', escalatedTo: undefined });
    expect(await round(1)).toEqual({ count: 0, reminders: '1', escalatedTo: undefined });
    expect(await round(24)).toEqual({ count: 1, reminders: '2', escalatedTo: 'Duty manager' });
    expect(await round(24)).toEqual({ count: 0, reminders: '2', escalatedTo: 'Duty manager' });
  });

  it('is told of in the log of the case, as what this node did', async () => {
    const { id } = (
      await deps.reading.search({
        caller: investigator,
        book,
        search: { kinds: ['REPLY'] },
        order: 'FIRST',
        descending: false,
        first: 1,
        after: null,
      })
    ).items[0]?.node ?? { id: '' };
    const { items } = await openReading({ ...deps, db: authority.db, grants: authority.grants }).changes({
      caller: investigator,
      book,
      record: id,
      first: 100,
    });
    expect(items.map(({ node }) => node.fields['reminders'])).toEqual([undefined, '1', '2']);
  });
});

it('what an emergency opens is closed when its time is over, and nothing has to be done for that', async () => {
  const book = `${SHOP}/season`;
  await authority.approval.createBook(administrator, { name: 'season', title: 'Season' });
  await cases.addEmergencyRule(administrator, {
    book,
    id: 'urn:lotbook:grant:emergency-rule-receipts',
    selector: { kinds: ['EVENT'], products: [], lots: [], records: [], from: null, until: null },
    fields: ['*'],
    backfill: true,
    title: null,
  });
  const proposed = await cases.proposeEmergency(investigator, {
    book,
    case: 'our case',
    reason: 'Listeria',
    parties: [PACKER],
    until: new Date(inHours(24)),
  });
  const { id } = proposed;
  const isOpen = async (stated: string, organisation = PACKER) => {
    const question = {
      audience: { organisation, groups: [], roles: [] },
      purpose: 'traceability',
      case: stated,
      now: authority.clock.now,
    };
    const rules = await authority.grants.of(book);
    return rules.some((rule) => rule.selector.kinds.includes('EVENT') && isInForce(rule, question));
  };
  expect(await isOpen('our case')).toBe(false);
  const { content } = await cases.declareEmergency(approver, { book, id });
  expect((await authority.grants.of(book)).map(({ purpose }) => purpose)).toContain(
    purposeOfCase('our case'),
  );
  expect(await isOpen('our case')).toBe(true);
  expect(await isOpen('another case')).toBe(false);
  expect(await isOpen('our case', 'farm.example')).toBe(false);
  expect(stateOf(content, authority.clock.now)).toBe('DECLARED');
  authority.clock.now += 24 * HOUR_MS;
  expect(await isOpen('our case')).toBe(false);
  expect(stateOf(content, authority.clock.now)).toBe('OVER');
  await expect(cases.declareEmergency(approver, { book, id })).rejects.toThrow(/over/);
});
