import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { hasBrowser, openBrowser } from '../support/chromium.ts';
import { type NodeProcess, startNodeProcess } from '../support/nodes.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PLACES = ['Home', 'Books', 'Records', 'Approvals', 'Authority'];
const LOT = 'https://id.gs1.org/01/09521141012345/10/A1';

describe.skipIf(!hasBrowser())('the admin', () => {
  let fresh: FreshDatabase;
  let node: NodeProcess;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const noise: string[] = [];

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
    context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Vienna' });
    page = await context.newPage();
    page.on('console', (message) => noise.push(message.text()));
    page.on('pageerror', (error) => noise.push(error.message));
    const link = () => /http\S+\/invitations\/[\w-]+/.exec(node.log())?.[0];
    await vi.waitUntil(link, { timeout: 20_000 });
    await page.goto(link() ?? '');
    await page.getByLabel('Your name').fill('Ada Lovelace');
    await page.getByLabel('E-mail address').fill('ada@packer.example');
    await page.getByLabel('Choose a password').fill('correct horse battery');
    noise.length = 0;
    await page.getByRole('button').click();
    await page.getByRole('heading', { name: 'Home' }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await node?.remove();
    await fresh?.drop();
  });

  async function violations(): Promise<string[]> {
    await page.evaluate(axe);
    const { violations: found } = (await page.evaluate(
      'axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa"] })',
    )) as {
      violations: { id: string; nodes: { html: string }[] }[];
    };
    return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`);
  }

  test('lets in whoever has an account, and says what they may see', async () => {
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Records' }).click();
    await page.getByRole('link', { name: 'lot A1' }).click();
    await page.getByRole('heading', { name: 'lot A1', level: 2 }).waitFor();
    expect(await page.getByRole('row', { name: 'quantity' }).innerText()).toContain('12.5');
    expect(await page.getByText('Europe/Vienna').count()).toBeGreaterThan(0);
    expect(noise).toEqual([]);
  });

  test.each(['light', 'dark'] as const)('has no fault that axe finds, in %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    for (const place of PLACES) {
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: place }).click();
      await page.getByRole('heading', { name: place, level: 2 }).waitFor();
      await page.waitForLoadState('networkidle');
      expect({ place, found: await violations() }).toEqual({ place, found: [] });
    }
  });

  test('sends whoever is not logged in to the log-in page, and back', async () => {
    await context.clearCookies();
    await page.goto(`${node.url}/admin/books`);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByLabel('E-mail address').fill('ada@packer.example');
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button').click();
    await page.getByRole('heading', { name: 'Books' }).waitFor();
  });
});
