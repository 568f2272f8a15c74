import { randomUUID } from 'node:crypto';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptLink, type OpenAdmin, openAdmin } from '../support/admin.ts';
import { hasBrowser, openBrowser } from '../support/chromium.ts';
import { makePartners, type NodeProcess, startNodeProcess, until } from '../support/nodes.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

const GTIN = '09521141012345';
const lot = (name: string): string => `https://id.gs1.org/01/${GTIN}/10/${name}`;
const SHOP = 'https://id.gs1.org/414/9521105000012';
const PARTIES = {
  shop: 'https://id.gs1.org/417/9521321000025',
  canteen: 'https://id.gs1.org/417/9521321000032',
};
const CASE = 'Listeria in salad, June';

const base = (day: number) => ({
  eventID: `urn:uuid:${randomUUID()}`,
  eventTime: `2026-06-0${day}T12:00:00Z`,
  eventTimeZoneOffset: '+00:00',
});
const list = (name: string, quantity: string) => [{ epcClass: lot(name), quantity, uom: 'KGM' }];
const shipped = (quantity: string, to: string) => ({
  kind: 'EVENT',
  content: {
    ...base(2),
    type: 'ObjectEvent',
    action: 'OBSERVE',
    bizStep: 'shipping',
    quantityList: list('SALAD', quantity),
    destinationList: [{ type: 'owning_party', destination: to }],
  },
});
const CHANGES = [
  { record: `https://id.gs1.org/01/${GTIN}`, kind: 'PRODUCT', content: { name: 'Garden salad' } },
  { record: SHOP, kind: 'LOCATION', content: { name: 'Corner shop' } },
  { record: PARTIES.shop, kind: 'PARTY', content: { name: 'The corner shop', organisation: 'shop.example' } },
  { record: PARTIES.canteen, kind: 'PARTY', content: { name: 'The canteen' } },
  {
    kind: 'EVENT',
    content: {
      ...base(1),
      type: 'TransformationEvent',
      inputQuantityList: list('LEAF', '65'),
      outputQuantityList: list('SALAD', '65'),
    },
  },
  shipped('60.5', PARTIES.shop),
  shipped('4.5', PARTIES.canteen),
];

