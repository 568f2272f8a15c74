import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fields } from '../../api/events/fields.ts';
import { isFoodChainLab, readFoodChainLab } from '../../api/events/foodchain-lab.ts';
import { writeFoodChainLab } from '../../api/exports/foodchain-lab/write.ts';
import type { SelectedEvent } from '../../api/recall/selection.ts';
import { seen, selectionOf } from './support/selection.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lotbook-fcl-'));
});
afterAll(() => rm(dir, { recursive: true }));

type Cell = string | number | boolean;
const table = (rows: Record<string, Cell>[]) => ({
  columnProperties: [...new Set(rows.flatMap((row) => Object.keys(row)))].map((id) => {
    const value = rows.find((row) => id in row)?.[id];
    return {
      id,
      type: typeof value === 'number' ? (Number.isInteger(value) ? 'int' : 'double') : typeof value,
    };
  }),
  data: rows.map((row) => Object.entries(row).map(([id, value]) => ({ id, value }))),
});

/** Of the structure, the columns and the kinds of values that files of the FoodChain-Lab app have. */
const STATIONS = [
  {
    ID: '-1800741786',
    Name: 'Grossküche "Süd"',
    Address: 'Weg 1, 2031 Haarlem',
    Country: 'The Netherlands',
    SimpleSupplier: false,
    DeadEnd: true,
  },
  {
    ID: '-1636899622',
    Name: 'Herbs',
    'type of business': 'Processor',
    GeocodingLatitude: 50.807253,
    GeocodingLongitude: 4.314988,
  },
  { ID: '107176005', Name: 'Grower', Country: 'Egypt', SimpleSupplier: true, DeadEnd: false },
];
const DELIVERIES = [
  {
    ID: '1575619243',
    from: '107176005',
    to: '-1636899622',
    Name: 'Rose hip, Lot no. R82',
    'Lot ID': '-1241261771',
    'Lot Number': 'R82',
    'Date Delivery': '2018-10-08',
    'Date Delivery Arrival': '2018-10-10',
    '_Chargen.Production date': '9/2018',
    '_Lieferungen. Best before date': 'End 2023',
    Amount: '25.0 bags 20kg',
    '_Chargen.Indicator': 0,
  },
  {
    ID: '480304603',
    from: '-1636899622',
    to: '-1800741786',
    Name: 'Tea, Lot no. B12',
    'Lot ID': '1968874224',
    'Lot Number': 'B12',
    'Date Delivery': '2019-02-19',
  },
  {
    ID: '838810847',
    from: '-1636899622',
    to: '-1800741786',
    Name: 'Tea, Lot no. B12',
    'Lot ID': '1968874224',
    'Lot Number': 'B12',
    'Date Delivery Arrival': '2019-02-03',
  },
];
const RELATIONS = [{ from: '1575619243', to: '480304603' }];
const fileOf = (given: object = {}) => ({
  version: '1.0.0',
  data: {
    version: '1.0.0',
    stations: table(STATIONS),
    deliveries: table(DELIVERIES),
    deliveryRelations: table(RELATIONS),
    ...given,
  },
});

async function written(events: SelectedEvent[], records: Map<string, Fields>) {
  const path = join(dir, 'out.json');
  const task = { path, at: new Date(0), signal: new AbortController().signal, onProgress: () => undefined };
  await writeFoodChainLab(selectionOf([events], records), task);
  return JSON.parse(await readFile(path, 'utf8')) as ReturnType<typeof fileOf>;
}

const byId = (rows: { id: string; value: Cell }[][]) =>
  rows
    .map((row) => Object.fromEntries(row.map(({ id, value }) => [id, value])))
    .toSorted((a, b) => (String(a['ID']) < String(b['ID']) ? -1 : 1));

