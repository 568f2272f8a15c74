import type { DocumentRecord } from './document-records.ts';
import { readJson } from './json.ts';
import { validateRecord, type RecordType } from './record.ts';
import { isObject, NumberText, type JsonObject } from './value.ts';

/** Columns of FoodChain-Lab stand under their own names in this namespace. */
export const FOODCHAIN_LAB = 'https://foodrisklabs.bfr.bund.de/foodchain-lab/';

/** A file of FoodChain-Lab is not right; the message names the row and says what to do. */
export class FoodChainLabError extends Error {
  override readonly name = 'FoodChainLabError';
}

type Row = ReadonlyMap<string, string | number | boolean>;

interface Tables {
  stations: readonly Row[];
  deliveries: readonly Row[];
  deliveryRelations: readonly Row[];
}

/** Whether JSON text is a file of the FoodChain-Lab app (FCL-JSON-Exchange-Format): tables below `data`. */
export function isFoodChainLab(text: string): boolean {
  const data = dataOf(text);
  return isObject(data) && isObject(data['stations']) && isObject(data['deliveries']);
}

/**
 * The records of a FoodChain-Lab file: a place for each station, a lot for each `Lot ID`, a shipment and a receipt for each delivery,
 * and a transformation for each relation of two deliveries. All columns are kept as they are, so that the file can be written again.
 *
 * @throws FoodChainLabError
 */
export function readFoodChainLab(text: string): { events: DocumentRecord[]; masterData: DocumentRecord[] } {
  const tables = tablesOf(dataOf(text));
  const stations = indexOf(tables.stations, 'stations');
  const deliveries = indexOf(tables.deliveries, 'deliveries');
  const lots = new Map<string, DocumentRecord>();
  const events: DocumentRecord[] = [];
  for (const [id, row] of deliveries) {
    for (const end of ['from', 'to'])
      if (!stations.has(textOf(row, end)))
        throw wrong(`delivery ${id} goes ${end} a station that is not in the file`);
    const lot = lotOf(id, row);
    if (!lots.has(lot))
      lots.set(lot, recordOf('LOT', lot, { lotNumber: row.get('Lot Number'), description: row.get('Name') }));
    events.push(...movements(id, row, lot));
  }
  for (const row of tables.deliveryRelations) events.push(relation(row, deliveries));
  return { events, masterData: [...[...stations].map(([id, row]) => station(id, row)), ...lots.values()] };
}

function station(id: string, row: Row): DocumentRecord {
  const [latitude, longitude] = [row.get('GeocodingLatitude'), row.get('GeocodingLongitude')];
  return recordOf('LOCATION', placeId(id), {
    name: row.get('Name'),
    kind: row.get('type of business'),
    address: { street: row.get('Address'), country: row.get('Country') },
    ...(typeof latitude === 'number' && typeof longitude === 'number' && { geo: { latitude, longitude } }),
    ...columns(row),
  });
}

function movements(id: string, row: Row, lot: string): DocumentRecord[] {
  const [out, arrival] = [dateOf(row, 'Date Delivery'), dateOf(row, 'Date Delivery Arrival')];
  const [from, to] = [placeId(textOf(row, 'from')), placeId(textOf(row, 'to'))];
  const first = out ?? arrival;
  if (first === null)
    throw wrong(`delivery ${id} has neither a Date Delivery nor a Date Delivery Arrival, as 2019-02-26`);
  const goods = {
    type: 'ObjectEvent',
    action: 'OBSERVE',
    eventTimeZoneOffset: '+00:00',
    quantityList: [{ epcClass: lot }],
    sourceList: [{ type: 'location', source: from }],
    destinationList: [{ type: 'location', destination: to }],
  };
  const eventID = `urn:lotbook:fcl:delivery:${encodeURIComponent(id)}`;
  const shipped = {
    ...goods,
    eventID,
    eventTime: noon(first),
    bizStep: 'shipping',
    bizLocation: { id: from },
    ...columns(row),
  };
  if (arrival === null) return [eventOf(shipped)];
  const receipt = {
    ...goods,
    eventID: `${eventID}:arrival`,
    eventTime: noon(arrival),
    bizStep: 'receiving',
    bizLocation: { id: to },
  };
  return [eventOf(shipped), eventOf({ ...receipt, [name('arrivalOf')]: id })];
}

