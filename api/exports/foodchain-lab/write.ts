import { writeFile } from 'node:fs/promises';
import { LotbookError } from '../../errors.ts';
import type { Fields } from '../../events/fields.ts';
import { FOODCHAIN_LAB } from '../../events/foodchain-lab.ts';
import type { SelectedEvent, Selection } from '../../recall/selection.ts';
import { traceEvent, type TraceEvent } from '../../recall/trace-event.ts';
import type { FileTask } from '../file-task.ts';
import { shortIdentifier } from '../sheet/places.ts';
import { dayOf, type Delivery, networkOf, textIn } from './network.ts';

type Value = string | number | boolean;
type Row = ReadonlyMap<string, Value>;

/** All of the network is in memory: FoodChain-Lab reads it so too. */
const MOST_EVENTS = 200_000;
const UNKNOWN = 'unknown';

/**
 * The deliveries of events in the JSON of the FoodChain-Lab app, version 1.0.0: stations, deliveries, and which delivery led to
 * which. What was read from such a file is written as it stood there.
 *
 * @throws LotbookError TOO_LARGE
 */
export async function writeFoodChainLab(selection: Selection, task: FileTask): Promise<void> {
  const { path, signal, onProgress } = task;
  const given: Given = { stations: new Set(), deliveries: [], relations: [] };
  const events: TraceEvent[] = [];
  let done = 0;
  for await (const part of selection.events()) {
    signal.throwIfAborted();
    for (const event of part)
      if (!takeGiven(given, event)) events.push(traceEvent(sourceOf(event), event.fields, null));
    onProgress((done += part.length));
    if (done > MOST_EVENTS)
      throw new LotbookError(
        'TOO_LARGE',
        `A network has at most ${MOST_EVENTS} events: ask for fewer lots, or days.`,
      );
  }
  const { deliveries, relations } = networkOf(events);
  const places = new Set([
    ...given.stations,
    ...deliveries.flatMap(({ from, to }) => [from ?? UNKNOWN, to ?? UNKNOWN]),
  ]);
  const records = await selection.masterData([...places, ...deliveries.map(({ lot }) => lot)]);
  const products = await selection.masterData(deliveries.flatMap(({ lot }) => productOf(lot, records) ?? []));
  const known = new Map([...records, ...products]);
  const data = {
    version: '1.0.0',
    stations: tableOf([...places].map((place) => stationRow(place, known.get(place)))),
    deliveries: tableOf([...given.deliveries, ...deliveries.map((each) => deliveryRow(each, known))]),
    deliveryRelations: tableOf([
      ...given.relations,
      ...relations.map(
        ([from, to]): Row =>
          new Map([
            ['from', from],
            ['to', to],
          ]),
      ),
    ]),
  };
  await writeFile(path, `${JSON.stringify({ version: '1.0.0', data })}\n`, { mode: 0o600 });
}

/** What was read from a file of FoodChain-Lab. */
interface Given {
  stations: Set<string>;
  deliveries: Row[];
  relations: Row[];
}

function takeGiven({ stations, deliveries, relations }: Given, { fields }: SelectedEvent): boolean {
  const row = givenRow(fields);
  if (row.size === 0) return false;
  const from = textIn(fields, 'bizLocation.id');
  if (row.has('arrivalOf')) return true;
  if (fields['type'] === 'TransformationEvent') relations.push(row);
  else deliveries.push(row);
  const ends = [fields['sourceList[].source'], fields['destinationList[].destination']].flat();
  for (const place of [from, ...ends]) if (typeof place === 'string') stations.add(place);
  return true;
}

/** The columns that a record was read from; none where it was not. */
function givenRow(fields: Readonly<Fields> | undefined): Row {
  const row = new Map<string, Value>();
  for (const [name, value] of Object.entries(fields ?? {})) {
    if (!name.startsWith(`{${FOODCHAIN_LAB}}`) || value === null || typeof value === 'object') continue;
    row.set(name.slice(FOODCHAIN_LAB.length + 2).replaceAll('\\', ''), value);
  }
  return row;
}

function stationRow(place: string, record: Readonly<Fields> | undefined): Row {
  const given = givenRow(record);
  if (given.has('ID')) return given;
  const of = (name: string) => textIn(record, name);
  const address = ['street', 'postalCode', 'city'].flatMap((part) => of(`address.${part}`) ?? []).join(', ');
  return rowOf({
    ID: place,
    Name: of('name') ?? (place === UNKNOWN ? 'not recorded, or not shown' : shortIdentifier(place)),
    Address: address || undefined,
    Country: of('address.country'),
    'type of business': of('kind'),
    GeocodingLatitude: numberOf(of('geo.latitude')),
    GeocodingLongitude: numberOf(of('geo.longitude')),
  });
}

function deliveryRow(
  { id, lot, from, to, out, in: arrival, amount }: Delivery,
  known: ReadonlyMap<string, Fields>,
): Row {
  const record = known.get(lot);
  const product = known.get(productOf(lot, known) ?? '');
  return rowOf({
    ID: id,
    from: from ?? UNKNOWN,
    to: to ?? UNKNOWN,
    Name: textIn(product, 'name') ?? textIn(record, 'description') ?? shortIdentifier(lot),
    'Lot ID': lot,
    'Lot Number': textIn(record, 'lotNumber') ?? shortIdentifier(lot),
    'Date Delivery': dayOf(out),
    'Date Delivery Arrival': dayOf(arrival),
    Amount: amount ?? undefined,
  });
}

function productOf(lot: string, records: ReadonlyMap<string, Fields>): string | undefined {
  return textIn(records.get(lot), 'product') ?? /^https:\/\/id\.gs1\.org\/01\/\d{14}/.exec(lot)?.[0];
}

function rowOf(cells: Record<string, Value | undefined>): Row {
  return new Map(Object.entries(cells).filter((cell): cell is [string, Value] => cell[1] !== undefined));
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/** Columns in the order in which they first appear, each with the type of its values. */
function tableOf(rows: readonly Row[]) {
  const types = new Map<string, string>();
  for (const row of rows) {
    for (const [column, value] of row) {
      const type = typeOf(value);
      const before = types.get(column) ?? type;
      types.set(
        column,
        before === type
          ? type
          : [before, type].every((each) => each !== 'string' && each !== 'boolean')
            ? 'double'
            : 'string',
      );
    }
  }
  return {
    columnProperties: [...types].map(([id, type]) => ({ id, type })),
    data: rows.map((row) => [...row].map(([id, value]) => ({ id, value }))),
  };
}

function typeOf(value: Value): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'double';
  return typeof value;
}

function sourceOf({ book, record, version, organisation }: SelectedEvent) {
  return { book, record, version, organisation, approvedAt: 0 };
}