describe('a file of FoodChain-Lab', () => {
  it('is read into records and written again with all stations, deliveries, relations and columns', async () => {
    const text = JSON.stringify(fileOf());
    expect([isFoodChainLab(text), isFoodChainLab('{"data":1}'), isFoodChainLab('no JSON')]).toEqual([
      true,
      false,
      false,
    ]);
    const { events, masterData } = readFoodChainLab(text);
    const again = await written(
      events.map(({ id, fields }) => ({ ...seen(fields), record: id })),
      new Map(masterData.map(({ id, fields }) => [id, fields])),
    );
    expect(isFoodChainLab(JSON.stringify(again))).toBe(true);
    for (const name of ['stations', 'deliveries', 'deliveryRelations'] as const) {
      expect(byId(again.data[name].data)).toEqual(byId(fileOf().data[name].data));
      expect(new Set(again.data[name].columnProperties.map(({ id, type }) => `${id} ${type}`))).toEqual(
        new Set(fileOf().data[name].columnProperties.map(({ id, type }) => `${id} ${type}`)),
      );
    }
  });

  it.each([
    [
      'a delivery to nowhere',
      {
        deliveries: table([{ ...DELIVERIES[1], to: '9' } as Record<string, Cell>]),
        deliveryRelations: table([]),
      },
      'delivery 480304603 goes to a station',
    ],
    [
      'a delivery without a date',
      {
        deliveries: table([{ ID: '1', from: '107176005', to: '-1636899622' }]),
        deliveryRelations: table([]),
      },
      'delivery 1 has neither',
    ],
    ['a relation to nowhere', { deliveryRelations: table([{ from: '1575619243', to: '7' }]) }, 'delivery 7'],
    ['a station twice', { stations: table([...STATIONS, { ID: '107176005' }]) }, 'have the ID 107176005'],
    ['no rows', { stations: { columnProperties: [], data: 1 } }, 'data.stations.data'],
  ])('with %s is refused, and the place is named', (_what, given, place) => {
    expect(() => readFoodChainLab(JSON.stringify(fileOf(given)))).toThrow(place);
  });
});

const place = (nr: number) => `https://id.gs1.org/414/95213210000${['18', '25', '32'][nr]}`;
const lot = (name: string) => `https://id.gs1.org/01/09521141012345/10/${name}`;
const moved = (
  nr: number,
  bizStep: string,
  name: string,
  at: number,
  from: number,
  to: number,
): SelectedEvent =>
  seen({
    eventID: `urn:x:${nr}`,
    type: 'ObjectEvent',
    action: 'OBSERVE',
    bizStep,
    eventTime: `2026-07-${String(nr).padStart(2, '0')}T12:00:00Z`,
    'quantityList[].epcClass': [lot(name)],
    'quantityList[].quantity': ['5'],
    'quantityList[].uom': ['KGM'],
    'bizLocation.id': place(at),
    'sourceList[].source': [place(from)],
    'destinationList[].destination': [place(to)],
  });

it('events become deliveries: a shipment and its receipt are one, and each follows from what it was made of', async () => {
  const events = [
    moved(1, 'shipping', 'A', 0, 0, 1),
    moved(2, 'receiving', 'A', 1, 0, 1),
    seen({
      eventID: 'urn:x:3',
      type: 'TransformationEvent',
      eventTime: '2026-07-03T12:00:00Z',
      'inputQuantityList[].epcClass': [lot('A')],
      'outputQuantityList[].epcClass': [lot('B')],
    }),
    moved(4, 'shipping', 'B', 1, 1, 2),
    moved(5, 'shipping', 'C', 1, 1, 2),
    moved(6, 'receiving', 'D', 2, 1, 2),
  ];
  const { data } = await written(
    events,
    new Map([[place(1), { name: 'Plant', 'geo.latitude': '1.5', 'geo.longitude': '2' }]]),
  );
  expect(byId(data.deliveries.data)).toMatchObject([
    {
      'Lot ID': lot('A'),
      from: place(0),
      to: place(1),
      'Date Delivery': '2026-07-01',
      'Date Delivery Arrival': '2026-07-02',
      Amount: '5 KGM',
    },
    { 'Lot ID': lot('B'), 'Date Delivery': '2026-07-04' },
    { 'Lot ID': lot('C') },
    { 'Lot ID': lot('D'), from: place(1), to: place(2), 'Date Delivery Arrival': '2026-07-06' },
  ]);
  expect(byId(data.deliveryRelations.data)).toEqual([
    { from: `urn:x:1 ${lot('A')}`, to: `urn:x:4 ${lot('B')}` },
  ]);
  expect(byId(data.stations.data)).toContainEqual({
    ID: place(1),
    Name: 'Plant',
    GeocodingLatitude: 1.5,
    GeocodingLongitude: 2,
  });
});
