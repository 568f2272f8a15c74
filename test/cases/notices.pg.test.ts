import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../api/identity/strict-json.ts';
import { hasBrowser, openBrowser } from '../support/chromium.ts';
import { runCli } from '../support/cli.ts';
import { makePartners, startNodeProcess, until, type NodeProcess } from '../support/nodes.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

/* One notice on its whole way: packer -> wholesaler -> shop, and a canteen that has no node. */

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PACKER = 'packer.example';
const WHOLESALER = 'wholesaler.example';
const SHOP = 'shop.example';
const lot = (name: string): string => `https://id.gs1.org/01/09521234543213/10/${name}`;
const [SALAD, MIX] = ['salad', 'mix'].map(lot) as [string, string];
const PARTIES = {
  wholesaler: 'https://id.gs1.org/417/9521321000018',
  shop: 'https://id.gs1.org/417/9521321000025',
  canteen: 'https://id.gs1.org/417/9521321000032',
};
const ERROR = 'error { code message place }';
const NOTICE = `notice {
  id book case state version drill missing { field } lots { lot state } remark
  recipients { name organisation party consigned { lot quantity uom } }
  replies { recipient state overdue reminders impact found { lot quantity uom disposition } below { notified answered confirmed }
            foundBelow { quantity uom disposition } }
  board { direct { notified acknowledged answered confirmed } below { notified answered confirmed } overdue
          totals { unit consigned found foundBelow unaccounted } }
}`;

let databases: FreshDatabase[] = [];
let packer: NodeProcess;
let wholesaler: NodeProcess;
let shop: NodeProcess;
/** Programs of the packer, each with one role. */
let approver: Program;
let investigator: Program;

type Program = (document: string, variables?: object) => Promise<JsonObject>;
interface Notice {
  id: string;
  book: string;
  case: string;
  state: string;
  version: number;
  missing: { field: string }[];
  lots: { lot: string; state: string }[];
  recipients: object[];
  replies: { recipient: string }[];
  board: JsonObject | null;
}

beforeAll(async () => {
  databases = await Promise.all([freshDatabase(), freshDatabase(), freshDatabase()]);
  const names = [PACKER, WHOLESALER, SHOP];
  [packer, wholesaler, shop] = (await Promise.all(
    names.map((organisation, at) =>
      startNodeProcess({ organisation, books: ['season'], databaseUrl: databases[at]?.url ?? '' }),
    ),
  )) as [NodeProcess, NodeProcess, NodeProcess];
  await makePartners(packer, wholesaler);
  await makePartners(wholesaler, shop);
  [investigator, approver] = (await Promise.all(
    ['INVESTIGATOR', 'APPROVER'].map((role) => program(packer, role)),
  )) as [Program, Program];
  await Promise.all([
    record(packer, [
      party(PARTIES.wholesaler, 'The wholesaler', WHOLESALER),
      party(PARTIES.canteen, 'The canteen'),
      shipped(SALAD, '60.5', PARTIES.wholesaler),
      shipped(SALAD, '4.5', PARTIES.canteen),
      shipped(lot('other'), '9', PARTIES.canteen),
    ]),
    record(wholesaler, [
      party(PARTIES.shop, 'The shop', SHOP),
      made({ [SALAD]: '60' }, { [MIX]: '80' }),
      shipped(MIX, '80', PARTIES.shop),
    ]),
  ]);
}, 120_000);

afterAll(async () => {
  await Promise.all([packer, wholesaler, shop].map((node) => node?.remove()));
  await Promise.all(databases.map((database) => database.drop()));
});

const base = () => ({
  eventID: `urn:uuid:${randomUUID()}`,
  eventTime: '2026-06-01T12:00:00Z',
  eventTimeZoneOffset: '+00:00',
});
const list = (amounts: Record<string, string>) =>
  Object.entries(amounts).map(([epcClass, quantity]) => ({ epcClass, quantity, uom: 'KGM' }));
const shipped = (what: string, quantity: string, to: string) => ({
  kind: 'EVENT',
  content: {
    ...base(),
    eventTime: '2026-06-02T12:00:00Z',
    type: 'ObjectEvent',
    action: 'OBSERVE',
    bizStep: 'shipping',
    quantityList: list({ [what]: quantity }),
    destinationList: [{ type: 'owning_party', destination: to }],
  },
});
const made = (inputs: Record<string, string>, outputs: Record<string, string>) => ({
  kind: 'EVENT',
  content: {
    ...base(),
    type: 'TransformationEvent',
    inputQuantityList: list(inputs),
    outputQuantityList: list(outputs),
  },
});
const party = (id: string, name: string, organisation?: string) => ({
  kind: 'PARTY',
  record: id,
  base: 0,
  content: { name, ...(organisation && { organisation }) },
});