/** From an illness report to the closed recall and the file that proves it; each test goes on from what the one before left. */
describe.skipIf(!hasBrowser())('the recall desk', () => {
  let databases: FreshDatabase[] = [];
  let packer: NodeProcess;
  let shop: NodeProcess;
  let browser: Browser;
  let ada: OpenAdmin;
  let grace: OpenAdmin;
  let clerk: OpenAdmin;

  beforeAll(async () => {
    databases = await Promise.all([freshDatabase(), freshDatabase()]);
    const [first, second] = databases as [FreshDatabase, FreshDatabase];
    [packer, shop, browser] = await Promise.all([
      startNodeProcess({ organisation: 'packer.example', books: ['season'], databaseUrl: first.url }),
      startNodeProcess({ organisation: 'shop.example', books: ['season'], databaseUrl: second.url }),
      openBrowser(),
    ]);
    await makePartners(packer, shop);
    const { requests } = await packer.mutate(
      `mutation ($updates: [UpdateInput!]!) {
         requestUpdates(updates: $updates) { requests { state error { message place } } }
       }`,
      { updates: [{ book: 'packer.example/season', key: 'chain', changes: CHANGES }] },
    );
    expect(requests).toEqual([{ state: 'APPROVED', error: null }]);
    const { link } = await packer.mutate(
      'mutation ($input: InvitePersonInput!) { invitePerson(input: $input) { link error { message } } }',
      {
        input: {
          name: 'Grace Hopper',
          email: 'grace@packer.example',
          roles: [{ role: 'APPROVER', book: null }],
        },
      },
    );
    [ada, grace, clerk] = await Promise.all([
      openAdmin(browser, packer),
      acceptLink(browser, packer, String(link)),
      openAdmin(browser, shop),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([packer?.remove(), shop?.remove()]);
    await Promise.all(databases.map((each) => each.drop()));
  });

  async function choose(
    within: Page | Locator,
    page: Page,
    label: string,
    name: string | RegExp,
  ): Promise<void> {
    await within.getByRole('combobox', { name: label }).click();
    await page.getByRole('option', { name }).click();
  }
  const section = (name: string): Locator => ada.page.getByRole('region', { name });
  /** Presses the button that asks, and the one that does it. */
  async function confirm(page: Page, button: string, deed: string): Promise<void> {
    await page.getByRole('button', { name: button, exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: deed, exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  }

  test('opens a case, and takes down what was reported: who fell ill, and after eating what', async () => {
    const { page, open } = ada;
    await open('/cases', 'Cases');
    await page.getByLabel('What it is about').fill(CASE);
    await page.getByLabel('Hazard, as far as it is known').fill('Listeria monocytogenes');
    await page.getByRole('button', { name: 'Open the case' }).click();
    await page.getByRole('heading', { name: CASE, level: 2 }).waitFor();
    await page.getByText('left of 24 hours').waitFor();

    await page.getByRole('button', { name: 'Add a case line' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('How many').fill('3');
    await dialog.getByLabel('Lot', { exact: true }).fill('(01)09521141012345(10');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByLabel('Lot', { exact: true }).and(page.locator('[aria-invalid="true"]')).waitFor();
    await dialog.getByLabel('Lot', { exact: true }).fill(`(01)${GTIN}(10)SALAD`);
    await dialog.getByLabel('Place').fill(SHOP);
    await dialog.getByRole('button', { name: 'Save' }).click();
    const line = section('Cases: illnesses').getByRole('row', { name: 'illness' });
    await line.getByText('Corner shop').waitFor();
    expect(await line.innerText()).toMatch(/Corner shop[^]*SALAD[^]*3/);

    await page.getByRole('button', { name: 'Add a sample' }).click();
    await dialog.getByLabel('Lot', { exact: true }).fill(lot('SALAD'));
    await dialog.getByLabel('what was looked for').fill('Listeria');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await section('Samples')
      .getByRole('row', { name: 'pending' })
      .getByRole('button', { name: 'Edit' })
      .click();
    await choose(dialog, page, 'Of a sample: result', 'positive');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await section('Samples').getByRole('row', { name: 'positive' }).waitFor();
  });

  test('leads from the case to what explains it, and writes down who decided what', async () => {
    const { page } = ada;
    await page.getByRole('link', { name: 'What explains the cases?' }).click();
    await page.getByRole('row').filter({ hasText: 'LEAF' }).getByText('3 of 3 cases').waitFor();
    await page.goBack();
    expect(await page.getByRole('link', { name: 'Trace its lot' }).getAttribute('href')).toContain(
      encodeURIComponent(lot('SALAD')),
    );
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Add a suspect' }).click();
    await dialog.getByLabel('Which').fill(lot('SALAD'));
    await dialog.getByLabel('Why').fill('All who fell ill ate it.');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await section('Suspects').getByRole('row', { name: 'suspected' }).waitFor();
    await page.getByRole('button', { name: 'Add a decision' }).click();
    await dialog.getByLabel('What was decided').fill('Recall lot SALAD');
    await dialog.getByLabel('Why').fill('The sample is positive.');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await section('Decisions').getByRole('row', { name: 'Ada Lovelace' }).waitFor();
    await page.getByRole('tab', { name: 'Activity' }).click();
    const log = page.getByRole('table', { name: 'Activity' });
    expect(await log.getByRole('row', { name: 'Recall lot SALAD' }).innerText()).toMatch(
      /Europe\/Vienna[^]*Ada Lovelace[^]*wrote decision/,
    );
  });

  test('drafts the notice, says what is missing, and shows it as its recipients will see it', async () => {
    const { page } = ada;
    await page.getByRole('tab', { name: 'Notices' }).click();
    await page.getByRole('link', { name: 'Draft a notice' }).click();
    await page.getByRole('heading', { name: 'New notice' }).waitFor();
    await page.getByRole('button', { name: 'Find who got the lots' }).click();
    await page.getByText('A trace found 2 who got the lots').waitFor();
    await page.getByText('gets it at its own node; 60.5 kg').waitFor();
    await page.getByRole('button', { name: 'Save the draft' }).click();
    const stands = section('Where it stands');
    await stands.getByText('Class: Say how likely harm to health is.').waitFor();
    await stands.getByRole('button', { name: 'Propose it' }).click();
    expect(await page.getByRole('dialog').getByRole('button', { name: 'Propose' }).isDisabled()).toBe(true);
    await page.keyboard.press('Escape');

    const draft = section('The draft');
    await choose(draft, page, 'Class', 'class I:');
    await choose(draft, page, 'Reason', 'microbiological');
    await choose(draft, page, 'How far down the chain', 'retail');
    await draft.getByLabel('What a recipient has to do').fill('Take it from sale; tell us what you have.');
    const [day, night] = [
      draft.getByRole('group', { name: 'questions' }),
      draft.getByRole('group', { name: 'at night' }),
    ];
    await day.getByLabel('Name').fill('Quality desk');
    await day.getByLabel('E-mail').fill('quality@packer.example');
    await night.getByLabel('Name').fill('Duty manager');
    await night.getByLabel('Telephone').fill('+1 555 0100');
    const preview = section('Preview').getByRole('article');
    await preview.getByText('Garden salad').waitFor();
    expect(await preview.innerText()).toMatch(/RECALL[^]*Take it from sale[^]*SALAD, Garden salad/);
    expect(await preview.innerText()).not.toMatch(/corner shop|canteen|Ada/i);
    await page.getByRole('button', { name: 'Save the draft' }).click();
    await stands.getByText('Say how likely').waitFor({ state: 'detached' });
    expect(await ada.faults()).toEqual([]);
    await confirm(page, 'Propose it', 'Propose');
    await stands.getByText('waits for a second person').waitFor();
    await stands.getByText('somebody else approves it').waitFor();
  });

  test('is approved by a second person, and sent: who has no node gets a link', async () => {
    await grace.page.goto(ada.page.url());
    await confirm(grace.page, 'Approve', 'Approve');
    // Ada's page hears of it by itself.
    await ada.page.getByText('approved, not sent yet').waitFor();
    await confirm(ada.page, 'Send', 'Send');
    await ada.page.getByText('For The canteen, which has no node here.').waitFor();
    await section('In sums').getByText('2 notified').waitFor();
  });

  test('is answered on a phone by the shop, and its board changes by itself', async () => {
    const { page } = clerk;
    await page.setViewportSize({ width: 390, height: 844 });
    await until('the notice is there', async () => {
      await clerk.open('/notices', 'Notices');
      await clerk.settled();
      return (await page.getByRole('link', { name: CASE }).count()) === 1;
    });
    await page.getByRole('link', { name: CASE }).click();
    await page.getByRole('heading', { name: 'Notice from' }).waitFor();
    expect(await page.getByRole('article').innerText()).toContain('SALAD, Garden salad');
    expect(await page.getByRole('article').innerText()).not.toMatch(/canteen|Ada/i);
    await page.getByRole('button', { name: 'We have received it' }).click();
    await page.getByText('You: received it').waitFor();
    await ada.page.getByRole('row', { name: 'shop.example' }).getByText('received it').waitFor();

    const answer = page.getByRole('region', { name: 'Your answer' });
    await choose(answer, page, 'Is or was any of it here?', 'some of it');
    await answer.getByRole('button', { name: 'Add what was found' }).click();
    await answer.getByLabel('Quantity').fill('60.25');
    await answer.getByLabel('All of it is removed').check();
    await page.getByRole('button', { name: 'Send the answer' }).click();
    await page.getByText('You: all of it is removed').waitFor();
    await ada.page.getByText('60.25 kg found of 65 kg consigned, 4.75 kg not accounted for.').waitFor();
    expect(await clerk.faults({ phone: true })).toEqual([]);
  });

  test('follows up who is silent, checks whether it works, and is closed out with the reason', async () => {
    const { page } = ada;
    await page.getByLabel('Choose The canteen').check();
    await confirm(page, 'Remind 1 chosen', 'Remind');
    const canteen = page.getByRole('row', { name: 'The canteen' });
    await canteen.getByText('reminded once').waitFor();
    await canteen.getByRole('button', { name: 'Escalate' }).click();
    await page.getByRole('dialog').getByLabel('To whom').fill('the county');
    await page.getByRole('dialog').getByRole('button', { name: 'Escalate' }).click();
    await canteen.getByText('escalated to the county').waitFor();
    await choose(page, page, 'Show', 'all of it is removed');
    await page.getByText('1 of 2 recipients').waitFor();
    await choose(page, page, 'Show', /^all$/);

    await page.getByRole('button', { name: 'Add a check' }).click();
    const dialog = page.getByRole('dialog');
    await choose(dialog, page, 'Which recipient', 'The canteen');
    await dialog.getByLabel('It knew of the notice').check();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('0 of 1 knew of it and had acted.').waitFor();
    expect(await ada.faults()).toEqual([]);

    await page.getByRole('button', { name: 'Close out' }).click();
    await dialog.getByLabel('Why it is closed all the same').fill('The county has taken the rest.');
    await dialog.getByRole('button', { name: 'Close out' }).click();
    await section('Where it stands').getByText('closed out').waitFor();
    await page.getByRole('link', { name: 'To the case' }).click();
    await page.getByRole('button', { name: 'Close the case' }).click();
    await dialog.getByLabel('What was found').fill('Lot SALAD; all but 4.75 kg were found.');
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
    await page.getByText('all but 4.75 kg').waitFor();
    await page.getByText('92.7 %').waitFor();
  });

  test('ends with a file that proves it, which anybody verifies', async () => {
    const { page } = ada;
    await page.getByRole('tab', { name: 'Activity' }).click();
    await page
      .getByRole('row', { name: 'recall notice' })
      .filter({ hasText: 'Grace Hopper' })
      .first()
      .waitFor();
    expect(await ada.faults()).toEqual([]);
    await page.getByRole('link', { name: 'export of the case' }).click();
    await page.getByRole('heading', { name: 'Exports' }).waitFor();
    await page.getByText('compressed lines alone').click();
    await page.getByRole('button', { name: 'Make the export' }).click();
    const link = page.getByRole('link', { name: 'Download .jsonl.gz' });
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    await page.getByLabel('Drop a file to verify').setInputFiles(await download.path());
    await page.getByRole('status').getByText('is valid').waitFor();
    await page.getByRole('cell', { name: `${CASE} (` }).waitFor();
  });

  test('says whose records are incomplete, and shows them', async () => {
    const { page, open } = ada;
    await open('/quality', 'Data quality');
    const flaws = page.getByRole('table', { name: 'Flaws of The packer.example' });
    await flaws.getByRole('row', { name: 'shipped, and no receipt is on record' }).waitFor();
    await flaws
      .getByRole('row', { name: 'a key data element is not set' })
      .getByText('bizLocation')
      .first()
      .waitFor();
    expect(await ada.faults()).toEqual([]);
  });

  test('is drilled with a stopwatch', async () => {
    const { page, open } = ada;
    await open('/drills', 'Drills');
    await page.getByLabel('What is played').fill('Salad of June');
    await page.getByRole('button', { name: 'Start the stopwatch' }).click();
    await page.getByText('yes: nothing happened').waitFor();
    await open('/drills', 'Drills');
    await section('Running: Salad of June').getByRole('timer').waitFor();
    await page.getByRole('row', { name: 'Salad of June' }).getByText('running').waitFor();
    expect(await ada.faults()).toEqual([]);
  });

  test('and no page complained of anything', () => {
    expect([ada.noise, grace.noise, clerk.noise]).toEqual([[], [], []]);
  });
});
