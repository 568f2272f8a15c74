import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenAdmin, openAdmin } from '../support/admin.ts';
import { hasBrowser, openBrowser } from '../support/chromium.ts';
import { makePartners, type NodeProcess, startNodeProcess, until } from '../support/nodes.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

const BOOK = 'grower.example/harvest';
const LOT = 'https://id.gs1.org/01/09521234543213/10/A1';
const PATH = `/record?${new URLSearchParams({ book: BOOK, id: LOT }).toString()}`;

describe.skipIf(!hasBrowser())('two editors at two nodes, on one record', () => {
  let databases: FreshDatabase[];
  let grower: NodeProcess;
  let packer: NodeProcess;
  let browser: Browser;
  let ours: OpenAdmin;
  let theirs: OpenAdmin;

  beforeAll(async () => {
    databases = await Promise.all([freshDatabase(), freshDatabase()]);
    const [first, second] = databases.map(({ url }) => url) as [string, string];
    [grower, packer, browser] = await Promise.all([
      startNodeProcess({
        organisation: 'grower.example',
        books: ['harvest'],
        databaseUrl: first,
        // A lock that nobody renews ends soon.
        env: { LOTBOOK_LOCK_SECONDS: '6' },
      }),
      startNodeProcess({ organisation: 'packer.example', databaseUrl: second }),
      openBrowser(),
    ]);
    await makePartners(grower, packer);
    for (const right of ['READ', 'CHANGE']) {
      const audience = { organisations: ['packer.example'] };
      const input = { book: BOOK, audience, right, fields: ['quantity', 'variety'] };
      await grower.mutate(
        'mutation ($input: AddGrantInput!) { addGrant(input: $input) { error { code message duty } } }',
        {
          input,
        },
      );
    }
    const content = { quantity: '12', variety: 'Lollo', fieldName: 'north' };
    const changes = [{ record: LOT, kind: 'LOT', base: 0, content }];
    await grower.query(
      'mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state } } }',
      { updates: [{ book: BOOK, key: randomUUID(), changes }] },
    );
    await until('the packer has the lot', async () => {
      const query = 'query ($book: ID!, $id: ID!) { record(book: $book, id: $id) { version } }';
      return (await packer.query(query, { book: BOOK, id: LOT }))['record'] !== null;
    });
    ours = await openAdmin(browser, grower);
    theirs = await openAdmin(browser, packer);
    await Promise.all([ours.open(PATH, 'lot A1'), theirs.open(PATH, 'lot A1')]);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await Promise.all([grower, packer].map((node) => node?.remove()));
    await Promise.all(databases.map((database) => database.drop()));
  });

  const type = (page: Page, field: string, value: string) =>
    page.getByRole('textbox', { name: field, exact: true }).fill(value);
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

  test('the second sees at once who edits and who holds it, and cannot begin', async () => {
    await press(ours.page, 'Edit');
    await ours.page.getByRole('button', { name: 'Save' }).waitFor();
    await theirs.page.getByText('A user at grower.example, editing').waitFor();
    await theirs.page.getByText('A user at grower.example holds this record').waitFor();
    expect(await theirs.page.getByRole('button', { name: 'Edit' }).isDisabled()).toBe(true);
  });

  test('neither of their pages has a fault that axe finds, also on a phone', async () => {
    expect(await ours.faults({ phone: true })).toEqual([]);
    expect(await theirs.faults({ phone: true })).toEqual([]);
  });

  test('a holder that is cut off loses the lock, its late save is refused, and its draft stays until it is decided', async () => {
    await type(ours.page, 'quantity', '14');
    await type(ours.page, 'fieldName', 'south');
    await ours.context.setOffline(true);
    // Once the lock has run out, the other one edits.
    await theirs.page.getByText('holds this record').waitFor({ state: 'detached' });
    await press(theirs.page, 'Edit');
    await type(theirs.page, 'quantity', '13');
    await press(theirs.page, 'Save');
    await theirs.page.getByText('Saved.').waitFor();
    await ours.context.setOffline(false);
    await press(ours.page, 'Save');
    await ours.page.getByText('The lock is not yours any more').first().waitFor();
    await ours.page.getByText('Your draft is kept').waitFor();
    const row = ours.page.getByRole('table', { name: 'What differs' }).getByRole('row', { name: 'quantity' });
    expect((await row.innerText()).replace(/\s+/g, ' ')).toContain('quantity 12 14 13 both: choose');
    expect(await ours.page.getByRole('textbox', { name: 'quantity', exact: true }).inputValue()).toBe('14');
    await row.getByRole('radio', { name: 'mine' }).check();
    await press(ours.page, 'Save so, on version 2');
    await ours.page.getByText('Saved.').waitFor();
    await theirs.page.getByRole('row', { name: /^quantity\s+14/ }).waitFor();
  });

  test('a holder whose browser is gone is no longer there, and its lock runs out', async () => {
    await press(ours.page, 'Edit');
    await theirs.page.getByText('holds this record').waitFor();
    await ours.context.close();
    await theirs.page.getByText('nobody else').waitFor();
    await theirs.page.getByText('holds this record').waitFor({ state: 'detached' });
    await press(theirs.page, 'Edit');
    await theirs.page.getByRole('button', { name: 'Cancel' }).press('Enter');
    await theirs.page.getByText('Nothing was changed.').waitFor();
  });

  test('whoever may see the record writes a note on it, prints it, and looks at what is known of it', async () => {
    const { page } = theirs;
    await page.getByRole('textbox', { name: /^A note/ }).fill('Weighed again at the gate.');
    await press(page, 'Add the note');
    await page.getByText('Noted.').waitFor();
    await page.getByRole('region', { name: 'Notes' }).getByText('Weighed again at the gate.').waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), press(page, 'Print as PDF')]);
    expect(download.suggestedFilename()).toBe('record.pdf');
    await page.getByText('Verification code').waitFor();
    await page.getByText('side by side').click();
    await page.getByRole('table', { name: 'All versions side by side' }).getByText('Version 1').waitFor();
    expect(await page.getByRole('region', { name: 'Properties' }).innerText()).toContain(
      'Rules by which you see it',
    );
    expect(await theirs.faults({ phone: true })).toEqual([]);
  });
});
