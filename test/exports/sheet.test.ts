import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import readWorkbook, { readSheet } from 'read-excel-file/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fields } from '../../api/events/fields.ts';
import { cteOf } from '../../api/exports/sheet/cte-of.ts';
import { CSV } from '../../api/exports/sheet/csv.ts';
import { CTE_SHEETS } from '../../api/exports/sheet/kdes.ts';
import { writeSheet } from '../../api/exports/sheet/write.ts';
import { packagePath } from '../../api/package-root.ts';
import type { SelectedEvent } from '../../api/recall/selection.ts';
import { seen, selectionOf } from './support/selection.ts';

let dir: string;
let files = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lotbook-sheet-'));
});
afterAll(() => rm(dir, { recursive: true }));

const LOT = 'https://id.gs1.org/01/09521141012345/10/A%2F1';
const PRODUCT = 'https://id.gs1.org/01/09521141012345';
const DOCK = 'https://id.gs1.org/414/9521321000018';
const SHOP = 'https://id.gs1.org/414/9521321000025';
const RECORDS = new Map<string, Fields>([
  [PRODUCT, { name: 'Romaine hearts', commodity: 'lettuce', variety: 'romaine' }],
  [
    DOCK,
    {
      name: 'Dock',
      phone: '+1 831 555',
      'address.street': 'Main 1',
      'address.city': 'Salinas',
      'address.state': 'CA',
    },
  ],
]);
const SHIPPED: Fields = {
  eventID: 'urn:x:shipped',
  type: 'ObjectEvent',
  action: 'OBSERVE',
  bizStep: 'shipping',
  eventTime: '2026-07-01T05:30:00Z',
  eventTimeZoneOffset: '-07:00',
  'quantityList[].epcClass': [LOT],
  'quantityList[].quantity': ['12.50'],
  'quantityList[].uom': ['KGM'],
  epcList: ['https://id.gs1.org/00/095213210000000018'],
  'bizLocation.id': DOCK,
  'destinationList[].type': ['owning_party', 'location'],
  'destinationList[].destination': ['https://id.gs1.org/417/9521321000025', SHOP],
  'bizTransactionList[].type': ['po'],
  'bizTransactionList[].bizTransaction': ['urn:epcglobal:cbv:bt:9521321000025:PO-7'],
  '{https://grower.example/}tlcSource': DOCK,
};

type Rows = (string | number | null)[][];

/** What another program reads in the file. */
async function sheets(events: SelectedEvent[]): Promise<Map<string, Rows>> {
  const path = await write(events, 'XLSX');
  const read = await readWorkbook(path);
  return new Map(read.map(({ sheet, data }) => [sheet, data as Rows]));
}

async function write(events: SelectedEvent[], format: 'XLSX' | 'CSV'): Promise<string> {
  const path = join(dir, `${(files += 1)}.file`);
  const task = { path, at: new Date(0), signal: new AbortController().signal, onProgress: () => undefined };
  await writeSheet(selectionOf([events], RECORDS), format, task);
  return path;
}

/** The rows of a sheet, by the heads of their columns. */
function rowsOf(found: Map<string, Rows>, title: string): Record<string, string | number | null>[] {
  const [head = [], ...rows] = found.get(title) ?? [];
  return rows.map((row) => Object.fromEntries(head.map((name, at) => [String(name), row[at] ?? null])));
}

