import fc from 'fast-check';
import { getDocumentProxy } from 'unpdf';
import { expect, test } from 'vitest';
import { openDocument, type PrintedDocument } from '../../../api/exports/pdf/document.ts';
import { wrap } from '../../../api/exports/pdf/wrap.ts';

const terms = {
  title: 'Lots of harvest',
  author: 'grower.example',
  at: 1_767_225_600_000,
  foot: 'Code 4TZQ',
};

async function printed(write: (document: PrintedDocument) => void): Promise<Buffer> {
  const document = await openDocument(terms);
  write(document);
  return document.end();
}

/** As a stock reader of PDF finds it, page by page. */
async function read(bytes: Buffer) {
  const document = await getDocumentProxy(new Uint8Array(bytes));
  const pages = await Promise.all(
    Array.from({ length: document.numPages }, async (_, at) => {
      const page = await document.getPage(at + 1);
      const { items } = await page.getTextContent();
      return items.flatMap((item) => ('str' in item && item.str.trim() !== '' ? [item.str] : []));
    }),
  );
  const outline = (await document.getOutline()) as { title: string }[] | null;
  return { pages, outline: outline?.map(({ title }) => title) ?? [], info: await document.getMetadata() };
}

test('a document has its title, time, foot and page of how many on every page', async () => {
  const { pages, outline, info } = await read(
    await printed((document) => {
      document.heading('First', 1);
      document.pairs([['Version', '3']]);
      document.nextPage();
      document.heading('Second', 1);
      document.paragraph('Words.');
    }),
  );
  expect(pages).toHaveLength(2);
  for (const [at, texts] of pages.entries())
    for (const text of [
      'Lots of harvest',
      'grower.example, 2026-01-01T00:00:00.000Z',
      'Code 4TZQ',
      `page ${at + 1} of 2`,
    ])
      expect(texts).toContain(text);
  expect(outline).toEqual(['First', 'Second']);
  expect(info.info).toMatchObject({ Title: 'Lots of harvest', Author: 'grower.example' });
});

test('a table of many rows repeats its head on each page and loses no row', async () => {
  const rows = Array.from({ length: 150 }, (_, at) => [`field ${at}`, `value ${at}`]);
  const columns = [
    { head: 'Field', share: 1 },
    { head: 'Value', share: 2, align: 'right' as const },
  ];
  const { pages } = await read(await printed((document) => document.table(columns, rows)));
  expect(pages.length).toBeGreaterThan(2);
  for (const texts of pages) expect(texts).toEqual(expect.arrayContaining(['Field', 'Value']));
  expect(pages.flat().filter((text) => text.startsWith('field'))).toEqual(rows.map(([name]) => name));
});

test('a value that is longer than a page goes on on the next ones, whole', async () => {
  const value = Array.from({ length: 4000 }, (_, at) => `w${at}`).join(' ');
  const columns = [
    { head: 'Field', share: 1 },
    { head: 'Value', share: 2 },
  ];
  const { pages } = await read(await printed((document) => document.table(columns, [['notes', value]])));
  expect(pages.length).toBeGreaterThan(2);
  expect(
    pages
      .flat()
      .join(' ')
      .match(/\bw\d+\b/g)
      ?.join(' '),
  ).toBe(value);
});

test('letters of many languages are printed, and what has no shape is told by its code point', async () => {
  const { pages } = await read(
    await printed((document) => document.paragraph('Łódź Ωμέγα Київ Đặng; 茶\u0007👍')),
  );
  expect(pages[0]).toContain('Łódź Ωμέγα Київ Đặng; [U+8336] [U+1F44D]');
});

test('the same content at the same time is the same file', async () => {
  const write = (document: PrintedDocument) => document.table([{ head: 'A', share: 1 }], [['ß'], ['ﬁ']]);
  expect((await printed(write)).equals(await printed(write))).toBe(true);
});

test('a text is broken into lines that fit, and loses nothing but spaces', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.integer({ min: 1, max: 40 }),
      (text, width) => {
        const lines = wrap(text, width, (part) => Array.from(part).length);
        expect(lines.length).toBeGreaterThan(0);
        for (const line of lines) expect(Array.from(line).length).toBeLessThanOrEqual(width);
        expect(lines.join('').replace(/\s/gu, '')).toBe(text.replace(/\s/gu, ''));
      },
    ),
  );
});
