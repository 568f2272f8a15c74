import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { vi } from 'vitest';
import type { NodeProcess } from './nodes.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The admin of a node in a browser, with its first administrator before it. */
export interface OpenAdmin {
  context: BrowserContext;
  page: Page;
  /** What the page complained of since it was let in. */
  noise: string[];
  /** Goes to a page by its address, as a link from elsewhere leads to it, and waits for its heading. */
  open(path: string, heading: string): Promise<void>;
  /** What axe finds of the levels A and AA, with the element. */
  violations(): Promise<string[]>;
}

/** Uses the first link of a node, which is in its log. */
export async function openAdmin(browser: Browser, node: NodeProcess): Promise<OpenAdmin> {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Vienna' });
  const page = await context.newPage();
  const noise: string[] = [];
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
  return {
    context,
    page,
    noise,
    open: async (path, heading) => {
      await page.goto(`${node.url}/admin${path}`);
      await page.getByRole('heading', { name: heading, level: 2 }).waitFor();
    },
    violations: async () => {
      await page.waitForLoadState('networkidle');
      await page.evaluate(axe);
      const { violations: found } = (await page.evaluate(
        'axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa"] })',
      )) as { violations: { id: string; nodes: { html: string }[] }[] };
      return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`);
    },
  };
}