describe('the sortable spreadsheet', () => {
  it('has a sheet for each Critical Tracking Event, and the elements of the rule in a row for each lot', async () => {
    const found = await sheets([seen(SHIPPED)]);
    expect([...found.keys()]).toEqual(['About', ...CTE_SHEETS.map(({ title }) => title), 'Missing']);
    expect(rowsOf(found, 'Shipping')).toEqual([
      {
        'Event time': '2026-06-30T22:30:00-07:00',
        'Traceability lot code': '(01)09521141012345(10)A/1',
        Quantity: 12.5,
        'Unit of measure': 'KGM',
        'Product description': 'Romaine hearts',
        'Immediate subsequent recipient': '(414)9521321000025',
        'Location shipped from': 'Dock; +1 831 555; Main 1; Salinas; CA; (414)9521321000018',
        'Ship date': '2026-06-30',
        'Traceability lot code source': 'Dock; +1 831 555; Main 1; Salinas; CA; (414)9521321000018',
        'Reference document type and number': 'po urn:epcglobal:cbv:bt:9521321000025:PO-7',
        'Logistic units': '(00)095213210000000018',
        'Recorded by': 'grower.example',
        'Declared wrong': null,
        Missing: null,
        'Time (UTC)': '2026-07-01T05:30:00.000Z',
        Book: 'grower.example/season',
        Event: 'urn:x:shipped',
      },
    ]);
    expect(rowsOf(found, 'Missing')).toMatchObject([
      { Sheet: 'all', 'Lot or place': '(414)9521321000025', 'Key data element': 'Location description' },
    ]);
  });

  it('lists what is missing, and tells what was not recorded from what is not shown', async () => {
    const { epcList: _, 'bizTransactionList[].bizTransaction': _reference, ...rest } = SHIPPED;
    const hidden = Object.keys(rest);
    const found = await sheets([seen(rest), seen(rest, hidden)]);
    const missing = rowsOf(found, 'Missing').filter(({ Sheet: sheet }) => sheet === 'Shipping');
    expect(missing.map(({ Row: row, 'Key data element': kde, Why: why }) => [row, kde, why])).toEqual([
      [2, 'Reference document type and number', 'not recorded'],
      [3, 'Reference document type and number', 'not shown by grower.example, or not recorded'],
    ]);
    expect(rowsOf(found, 'Shipping').map(({ Missing: names }) => names)).toEqual([
      'Reference document type and number',
      'Reference document type and number',
    ]);
    expect(rowsOf(found, 'About')).toContainEqual({
      What: 'The trace ends: WITHHELD',
      Value: '2 things, shop.example',
    });
  });

  it('says of each lot of a transformation whether it was used or made, and keeps what was declared wrong', async () => {
    const made: Fields = {
      type: 'TransformationEvent',
      eventTime: '2026-07-02T00:00:00Z',
      eventTimeZoneOffset: '+00:00',
      'inputQuantityList[].epcClass': [LOT],
      'outputQuantityList[].epcClass': ['urn:x:mix'],
      'outputQuantityList[].quantity': ['1234567890.12345678901'],
      'bizLocation.id': DOCK,
      'errorDeclaration.declarationTime': '2026-07-03T00:00:00Z',
      'errorDeclaration.reason': 'incorrect_data',
    };
    const rows = rowsOf(await sheets([seen(made)]), 'Transformation');
    expect(rows).toMatchObject([
      { 'Used or made': 'used', 'Traceability lot code source': null },
      {
        'Used or made': 'made',
        Quantity: '1234567890.12345678901',
        'Traceability lot code source': expect.stringContaining('Dock'),
        'Declared wrong': 'declared wrong: incorrect_data',
      },
    ]);
  });

  it.each([
    ['an equals sign', '=HYPERLINK("http://x")'],
    ['a plus', '+1'],
    ['a minus', '-1'],
    ['an at sign', '@SUM(A1)'],
    ['a tab', '\tx'],
    ['a carriage return', '\rx'],
    ['an escape and signs of XML', 'a_x0041_\u0007<&>"'],
  ])('holds a text with %s as a text that no program reads as a formula', async (_what, text) => {
    const epc = 'https://id.gs1.org/01/09521141012352/10/B';
    const event = seen({ ...SHIPPED, 'quantityList[].epcClass': [epc], '{urn:x:}productDescription': text });
    const parts = unzipSync(await readFile(await write([event], 'XLSX')));
    const texts = Object.values(parts).map((part) => new TextDecoder().decode(part));
    expect(texts.filter((part) => /<f[ >/]/.test(part))).toEqual([]);
    const [row] = rowsOf(await sheets([event]), 'Shipping');
    expect(String(row?.['Product description']).trim()).toBe(text.trim());
    const csv = unzipSync(await readFile(await write([event], 'CSV')))['Shipping.csv'];
    const cells = new TextDecoder().decode(csv).split(/\r\n|,/);
    expect(cells.filter((cell) => /^"?[=+@\t\r-]/.test(cell))).toEqual([]);
  });

  it('cuts a text that no cell takes, and says so', async () => {
    const event = seen({ ...SHIPPED, 'bizTransactionList[].bizTransaction': ['x'.repeat(40_000)] });
    const [row] = rowsOf(await sheets([event]), 'Shipping');
    const text = String(row?.['Reference document type and number']);
    expect([text.length <= 32_767, text.endsWith('... (cut short)')]).toEqual([true, true]);
  });

  it('as CSV has an apostrophe before what looks like a formula, quotes by RFC 4180, and plain numbers', () => {
    expect(CSV.row(['=1', '-x', 'a"b', 'c,d', null, { number: '-1.5' }], 2)).toBe(
      `'=1,'-x,"a""b","c,d",,-1.5\r\n`,
    );
  });

  it('of 100,000 rows is written in 64 MB and opened by another program, and nothing is left beside it', async () => {
    const path = join(dir, 'many.xlsx');
    const script = packagePath('test/exports/support/many-rows.ts');
    const args = ['--max-old-space-size=64', '--import', 'tsx', script, path, '100000'];
    await promisify(execFile)(process.execPath, args, { cwd: packagePath() });
    const rows = await readSheet(path, 'Shipping');
    expect(rows.length).toBe(100_001);
    expect(rows.at(-1)?.slice(0, 3)).toEqual([
      '2026-11-29T17:52:20-07:00',
      '(01)09521141012345(10)L99999',
      99_999.125,
    ]);
    expect((await stat(path)).size).toBeLessThan(20_000_000);
    expect((await readdir(dir)).filter((name) => name.startsWith('many') && name !== 'many.xlsx')).toEqual(
      [],
    );
  });
});

describe('which Critical Tracking Event an event is', () => {
  it.each([
    [{ bizStep: 'shipping' }, 'SHIPPING'],
    [{ bizStep: 'receiving', action: 'OBSERVE', type: 'ObjectEvent' }, 'RECEIVING'],
    [{ bizStep: 'receiving', action: 'ADD', type: 'ObjectEvent' }, 'RECEIVING_EXEMPT'],
    [{ type: 'TransformationEvent', bizStep: 'commissioning' }, 'TRANSFORMATION'],
    [{ type: 'AggregationEvent', bizStep: 'packing' }, 'OTHER'],
    [{ type: 'AggregationEvent', bizStep: 'packing', '{urn:x:}cte': 'initial_packing' }, 'INITIAL_PACKING'],
    [{ bizStep: 'urn:gdst:bizStep:landing', type: 'ObjectEvent', action: 'OBSERVE' }, 'FIRST_RECEIVING'],
    [
      { type: 'ObjectEvent', action: 'ADD', 'ilmd.{urn:epcglobal:cbv:mda:}harvestEndDate': '2026-07-01' },
      'HARVESTING',
    ],
    [{ type: 'ObjectEvent', action: 'OBSERVE', bizStep: 'storing', '{urn:x:}cte': 'cooling' }, 'COOLING'],
    [{ type: 'ObjectEvent', action: 'OBSERVE', bizStep: 'inspecting' }, 'OTHER'],
  ] as [Fields, string][])('%j is %s', (fields, cte) => {
    expect(cteOf(fields)).toBe(cte);
  });
});
