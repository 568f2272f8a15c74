import { readFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { epcisOf, eventOf } from '../cli/import/epcis.ts';
import { type OpenAdmin, openAdmin } from '../support/admin.ts';
import { hasBrowser, openBrowser } from '../support/chromium.ts';
import { type NodeProcess, startNodeProcess, until } from '../support/nodes.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

const BOOK = 'packer.example/season';

/** The pages of those who run a node. One node set for all; each test goes on from what the one before left. */
describe.skipIf(!hasBrowser())('the cockpit', () => {
  const fresh: FreshDatabase[] = [];
  let packer: NodeProcess;
  let shop: NodeProcess;
  let browser: Browser;
  let admin: OpenAdmin;

  beforeAll(async () => {
    const [first, second] = [await freshDatabase(), await freshDatabase()];
    fresh.push(first, second);
    [packer, shop, browser] = await Promise.all([
      startNodeProcess({ organisation: 'packer.example', books: ['season'], databaseUrl: first.url }),
      startNodeProcess({ organisation: 'shop.example', databaseUrl: second.url }),
      openBrowser(),
    ]);
    const change = {
      record: 'https://id.gs1.org/01/09521141012345/10/A1',
      kind: 'LOT',
      content: { quantity: '12.50', uom: 'KGM' },
    };
    await packer.mutate(
      'mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state } } }',
      { updates: [{ book: BOOK, key: 'a1', changes: [change] }] },
    );
    admin = await openAdmin(browser, packer);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([packer?.remove(), shop?.remove()]);
    for (const each of fresh) await each.drop();
  });

  test('lets in whoever has an account, and says what they may see', async () => {
    const { page } = admin;
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Records' }).click();
    await page.getByRole('link', { name: 'lot A1' }).click();
    await page.getByRole('heading', { name: 'lot A1', level: 2 }).waitFor();
    expect(await page.getByRole('row', { name: 'quantity' }).innerText()).toContain('12.5');
    expect(await page.getByText('Europe/Vienna').count()).toBeGreaterThan(0);
    expect(await admin.faults()).toEqual([]);
  });

  test('begins with the first steps, and imports a file with a report of what was refused', async () => {
    const { page, open } = admin;
    await open('/', 'Home');
    const steps = page.getByRole('region', { name: 'First steps' });
    await steps.getByText('Find your first partner').waitFor();
    await open('/import', 'Import');
    const file = page.getByLabel('Drop EPCIS files here');
    const named = (name: string, text: string) => ({
      name,
      mimeType: 'application/json',
      buffer: Buffer.from(text),
    });
    await file.setInputFiles([
      named('good.json', epcisOf([eventOf(1), eventOf(2)])),
      named('bad.json', epcisOf([{ ...eventOf(3), action: 'NOTHING' }])),
    ]);
    await page.getByRole('region', { name: 'good.json' }).getByText('2 events: 2 new').waitFor();
    await page.getByText('Nothing of bad.json was taken').waitFor();
    await page.getByText(/action/).waitFor();
  });

  test('asks the node in GraphQL by hand, helped by what the contract says', async () => {
    const { page, open, faults } = admin;
    await open('/queries', 'Queries');
    await page.getByRole('button', { name: 'Ask' }).click();
    const answer = page.getByRole('region', { name: 'Answer' });
    await answer.getByText(`"id": "${BOOK}"`).waitFor();
    await page.getByLabel('Find an operation').fill('addClient');
    await page.getByRole('button', { name: 'mutation addClient' }).click();
    expect(await page.getByLabel('Document').inputValue()).toContain('addClient(input: $input)');
    await page.getByLabel('Document').press('Control+Enter');
    await answer.getByText(/Variable \\?"\$input\\?" of required type/).waitFor();
    expect(await faults()).toEqual([]);
  });

  test('makes a partner: a link with its fingerprint, then the comparison by what people read out', async () => {
    const { page, open } = admin;
    await open('/partners', 'Partners');
    await page.getByText('You have no partner yet.').waitFor();
    await page.getByLabel('For whom').fill('the shop');
    await page.getByRole('button', { name: 'Make a link' }).click();
    await page.getByRole('img', { name: 'QR code' }).waitFor();
    const [link = '', fingerprint = ''] = await page.getByRole('status').locator('code').allInnerTexts();
    await page.getByLabel('The link that they sent you').fill(link);
    expect(await page.getByText(fingerprint, { exact: true }).count()).toBe(2);
    expect(await page.getByRole('button', { name: 'Accept' }).isDisabled()).toBe(true);

    await shop.mutate('mutation ($link: String!) { acceptInvitation(link: $link) { error { message } } }', {
      link,
    });
    await open('/partners', 'Partners');
    expect(await page.getByRole('row', { name: 'The shop.example' }).innerText()).toContain('waits for you');
    await page.getByRole('link', { name: 'The shop.example' }).click();
    await page.getByLabel('The fingerprint that they read to you').fill('AAAA BBBB');
    await page.getByRole('button', { name: 'Compare and confirm' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'They read it to me' }).click();
    await page.getByRole('alert').waitFor();
    await page.keyboard.press('Escape');
    const { keys } = await shop.query('{ keys { keys { fingerprint } } }');
    const [own] = (keys as { keys: { fingerprint: string }[] }).keys;
    await page.getByLabel('The fingerprint that they read to you').fill(own?.fingerprint ?? '');
    await page.getByRole('button', { name: 'Compare and confirm' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'They read it to me' }).click();
    await page.getByRole('button', { name: 'Suspend' }).waitFor();
  });

  test('tries a rule, shows what it would change, shares, and looks with the eyes of the partner', async () => {
    const { page, open } = admin;
    const rulesNow = async () =>
      (await packer.query('query ($book: ID!) { grants(book: $book) { id } }', { book: BOOK }))['grants'];
    const before = await rulesNow();
    await open('/sharing', 'Sharing');
    const row = page
      .getByRole('table', { name: 'Fields by partners' })
      .getByRole('row', { name: 'quantity lot' });
    expect(await row.getByRole('cell').innerText()).toBe('no');
    await page.getByRole('combobox', { name: 'To' }).click();
    await page.getByRole('option', { name: 'The shop.example' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('combobox', { name: 'Fields (* for all)' }).fill('quantity');
    await page.keyboard.press('Enter');
    await page.getByLabel('Also what was recorded already').check();
    await page.getByRole('button', { name: 'Try it' }).click();
    await row.getByText('all').waitFor();
    expect(await rulesNow()).toEqual(before);
    await page.getByRole('button', { name: 'Save the rule' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Share' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });

    await page.getByRole('tab', { name: 'Rules' }).click();
    await page.getByText('The shop.example may see quantity of records of every kind').waitFor();
    await page.getByRole('tab', { name: 'View as a partner' }).click();
    await page.getByRole('combobox', { name: 'With the eyes of' }).click();
    await page.getByRole('option', { name: 'The shop.example' }).click();
    const seen = page.getByRole('row', { name: 'lot A1' });
    await seen.waitFor();
    expect(await seen.innerText()).toContain('quantity: 12.5');
    expect(await seen.innerText()).toContain('uom');
    await page.getByRole('tab', { name: 'Received' }).click();
    const receipts = 'query ($book: ID!) { receipts(book: $book) { subscriber } }';
    await until('the shop has it', async () => {
      const { receipts: known } = await packer.query(receipts, { book: BOOK });
      return JSON.stringify(known).includes('shop.example');
    });
    await page.reload();
    await page.getByRole('row', { name: 'The shop.example' }).waitFor();
  });

  test('suspends a partner, by the keyboard alone, and resumes it', async () => {
    const { page, open } = admin;
    await open('/partner?organisation=shop.example', 'The shop.example');
    const keyboard = async (name: string): Promise<void> => {
      await page.getByRole('button', { name, exact: true }).last().focus();
      await page.keyboard.press('Enter');
    };
    await keyboard('Suspend');
    await page.getByRole('dialog').waitFor();
    await keyboard('Suspend');
    await page.getByText('nothing is exchanged').waitFor();
    await keyboard('Resume');
    await page.getByRole('dialog').waitFor();
    await keyboard('Resume');
    await page.getByRole('button', { name: 'Suspend' }).waitFor();
  });

  test('opens a case, whose clock runs on the first page too', async () => {
    const { page, open } = admin;
    await open('/cases', 'Cases');
    await page.getByLabel('What it is about').fill('Salad, late May');
    await page.getByRole('button', { name: 'Open the case' }).click();
    await page.getByRole('heading', { name: 'Salad, late May', level: 2 }).waitFor();
    await page.getByText('left of 24 hours').waitFor();
    await open('/', 'Home');
    await page.getByRole('row', { name: 'Salad, late May' }).getByText('left of 24 hours').waitFor();
  });

  test('invites a person with a role in one book, and makes a token of a program', async () => {
    const { page, open } = admin;
    await open('/people', 'People');
    const invite = page.getByRole('region', { name: 'Invite somebody' });
    await invite.getByLabel('Name').fill('Grace Hopper');
    await invite.getByLabel('E-mail').fill('grace@packer.example');
    await invite.getByRole('combobox', { name: 'Role' }).click();
    await page.getByRole('option', { name: 'Approver' }).click();
    await invite.getByRole('combobox', { name: 'Where' }).click();
    await page.getByRole('option', { name: BOOK }).click();
    await invite.getByRole('button', { name: 'Add the role' }).click();
    await invite.getByRole('button', { name: 'Invite', exact: true }).click();
    await invite.getByRole('img', { name: 'QR code' }).waitFor();
    await open('/people', 'People');
    expect(await page.getByRole('row', { name: 'Grace Hopper' }).innerText()).toContain(
      `Approver in ${BOOK}`,
    );

    const make = page.getByRole('region', { name: 'Make a token for a program' });
    await make.getByLabel('What it is for').fill('scale 4');
    await make.getByRole('button', { name: 'Add the role' }).click();
    await make.getByRole('button', { name: 'Make a token' }).click();
    await make.getByText('not shown again').waitFor();
    await page.getByRole('row', { name: 'scale 4' }).getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('row', { name: 'scale 4' }).getByText('revoked').waitFor();
  });

  test('finds in the access log what was done, and verifies that no row is missing', async () => {
    const { page, open } = admin;
    await open('/access-log', 'Access log');
    await page.getByLabel('What was done').fill('suspendPartner');
    await page.getByRole('button', { name: 'Find' }).click();
    const table = page.getByRole('table', { name: 'Access log' });
    await until('nothing else is shown', async () => (await table.getByRole('row').count()) === 2);
    expect(await table.getByRole('row').last().innerText()).toContain('shop.example');
    await page.getByRole('button', { name: 'Verify the whole log' }).click();
    await page.getByText('rows continue one another').waitFor();
  });

  test('says with which keys the node signs, and refuses a change that nobody prepared', async () => {
    const { page, open } = admin;
    await open('/keys', 'Keys');
    await page.getByRole('button', { name: 'Take up the prepared change' }).click();
    await page.getByRole('button', { name: 'Change the key' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('table', { name: 'Keys' }).getByText('in force').count()).toBe(1);
  });

  test('makes an export, and verifies the file in the browser: every check in words, and the first bad line', async () => {
    const { page, open } = admin;
    await open('/exports', 'Exports');
    await page.getByText('compressed lines alone').click();
    await page.getByRole('button', { name: 'Make the export' }).click();
    const link = page.getByRole('link', { name: 'Download .jsonl.gz' });
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    const path = await download.path();
    const file = page.getByLabel('Drop a file to verify');
    await file.setInputFiles(path);
    await page.getByRole('status').getByText('is valid').waitFor();
    const { keys } = await packer.query('{ keys { keys { fingerprint } } }');
    const [own] = (keys as { keys: { fingerprint: string }[] }).keys;
    await page.getByText(own?.fingerprint ?? '').waitFor();
    await page.getByText('Every entry is signed').waitFor();

    const lines = gunzipSync(await readFile(path))
      .toString()
      .split('\n');
    const entry = lines.findIndex((line) => line.startsWith('{"entry"'));
    lines.splice(entry, 1);
    const buffer = gzipSync(lines.join('\n'));
    await file.setInputFiles({ name: 'cut.jsonl.gz', mimeType: 'application/gzip', buffer });
    await page.getByText('cut.jsonl.gz is not valid').waitFor();
    await page.getByText(`The first bad line is ${entry + 1}`).waitFor();
  });

  test.each([
    ['/', 'Home'],
    ['/books', 'Books'],
    ['/records', 'Records'],
    ['/approvals', 'Approvals'],
    ['/authority', 'Authority'],
    ['/import', 'Import'],
    ['/cases', 'Cases'],
    ['/partners', 'Partners'],
    ['/partner?organisation=shop.example', 'The shop.example'],
    ['/sharing', 'Sharing'],
    ['/sharing?view=rules', 'Sharing'],
    ['/people', 'People'],
    ['/access-log', 'Access log'],
    ['/keys', 'Keys'],
    ['/exports', 'Exports'],
  ])('%s has no fault that axe finds, in light and in dark, and fits 200%%', async (path, heading) => {
    await admin.open(path, heading);
    expect(await admin.faults()).toEqual([]);
  });

  test('sends less than 200 kB until its first screen is there', async () => {
    const cold = await browser.newContext({ storageState: await admin.context.storageState() });
    const fresh = await cold.newPage();
    const sizes: Promise<number>[] = [];
    fresh.on('requestfinished', (request) => {
      if (request.url().includes('/admin/'))
        sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
    });
    await fresh.goto(`${packer.url}/admin/`);
    await fresh.getByRole('heading', { name: 'Home' }).waitFor();
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(200_000);
    await cold.close();
  });

  test('and none of them complained of anything', () => {
    expect(admin.noise).toEqual([]);
  });

  test('sends whoever is not logged in to the log-in page, and back', async () => {
    const { page, context } = admin;
    await context.clearCookies();
    await page.goto(`${packer.url}/admin/books`);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByLabel('E-mail address').fill('ada@packer.example');
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button').click();
    await page.getByRole('heading', { name: 'Books' }).waitFor();
  });
});
