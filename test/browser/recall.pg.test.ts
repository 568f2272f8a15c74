import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenAdmin, openAdmin } from '../support/admin.ts';
import { cameraFlags, filmCode } from '../support/camera.ts';
import { hasBrowser, openBrowser } from '../support/chromium.ts';
import { type NodeProcess, startNodeProcess } from '../support/nodes.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

const GTIN = '09521141012345';
const PRODUCT = `https://id.gs1.org/01/${GTIN}`;
const lot = (name: string): string => `${PRODUCT}/10/${name}`;
const SALAD = lot('SALAD');
const PLANT = 'https://id.gs1.org/414/9521103000014';
const SHOP = 'https://id.gs1.org/414/9521105000012';

const list = (...lots: [string, string][]) =>
  lots.map(([name, quantity]) => ({ epcClass: lot(name), quantity, uom: 'KGM' }));
const event = (day: number, more: object) => ({
  eventID: `urn:uuid:00000000-0000-4000-8000-00000000000${day}`,
  eventTime: `2026-06-0${day}T12:00:00Z`,
  eventTimeZoneOffset: '+00:00',
  ...more,
});
/** Two lots are mixed into one, of which more is sold than there was; where one of them came from nobody says. */
const EVENTS = [
  event(1, {
    type: 'ObjectEvent',
    action: 'ADD',
    bizStep: 'commissioning',
    quantityList: list(['LEAF', '10']),
    bizLocation: { id: PLANT },
  }),
  event(2, {
    type: 'TransformationEvent',
    bizStep: 'commissioning',
    inputQuantityList: list(['LEAF', '10'], ['ROOT', '5']),
    outputQuantityList: list(['SALAD', '14']),
    bizLocation: { id: PLANT },
  }),
  event(3, {
    type: 'ObjectEvent',
    action: 'OBSERVE',
    bizStep: 'retail_selling',
    disposition: 'retail_sold',
    quantityList: list(['SALAD', '20']),
    bizLocation: { id: SHOP },
  }),
];
const place = (name: string, latitude: string) => ({
  name,
  'geo.latitude': latitude,
  'geo.longitude': '-121.6054',
});
const CHANGES = [
  { record: PRODUCT, kind: 'PRODUCT', content: { name: 'Garden salad' } },
  { record: PLANT, kind: 'LOCATION', fields: place('Salad plant', '36.6589') },
  { record: SHOP, kind: 'LOCATION', fields: place('Corner shop', '37.7551') },
  { record: SALAD, kind: 'LOT', content: { quantity: '14', uom: 'KGM' } },
  ...EVENTS.map((content) => ({ kind: 'EVENT', content })),
];