/** What came with the one delivery was used for the other. */
function relation(row: Row, deliveries: ReadonlyMap<string, Row>): DocumentRecord {
  const [from, to] = [textOf(row, 'from'), textOf(row, 'to')];
  const [used, made] = [deliveries.get(from), deliveries.get(to)];
  if (!used || !made)
    throw wrong(`a relation names the delivery ${used ? to : from}, which is not in the file`);
  const day = dateOf(made, 'Date Delivery') ?? dateOf(made, 'Date Delivery Arrival') ?? '';
  return eventOf({
    type: 'TransformationEvent',
    eventID: `urn:lotbook:fcl:relation:${encodeURIComponent(from)}:${encodeURIComponent(to)}`,
    eventTime: `${day}T11:00:00Z`,
    eventTimeZoneOffset: '+00:00',
    bizLocation: { id: placeId(textOf(made, 'from')) },
    inputQuantityList: [{ epcClass: lotOf(from, used) }],
    outputQuantityList: [{ epcClass: lotOf(to, made) }],
    ...columns(row),
  });
}

function eventOf(event: JsonObject | Record<string, unknown>): DocumentRecord {
  return recordOf('EVENT', null, event);
}

function recordOf(kind: RecordType, id: string | null, content: Record<string, unknown>): DocumentRecord {
  const result = validateRecord(kind, id, content);
  if (result.ok) return { kind, id: result.id, fields: result.fields };
  const [first] = result.problems;
  throw wrong(`${String(id ?? content['eventID'])}, ${first?.field}: ${first?.message}`);
}

function columns(row: Row): Record<string, string | number | boolean> {
  return Object.fromEntries([...row].map(([column, value]) => [name(column), value]));
}

function name(column: string): string {
  return `{${FOODCHAIN_LAB}}${column}`;
}

function placeId(id: string): string {
  return `urn:lotbook:fcl:location:${encodeURIComponent(id)}`;
}

function lotOf(delivery: string, row: Row): string {
  const lot = row.get('Lot ID') ?? `of delivery ${delivery}`;
  return `urn:lotbook:fcl:product:lot:class:${encodeURIComponent(String(lot))}`;
}

function noon(day: string): string {
  return `${day}T12:00:00Z`;
}

function dateOf(row: Row, column: string): string | null {
  const [day] = /^\d{4}-\d{2}-\d{2}/.exec(String(row.get(column) ?? '')) ?? [];
  return day !== undefined && !Number.isNaN(Date.parse(day)) ? day : null;
}

function textOf(row: Row, column: string): string {
  return String(row.get(column) ?? '');
}

function indexOf(rows: readonly Row[], table: string): Map<string, Row> {
  const found = new Map<string, Row>();
  for (const [at, row] of rows.entries()) {
    const id = textOf(row, 'ID');
    if (id === '') throw wrong(`row ${at + 1} of ${table} has no ID`);
    if (found.has(id)) throw wrong(`two rows of ${table} have the ID ${id}`);
    found.set(id, row);
  }
  return found;
}

function dataOf(text: string): unknown {
  const { value } = readJson(text);
  return isObject(value) ? value['data'] : undefined;
}

function tablesOf(data: unknown): Tables {
  if (!isObject(data)) throw wrong('the file has no data');
  return {
    stations: rowsOf(data['stations'], 'stations'),
    deliveries: rowsOf(data['deliveries'], 'deliveries'),
    deliveryRelations: rowsOf(data['deliveryRelations'], 'deliveryRelations'),
  };
}

function rowsOf(table: unknown, of: string): Row[] {
  const rows = isObject(table) ? table['data'] : undefined;
  if (!Array.isArray(rows)) throw wrong(`data.${of}.data is no list of rows`);
  return rows.map((row: unknown, at) => {
    if (!Array.isArray(row)) throw wrong(`row ${at + 1} of ${of} is no list of columns`);
    const cells = row.flatMap((cell: unknown): [string, string | number | boolean][] => {
      const value = isObject(cell) ? valueOf(cell['value']) : undefined;
      if (!isObject(cell) || typeof cell['id'] !== 'string' || value === undefined)
        throw wrong(`row ${at + 1} of ${of} has a column that is no id with a text, a number or a boolean`);
      return value === null ? [] : [[cell['id'], value]];
    });
    return new Map(cells);
  });
}

function valueOf(value: unknown): string | number | boolean | null | undefined {
  if (value instanceof NumberText) return Number(value.text);
  const isPlain =
    value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number';
  return isPlain ? value : undefined;
}

function wrong(what: string): FoodChainLabError {
  return new FoodChainLabError(`FoodChain-Lab: ${what}`);
}