async function record(node: NodeProcess, changes: object[]): Promise<void> {
  const { requests } = await node.mutate(
    'mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state error { code message place } } } }',
    { updates: [{ book: `${node.organisation}/season`, key: randomUUID(), changes }] },
  );
  expect(requests).toEqual([{ state: 'APPROVED', error: null }]);
}

/** A program of the node's organisation with one role: another person than the node itself. */
async function program(node: NodeProcess, role: string): Promise<Program> {
  const { token } = await node.mutate(
    `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { token ${ERROR} } }`,
    { input: { name: role.toLowerCase(), roles: [{ role }] } },
  );
  return async (query, variables = {}) => {
    const answer = await fetch(`${node.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${String(token)}` },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await answer.json()) as { data: JsonObject; errors?: JsonObject[] };
    if (errors) throw new Error(JSON.stringify(errors));
    return Object.values(data)[0] as JsonObject;
  };
}

const step = (name: string): string =>
  `mutation ($book: ID!, $id: ID!) { ${name}(book: $book, id: $id) { ${NOTICE} ${ERROR} } }`;
const DRAFT = `mutation ($input: NoticeInput!) { draftNotice(input: $input) { ${NOTICE} ${ERROR} } }`;
const EDIT = `mutation ($id: ID!, $base: Int!, $input: NoticeInput!) {
  editNotice(id: $id, base: $base, input: $input) { ${NOTICE} ${ERROR} } }`;
const RECEIVED = `{ receivedNotices { from reply { state consigned { quantity } reminders } notice {
  id book case state title recipients { name } draftedBy lots { lot state } } } }`;
const ANSWER = `mutation ($input: AnswerInput!) { answerNotice(input: $input) { request { state } ${ERROR} } }`;

interface Received {
  from: string;
  notice: Notice & { title: string; draftedBy: string | null };
  reply: JsonObject;
}

const received = async (node: NodeProcess): Promise<Received[]> =>
  (await node.query(RECEIVED))['receivedNotices'] as unknown as Received[];

const soon = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

function content(book: string): JsonObject {
  return {
    book,
    title: 'Salad with Listeria',
    class: 'CLASS_I',
    depth: 'CONSUMER',
    reason: 'MICROBIOLOGICAL',
    hazard: 'Listeria monocytogenes',
    instructions: 'Stop selling it; tell us what you have.',
    contact: { name: 'Quality', email: 'quality@packer.example' },
    afterHoursContact: { name: 'Duty manager', phone: '+1 555 0100' },
    acknowledgeBy: soon(1),
    respondBy: soon(2),
  };
}

