import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenAdmin, openAdmin } from '../support/admin.ts';
import { hasBrowser, openBrowser } from '../support/chromium.ts';
import { type NodeProcess, startNodeProcess } from '../support/nodes.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

const PLACES = ['Home', 'Books', 'Records', 'Approvals', 'Authority'];
const LOT = 'https://id.gs1.org/01/09521141012345/10/A1';

describe.skipIf(!hasBrowser())('the admin', () => {
  let fresh: FreshDatabase;
  let node: NodeProcess;
  let browser: Browser;
  let admin: OpenAdmin;

  beforeAll(async () => {
    fresh = await freshDatabase();
    [node, browser] = await Promise.all([
      startNodeProcess({ organisation: 'packer.example', books: ['season'], databaseUrl: fresh.url }),
      openBrowser(),
    ]);
    const change = {
      record: LOT,
      kind: 'LOT',
      content: { quantity: '12.50', uom: 'KGM' },
    };
    await node.mutate(
      'mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state } } }',
      {
        updates: [{ book: 'packer.example/season', key: 'a1', changes: [change] }],
      },
    );
    admin = await openAdmin(browser, node);
  });
  afterAll(async () => {
    await browser?.close();
    await node?.remove();
    await fresh?.drop();
  });

  test('lets in whoever has an account, and says what they may see', async () => {
    const { page, noise } = admin;
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Records' }).click();
    await page.getByRole('link', { name: 'lot A1' }).click();
    await page.getByRole('heading', { name: 'lot A1', level: 2 }).waitFor();
    expect(await page.getByRole('row', { name: 'quantity' }).innerText()).toContain('12.5');
    expect(await page.getByText('Europe/Vienna').count()).toBeGreaterThan(0);
    expect(noise).toEqual([]);
  });

  test.each(['light', 'dark'] as const)('has no fault that axe finds, in %s', async (colorScheme) => {
    const { page, violations } = admin;
    await page.emulateMedia({ colorScheme });
    for (const place of PLACES) {
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: place }).click();
      await page.getByRole('heading', { name: place, level: 2 }).waitFor();
      expect({ place, found: await violations() }).toEqual({ place, found: [] });
    }
  });

  test('sends whoever is not logged in to the log-in page, and back', async () => {
    const { page, context } = admin;
    await context.clearCookies();
    await page.goto(`${node.url}/admin/books`);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByLabel('E-mail address').fill('ada@packer.example');
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button').click();
    await page.getByRole('heading', { name: 'Books' }).waitFor();
  });
});