describe.skipIf(!hasBrowser())('the recall screens', () => {
  let fresh: FreshDatabase;
  let node: NodeProcess;
  let browser: Browser;
  let page: Page;
  let admin: OpenAdmin;
  const film = join(tmpdir(), `lotbook-camera-${process.pid}.y4m`);

  beforeAll(async () => {
    await filmCode(film, `https://shop.example/01/${GTIN}/10/SALAD`);
    fresh = await freshDatabase();
    [node, browser] = await Promise.all([
      startNodeProcess({
        organisation: 'packer.example',
        books: ['season'],
        databaseUrl: fresh.url,
        // Whatever the pages ask, they ask by ids of operations.
        env: { LOTBOOK_SESSION_DOCUMENTS: 'admin' },
      }),
      openBrowser(cameraFlags(film)),
    ]);
    const { requests } = await node.mutate(
      `mutation ($updates: [UpdateInput!]!) {
         requestUpdates(updates: $updates) { requests { state error { message place } } }
       }`,
      { updates: [{ book: 'packer.example/season', key: 'chain', changes: CHANGES }] },
    );
    expect(JSON.stringify(requests)).toContain('APPROVED');
    admin = await openAdmin(browser, node);
    ({ page } = admin);
  });
  afterAll(async () => {
    await browser?.close();
    await node?.remove();
    await fresh?.drop();
    await rm(film, { force: true });
  });

  const go = (path: string, params: Record<string, string | undefined>) =>
    page.goto(
      `${node.url}/admin/${path}?${new URLSearchParams(params as Record<string, string>).toString()}`,
    );
  const rowOf = (name: string) =>
    page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });

  test('trace a lot from what is printed on it, and say where its story is open', async () => {
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Trace' }).click();
    await page.getByLabel('Trace from a lot').fill(`(01)${GTIN}(10)SALAD`);
    await page.keyboard.press('Enter');
    await page.getByText('3 events of 3 lots and pallets; 1 open ends.').waitFor();
    await rowOf('SALAD').getByText('Garden salad').waitFor();
    await rowOf('SALAD').getByText('Salad plant').waitFor();
    expect(await rowOf('SALAD').innerText()).toMatch(/Garden salad[^]*14 kg[^]*Salad plant[^]*start/);
    expect(await rowOf('ROOT').innerText()).toMatch(/Back: no record/);
    expect(await rowOf('LEAF').innerText()).toMatch(/Back: origin/);
    expect(admin.noise).toEqual([]);
  });

  test('have one selection for the graph, the map, the timeline and the table, by keyboard alone', async () => {
    const graph = page.getByRole('application', { name: 'Graph of' });
    await graph.focus();
    for (const key of ['ArrowDown', 'ArrowLeft', 'ArrowLeft', 'Enter']) await page.keyboard.press(key);
    const chosen = page.getByRole('checkbox', { checked: true });
    await chosen.first().waitFor();
    expect(await chosen.count()).toBe(1);
    const [name] = (await chosen.getAttribute('aria-label'))?.match(/LEAF|ROOT/) ?? [];
    expect(await page.getByRole('region', { name: 'Chosen' }).innerText()).toContain(`${name}`);
    expect(page.url()).toContain(`select=${encodeURIComponent(lot(name ?? ''))}`);

    const shop = page.getByRole('group', { name: 'Map' }).getByRole('button', { name: 'Corner shop' });
    await shop.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('checkbox', { name: 'Choose SALAD', checked: true }).waitFor();
    expect(await shop.getAttribute('aria-pressed')).toBe('true');
    const sale = page
      .getByRole('group', { name: 'Timeline' })
      .getByRole('button', { name: /retail selling/ });
    expect(await sale.getAttribute('aria-pressed')).toBe('true');
  });

  test('are undone step by step, and stand whole in the address', async () => {
    await page.getByRole('button', { name: 'Hide' }).click();
    await page.getByRole('button', { name: 'Show 1 hidden' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Show 1 hidden' }).waitFor();
    await page.getByText('3 events of 3 lots').waitFor();
    expect(await rowOf('SALAD').count()).toBe(0);
    await page.getByRole('button', { name: 'Show 1 hidden' }).click();
    await rowOf('SALAD').waitFor();
    await page.keyboard.press('Control+z');
    await rowOf('SALAD').waitFor({ state: 'detached' });
  });

  test('give their picture away', async () => {
    await go('trace', { thing: SALAD });
    await page.getByText('3 events of 3 lots').waitFor();
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'SVG' }).click();
    const text = await readFile(await (await saved).path(), 'utf8');
    expect(text).toContain('>LEAF<');
    expect(text).toContain('>no record<');
    const painted = page.waitForEvent('download');
    await page.getByRole('button', { name: 'PNG' }).click();
    expect((await readFile(await (await painted).path())).subarray(1, 4).toString()).toBe('PNG');
  });

  test('rank what explains the cases, and name what it does not explain', async () => {
    await page.goto(
      `${node.url}/admin/converge?${new URLSearchParams([
        ['leg', `11 Corner ${SALAD}`],
        ['leg', `1 Elsewhere ${lot('OTHER')}`],
      ]).toString()}`,
    );
    const leaf = rowOf('LEAF');
    await leaf.getByText('11 of 12 cases').waitFor();
    expect(await leaf.innerText()).toContain('Elsewhere');
    expect(await page.getByRole('region', { name: 'Where lots were mixed' }).innerText()).toContain('SALAD');
  });

  test('show what nobody can explain in the balance', async () => {
    await go('balance', { thing: SALAD, reach: 'ALONE' });
    await page.getByRole('img', { name: 'made 14 kg, sold 20 kg, unexplained -6 kg' }).waitFor();
    expect(await page.getByRole('alert').innerText()).toContain('More was taken than there was, 6 kg');
  });

  test('read the code on a label with the camera, on a phone, and prove what the page says', async () => {
    await page.setViewportSize({ width: 375, height: 720 });
    await page.goto(`${node.url}/admin/lot`);
    await page.getByRole('button', { name: 'Scan' }).click();
    await page.getByRole('heading', { name: 'Lot SALAD' }).waitFor();
    await page.getByText('The signature is genuine').waitFor();
    expect(await page.getByText(/signed by The packer.example in term 1/).count()).toBe(1);
    expect(await page.getByRole('region', { name: 'Made of' }).innerText()).toMatch(/LEAF[^]*ROOT/);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
    expect(await admin.faults({ phone: true })).toEqual([]);
  });

  test.each([
    ['trace', { thing: SALAD, select: lot('ROOT') }, 'Where it came from'],
    ['converge', { leg: `11 Corner ${SALAD}` }, '11 of 11 cases'],
    ['balance', { thing: SALAD }, 'Whole chain, 3 lots'],
    ['lot', { id: SALAD }, 'The signature is genuine'],
  ])(
    'have no fault that axe finds, in light, in dark, nor at 200 percent: %s',
    async (path, params, words) => {
      await go(path, params);
      await page.getByText(words).first().waitFor();
      expect(await admin.faults()).toEqual([]);
    },
  );
});