describe('a recall', () => {
  let book = '';
  let caseId = '';
  let notice: Notice;
  let link = '';

  it('begins with a case, in which partners may work', async () => {
    const opened = (
      await packer.mutate(
        `mutation ($input: OpenCaseInput!) { openCase(input: $input) { case { id book state score { toTrace } } ${ERROR} } }`,
        { input: { title: 'Illnesses in May', class: 'CLASS_I' } },
      )
    )['case'] as JsonObject;
    ({ book, id: caseId } = opened as { book: string; id: string });
    expect(opened).toMatchObject({ state: 'OPEN', score: { toTrace: null } });
    await packer.mutate(
      `mutation ($book: ID!) { shareCase(book: $book, organisation: "${WHOLESALER}", work: true) { ${ERROR} } }`,
      { book },
    );
    const write = (by: NodeProcess, kind: string, entry: object) =>
      by.mutate(
        `mutation ($input: CaseEntryInput!) { writeCaseEntry(input: $input) { request { state } ${ERROR} } }`,
        { input: { book, kind, content: entry } },
      );
    const illness = { type: 'ILLNESS', at: '2026-05-20T08:00:00+02:00', count: 3, product: SALAD };
    await write(packer, 'CASE_LINE', illness);
    await expect(write(packer, 'CASE_LINE', { ...illness, type: 'RUMOUR' })).rejects.toThrow(/ILLNESS/);
    const cases = `{ cases { id entries { kind count } } }`;
    await until('the wholesaler has the file', async () => {
      const found = (await wholesaler.query(cases))['cases'] as { id: string }[];
      return found.some(({ id }) => id === caseId);
    });
    await write(wholesaler, 'SUSPECT', {
      type: 'LOT',
      subject: SALAD,
      why: 'It was in all meals',
      state: 'SUSPECTED',
    });
    await until('the entry of the wholesaler is in the file', async () => {
      const [found] = (await packer.query(cases))['cases'] as {
        entries: { kind: string; count: number }[];
      }[];
      return found?.entries.some(({ kind, count }) => kind === 'SUSPECT' && count === 1) ?? false;
    });
  });

  it('proposes the consignees of the lot, each with what it got', async () => {
    const { consignees } = await packer.query(
      `query ($book: ID!, $lots: [ID!]!) { consignees(book: $book, lots: $lots) {
         lots isCut consignees { name organisation party consigned { lot quantity uom } } } }`,
      { book, lots: [SALAD] },
    );
    expect(consignees).toEqual({
      lots: [SALAD],
      isCut: false,
      consignees: [
        {
          name: 'The wholesaler',
          organisation: WHOLESALER,
          party: PARTIES.wholesaler,
          consigned: [{ lot: SALAD, quantity: '60.5', uom: 'KGM' }],
        },
        {
          name: 'The canteen',
          organisation: null,
          party: PARTIES.canteen,
          consigned: [{ lot: SALAD, quantity: '4.5', uom: 'KGM' }],
        },
      ],
    });
    const { consignees: recipients } = consignees as { consignees: { organisation: string | null }[] };
    const drafted = await investigator(DRAFT, { input: { ...content(book), contact: null } });
    notice = drafted['notice'] as unknown as Notice;
    expect(notice.missing.map(({ field }) => field)).toEqual(['contact', 'lots', 'recipients']);
    const refused = await investigator(step('proposeNotice'), { book, id: notice.id });
    expect(refused['error']).toMatchObject({ code: 'BAD_INPUT', message: expect.stringContaining('lots') });
    const edited = await investigator(EDIT, {
      id: notice.id,
      base: notice.version,
      input: { ...content(book), lots: [{ lot: SALAD }, { lot: lot('late') }], recipients },
    });
    expect(edited).toMatchObject({ error: null, notice: { missing: [], state: 'DRAFT' } });
  });

  it('is issued after a second person has approved it, and to each recipient alone', async () => {
    const { id } = notice;
    const at = { book, id };
    expect(await investigator(step('issueNotice'), at)).toMatchObject({ error: { code: 'CONFLICT' } });
    expect(await investigator(step('proposeNotice'), at)).toMatchObject({ notice: { state: 'PROPOSED' } });
    await expect(investigator(step('approveNotice'), at)).rejects.toThrow(/APPROVER/);
    expect(await approver(step('approveNotice'), at)).toMatchObject({ notice: { state: 'APPROVED' } });
    await expect(approver(step('issueNotice'), at)).rejects.toThrow(/INVESTIGATOR/);
    const issued = await investigator(
      `mutation ($book: ID!, $id: ID!) { issueNotice(book: $book, id: $id) { ${NOTICE} links { recipient link } ${ERROR} } }`,
      at,
    );
    expect(issued).toMatchObject({
      error: null,
      notice: {
        state: 'ISSUED',
        board: {
          direct: { notified: 2, acknowledged: 0 },
          totals: [{ unit: 'KGM', consigned: '65', found: '0' }],
        },
      },
      links: [{ recipient: 'The canteen' }],
    });
    link = (issued['links'] as { link: string }[])[0]?.link ?? '';
    await until('the wholesaler has the notice', async () => (await received(wholesaler)).length === 1);
    const [got] = await received(wholesaler);
    expect(got).toMatchObject({
      from: PACKER,
      reply: { state: 'AWAITED', consigned: [{ quantity: '60.5' }] },
      notice: { id, case: caseId, state: 'ISSUED', recipients: [], draftedBy: null },
    });
    // Neither what was drafted before, nor the reply of somebody else.
    const { changes } = await wholesaler.query(
      'query ($book: ID!, $id: ID!) { changes(book: $book, record: $id) { edges { node { version fields } } } }',
      { book, id },
    );
    expect((changes as { edges: { node: object }[] }).edges).toHaveLength(1);
    const { records } = await wholesaler.query(
      'query ($book: ID!) { records(book: $book, filter: { kinds: [REPLY] }) { edges { node { id } } } }',
      { book },
    );
    expect((records as { edges: unknown[] }).edges).toHaveLength(1);
  });

  it("is no one else's to change than those who may, and by its own operations", async () => {
    const { requests } = await packer.mutate(
      'mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state error { code } } } }',
      {
        updates: [
          {
            book,
            key: randomUUID(),
            changes: [{ record: notice.id, kind: 'NOTICE', base: null, fields: { state: 'CLOSED' } }],
          },
        ],
      },
    );
    expect(requests).toEqual([{ state: 'REFUSED', error: { code: 'BAD_INPUT' } }]);
  });

  it('is passed on to the next tier under the same case id, and its answers come up in sums', async () => {
    const forwarded = (await wholesaler.mutate(step('forwardNotice'), { book, id: notice.id }))[
      'notice'
    ] as unknown as Notice;
    expect(forwarded).toMatchObject({
      case: caseId,
      state: 'DRAFT',
      lots: [{ lot: MIX }, { lot: SALAD }, { lot: lot('late') }].toSorted((a, b) => (a.lot < b.lot ? -1 : 1)),
      recipients: [
        { name: 'The shop', organisation: SHOP, consigned: [{ lot: MIX, quantity: '80', uom: 'KGM' }] },
      ],
    });
    const input = {
      ...content(forwarded.book),
      contact: { name: 'Sales', phone: '+1 555 0101' },
      lots: [{ lot: MIX }, { lot: SALAD }],
      recipients: forwarded.recipients,
    };
    await wholesaler.mutate(EDIT, { id: forwarded.id, base: forwarded.version, input });
    const at = { book: forwarded.book, id: forwarded.id };
    await wholesaler.mutate(step('proposeNotice'), at);
    await (
      await program(wholesaler, 'APPROVER')
    )(step('approveNotice'), at);
    await wholesaler.mutate(step('issueNotice'), at);
    await until('the shop has it', async () => (await received(shop)).length === 1);
    expect((await received(shop))[0]).toMatchObject({ from: WHOLESALER, notice: { case: caseId } });
    await shop.mutate(ANSWER, {
      input: {
        ...at,
        state: 'CONFIRMED',
        impact: 'AFFECTED',
        found: [
          { lot: MIX, quantity: '30.25', uom: 'KGM', disposition: 'DESTROYED' },
          { lot: MIX, quantity: '49.75', uom: 'KGM', disposition: 'SOLD' },
        ],
      },
    });
    await wholesaler.mutate(ANSWER, {
      input: {
        book,
        id: notice.id,
        state: 'CONFIRMED',
        impact: 'AFFECTED',
        found: [{ lot: SALAD, quantity: '500', uom: 'GRM', disposition: 'QUARANTINED' }],
      },
    });
    const ask = `query ($book: ID!, $id: ID!) { notice(book: $book, id: $id) { replies {
      recipient state below { notified answered confirmed } foundBelow { quantity uom disposition } } } }`;
    await until('the answer of the shop is at the packer', async () => {
      const { replies } = (await packer.query(ask, { book, id: notice.id }))['notice'] as unknown as Notice;
      const reply = replies.find(({ recipient }) => recipient === WHOLESALER) as JsonObject | undefined;
      return reply?.['state'] === 'CONFIRMED' && (reply['below'] as JsonObject | null)?.['confirmed'] === 1;
    });
    const { replies } = (await packer.query(ask, { book, id: notice.id }))['notice'] as unknown as Notice;
    expect(replies.find(({ recipient }) => recipient === WHOLESALER)).toEqual({
      recipient: WHOLESALER,
      state: 'CONFIRMED',
      below: { notified: 1, answered: 1, confirmed: 1 },
      foundBelow: [
        { quantity: '30.25', uom: 'KGM', disposition: 'DESTROYED' },
        { quantity: '49.75', uom: 'KGM', disposition: 'SOLD' },
      ],
    });
  });

  it('is answered by a party without a node at its link, once', async () => {
    const { origin } = new URL(packer.url);
    const page = await fetch(link);
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(html).toContain('Salad with Listeria');
    expect(html).not.toMatch(/<script|wholesaler/i);
    const send = (fields: Record<string, string>, from = origin) =>
      fetch(link, {
        method: 'POST',
        headers: { origin: from },
        body: new URLSearchParams({ by: 'Cook', ...fields }),
      });
    const [at] = [...html.matchAll(/name="quantity(\d+)"/g)].map(([, nr]) => Number(nr));
    const answer = { state: 'CONFIRMED', impact: 'AFFECTED', [`quantity${at}`]: '4.5', [`uom${at}`]: 'KGM' };
    const whole = { ...answer, [`disposition${at}`]: 'DESTROYED' };
    expect((await send(whole, 'https://other.example')).status).toBe(403);
    expect((await send({ state: 'ACKNOWLEDGED' })).status).toBe(200);
    // What is wrong with it is said, and the link stays good.
    const refused = await send({ ...whole, [`quantity${at}`]: 'much' });
    expect({ status: refused.status, text: await refused.text() }).toEqual({
      status: 400,
      text: expect.stringContaining('such as 12.5'),
    });
    expect((await send(whole)).status).toBe(200);
    expect((await send(whole)).status).toBe(404);
    expect((await fetch(link)).status).toBe(404);
    const { cases } = await packer.query(
      `{ cases { score { reconciled toTrace } notices { ${NOTICE.slice(8, -2)} } } }`,
    );
    const [found] = cases as unknown as { score: JsonObject; notices: Notice[] }[];
    // 65 kg were consigned; 0.5 and 4.5 kg of them were found, and 80 kg of what was made of them.
    expect(found?.notices[0]?.board).toMatchObject({
      direct: { notified: 2, confirmed: 2 },
      below: { notified: 1, confirmed: 1 },
      // What the shop found is of what the wholesaler made and passed on.
      totals: [{ unit: 'KGM', consigned: '65', found: '5', foundBelow: '80', unaccounted: '60' }],
    });
    expect(found?.score).toEqual({ reconciled: expect.closeTo(5 / 65), toTrace: expect.any(Number) });
  });

  it('is shown to whoever scans the code of a lot, as far as it is public', async () => {
    const at = (lotNumber: string, headers: Record<string, string> = { accept: 'text/html' }, query = '') =>
      fetch(`${packer.url}/01/09521234543213/10/${lotNumber}${query}`, { headers });
    const text = await (await at('salad')).text();
    expect(text).toContain('RECALLED');
    expect(text).toContain('Listeria monocytogenes');
    expect(text).not.toMatch(/<script|wholesaler|canteen|Duty manager/i);
    expect(text.length).toBeLessThan(50_000);
    expect(await (await at('salad', { accept: 'text/html', 'accept-language': 'es' })).text()).toContain(
      'RETIRADO',
    );
    expect((await at('other')).status).toBe(404);
    expect((await at('salad', {}, '?linkType=gs1:epil')).status).toBe(404);
    const linkset = (await (await at('salad', {}, '?linkType=all')).json()) as { linkset: JsonObject[] };
    expect(linkset.linkset[0]).toMatchObject({
      anchor: SALAD,
      'https://ref.gs1.org/voc/recallStatus': [{ title: 'Recalled', type: 'text/html' }],
    });
    expect((await fetch(`${packer.url}/01/09521234543214/10/salad`)).status).toBe(400);
  });

  it.skipIf(!hasBrowser())('is shown on a telephone without a fault that axe finds', async () => {
    const browser = await openBrowser();
    try {
      const page = await browser.newPage({ viewport: { width: 360, height: 640 } });
      await page.goto(`${packer.url}/01/09521234543213/10/salad`);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      await page.evaluate(axe);
      const { violations } = (await page.evaluate('axe.run()')) as { violations: { id: string }[] };
      expect(violations.map(({ id }) => id)).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  it('has over-marked lots taken out by a second person, and is closed when all have confirmed', async () => {
    const withdraw = `mutation ($book: ID!, $id: ID!, $lots: [ID!]!) {
      withdrawLots(book: $book, id: $id, lots: $lots, reason: "Another line") { ${NOTICE} ${ERROR} } }`;
    const at = { book, id: notice.id };
    await expect(investigator(withdraw, { ...at, lots: [lot('late')] })).rejects.toThrow(/APPROVER/);
    expect((await fetch(`${packer.url}/01/09521234543213/10/late`)).status).toBe(200);
    const withdrawn = await approver(withdraw, { ...at, lots: [lot('late')] });
    expect(withdrawn).toMatchObject({ notice: { lots: [{ state: 'AFFECTED' }, { state: 'WITHDRAWN' }] } });
    expect((await fetch(`${packer.url}/01/09521234543213/10/late`)).status).toBe(404);
    expect(await investigator(step('closeNotice'), at)).toMatchObject({ notice: { state: 'CLOSED' } });
    await until('the wholesaler knows that it is closed', async () =>
      (await received(wholesaler)).some(
        ({ notice: { id, state } }) => id === notice.id && state === 'CLOSED',
      ),
    );
    const late = { ...at, state: 'CONFIRMED', impact: 'NONE' };
    await expect(wholesaler.mutate(ANSWER, { input: late })).rejects.toThrow(/closed/);
    const { port } = new URL(wholesaler.url);
    const { stdout } = await runCli(['--dir', wholesaler.dir, '--port', port, 'cases', 'received']).ended;
    expect(stdout).toMatch(/packer\.example.*CLOSED.*CONFIRMED/);
  });
});
