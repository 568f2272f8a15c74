import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { vi } from 'vitest';
import type { NodeProcess } from './nodes.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WIDE = { width: 1280, height: 720 };
/** At 200 % a window of 1280 px has 640. */
const AT_200_PERCENT = { width: 640, height: 720 };
/** The narrowest phone that is sold, CSS px. */
const PHONE = { width: 390, height: 844 };

/** The admin of a node in a browser, with somebody before it who is logged in. */
export interface OpenAdmin {
  context: BrowserContext;
  page: Page;
  /** What the page complained of since it was let in. */
  noise: string[];
  /** Goes to a page by its address, as a link from elsewhere leads to it, and waits for its heading. */
  open(path: string, heading: string): Promise<void>;
  /** Waits until nothing is loaded any more: no request is under way but streams, and no part of the page says that it loads. */
  settled(): Promise<void>;
  /**
   * What is wrong with the page that is loaded: what axe finds of the levels A and AA, in light, and in dark at 200 %, and
   * whether it has to be scrolled sideways there; with `phone` at a phone's width too. The window is wide and light afterwards.
   */
  faults(more?: { phone: boolean }): Promise<string[]>;
}

/** Uses the first link of a node, which is in its log. */
export async function openAdmin(browser: Browser, node: NodeProcess): Promise<OpenAdmin> {
  const link = () => /http\S+\/invitations\/[\w-]+/.exec(node.log())?.[0];
  await vi.waitUntil(link, { timeout: 20_000 });
  return acceptLink(browser, node, link() ?? '', { name: 'Ada Lovelace', email: 'ada@packer.example' });
}

/** Lets a person in by a link, whose name and address are asked for where `who` is given. */
export async function acceptLink(
  browser: Browser,
  node: NodeProcess,
  link: string,
  who?: { name: string; email: string },
): Promise<OpenAdmin> {
  const context = await browser.newContext({
    locale: 'en-GB',
    timezoneId: 'Europe/Vienna',
    viewport: WIDE,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const noise: string[] = [];
  page.on('console', (message) => noise.push(message.text()));
  page.on('pageerror', (error) => noise.push(error.message));
  const underWay = requestsOf(page);
  await page.goto(link);
  if (who) {
    await page.getByLabel('Your name').fill(who.name);
    await page.getByLabel('E-mail address').fill(who.email);
  }
  await page.getByLabel('Choose a password').fill('correct horse battery');
  noise.length = 0;
  await page.getByRole('button').click();
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  const settled = async (): Promise<void> => {
    await vi.waitUntil(() => underWay.size === 0, { timeout: 20_000, interval: 10 });
    await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' });
  };
  return {
    context,
    page,
    noise,
    open: async (path, heading) => {
      await page.goto(`${node.url}/admin${path}`);
      await page.getByRole('heading', { name: heading, level: 2 }).waitFor();
    },
    settled,
    faults: async (more) => {
      await settled();
      const found = (await violations(page)).map((fault) => `light: ${fault}`);
      await page.setViewportSize(AT_200_PERCENT);
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
      found.push(...(await violations(page)).map((fault) => `dark: ${fault}`));
      if (await isTooWide(page)) found.push('at 200 % it has to be scrolled sideways');
      if (more?.phone) {
        await page.setViewportSize(PHONE);
        if (await isTooWide(page)) found.push('on a phone it has to be scrolled sideways');
      }
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize(WIDE);
      return found;
    },
  };
}

/** What the page has asked for and not got yet; what is streamed to it does not end, and does not count. */
function requestsOf(page: Page): ReadonlySet<unknown> {
  const underWay = new Set<unknown>();
  page.on('request', (request) => {
    if (request.headers()['accept'] !== 'text/event-stream') underWay.add(request);
  });
  page.on('requestfinished', (request) => underWay.delete(request));
  page.on('requestfailed', (request) => underWay.delete(request));
  return underWay;
}

async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe);
  const { violations: found } = (await page.evaluate(
    'axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa"], resultTypes: ["violations"] })',
  )) as { violations: { id: string; nodes: { html: string }[] }[] };
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`);
}

async function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > window.innerWidth');
}
