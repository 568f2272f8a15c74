import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { zipOf } from '../../api/exports/zip.ts';
import { packagePath } from '../../api/package-root.ts';
import { type Book, linesOf, season } from '../ledger/export/sample.ts';
import { hasBrowser, openBrowser } from '../support/chromium.ts';

const page = packagePath('dist', 'verify.html');

describe.skipIf(!hasBrowser())('the page that verifies exports', () => {
  let browser: Browser;
  let dir: string;
  let lines: string[];
  let book: Book;

  beforeAll(async () => {
    browser = await openBrowser();
    dir = await mkdtemp(join(tmpdir(), 'lotbook-page-'));
    book = await season();
    await book.change('urn:lot:4', {
      'quantityList[].quantity': ['1200', '3.5'],
      'quantityList[].uom': ['KGM', null],
    });
    lines = await linesOf(book, { hides: ({ kind }) => kind === 'DECISION' });
  });
  afterAll(async () => {
    await browser?.close();
    await rm(dir, { recursive: true, force: true });
  });

  async function fileOf(name: string, text: readonly string[]): Promise<string> {
    const path = join(dir, name);
    await writeFile(path, gzipSync(text.map((line) => `${line}\n`).join('')));
    return path;
  }

  /** The page with a file chosen, and what went wrong in it or left it. */
  async function opened(file: string, prepare?: (at: Page) => Promise<unknown>) {
    const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Vienna' });
    const at = await context.newPage();
    const noise: string[] = [];
    at.on('console', (message) => noise.push(message.text()));
    at.on('pageerror', (error) => noise.push(error.message));
    at.on('request', (request) => {
      if (request.url() !== pathToFileURL(page).href) noise.push(request.url());
    });
    await at.goto(pathToFileURL(page).href);
    await prepare?.(at);
    await at.getByLabel('Choose audit.jsonl.gz').setInputFiles(file);
    await at.locator('.answer').waitFor();
    return { at, noise, answer: await at.locator('.answer').innerText(), close: () => context.close() };
  }

  test('says that a file is valid, and with which key, without asking anybody', async () => {
    const { at, noise, answer, close } = await opened(await fileOf('audit.jsonl.gz', lines));
    expect(answer).toContain('The file is valid');
    expect(await at.locator('#verdict').innerText()).toContain('Grower & Sons (grower.example)');
    expect(await at.locator('.fingerprint').innerText()).toMatch(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/);
    expect(noise).toEqual([]);
    await close();
  });

  test('knows the key that its reader knows', async () => {
    const { answer, close } = await opened(await fileOf('audit.jsonl.gz', lines), (at) =>
      at.getByLabel('Key of the owner').fill(book.ownerKey.signer.kid),
    );
    expect(answer).toContain('by the key that you know');
    await close();
  });

  test('shows records and their histories, with units and the zone of times, to who has a keyboard only', async () => {
    const { at, close } = await opened(await fileOf('audit.jsonl.gz', lines));
    await at.getByLabel('Find by id or value').fill('urn:lot:1');
    await at.keyboard.press('Tab');
    await at.keyboard.press('Enter');
    const history = await at.locator('#history').innerText();
    expect(history).toMatch(/Version 3[^]*Version 2[^]*Version 1/);
    expect(history).toContain('1200 KGM'.replace('KGM', 'kg'));
    expect(history).toMatch(/approved .* CEST, entry 3 of the log/);
    await at.getByLabel('Find by id or value').fill('lot:4');
    await at.locator('#list button').click();
    expect(await at.locator('#history').innerText()).toContain('1200 kg\n3.5');
    await close();
  });

  test('says in words what a file does not prove', async () => {
    const { at, close } = await opened(await fileOf('audit.jsonl.gz', lines));
    const text = await at.locator('#verdict').innerText();
    expect(text).toContain('What is not proven');
    expect(text).toContain('no checkpoint stated them yet');
    await close();
  });

  test('names the first bad line', async () => {
    const bad = lines.with(5, (lines[5] ?? '').replace(/"token":"(.{200})./, '"token":"$1_'));
    const { at, answer, close } = await opened(await fileOf('bad.jsonl.gz', bad));
    expect(answer).toContain('The file is not valid');
    expect(answer).toContain('Line 6, entry 4');
    expect(await at.locator('#records-title').innerText()).toBe('Records before the first bad line');
    await close();
  });

  test('opens the archive that it comes in', async () => {
    const log = await fileOf('audit.jsonl.gz', lines);
    const archive = join(dir, 'audit.zip');
    const members = [
      { name: 'audit.jsonl.gz', path: log },
      { name: 'verify.html', path: page },
    ];
    const parts: Buffer[] = [];
    for await (const part of zipOf(members, new Date('2026-11-22T04:00:00Z'))) parts.push(part);
    await writeFile(archive, Buffer.concat(parts));
    const { answer, close } = await opened(archive);
    expect(answer).toContain('The file is valid');
    await close();
  });
});
