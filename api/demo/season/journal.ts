import type { Calendar, Moment } from './calendar.ts';
import { businessDocument, sscc, writer, type Writer } from './keys.ts';
import { ORGANISATIONS } from './organisations.ts';
import { namedUuid, type Random } from './random.ts';
import type {
  Entry,
  EventKind,
  JsonObject,
  Lot,
  OrganisationSlug,
  Pallet,
  Place,
  Portion,
  Tenths,
} from './types.ts';

/** What the stages of the season write into. */
export interface Season {
  seed: number;
  random: Random;
  calendar: Calendar;
  entries: Entry[];
  lots: Lot[];
  pallets: Pallet[];
  /** last number of a document or pallet, by its series */
  counters: Map<string, number>;
}

export interface When {
  day: number;
  /** minutes from local midnight; a few random minutes are added */
  minute: number;
}

export function nextNumber(season: Season, series: string): number {
  const number = (season.counters.get(series) ?? 0) + 1;
  season.counters.set(series, number);
  return number;
}

/** Captures an event at a place: gives it its id, its local time and its place. */
export function capture(
  season: Season,
  kind: EventKind,
  at: Place,
  when: When,
  type: 'ObjectEvent' | 'AggregationEvent' | 'TransformationEvent',
  members: JsonObject,
): Entry {
  const minute = when.minute + season.random.between(0, 14);
  const moment = season.calendar.at(when.day, minute, at.zone);
  const id = namedUuid(`${season.seed}/${nextNumber(season, 'event')}`);
  const event = { type, eventID: id, ...timeOf(moment), ...members, ...placeOf(at) };
  const entry = {
    organisation: at.organisation,
    book: bookOf(at.organisation),
    kind,
    day: when.day,
    instant: moment.instant,
    event,
  };
  season.entries.push(entry);
  return entry;
}

function timeOf(moment: Moment): JsonObject {
  return { eventTime: moment.time, eventTimeZoneOffset: moment.offset };
}

function placeOf(at: Place): JsonObject {
  const id = write(at.organisation).place(at);
  return { readPoint: { id }, bizLocation: { id } };
}

function bookOf(organisation: OrganisationSlug): string {
  const books: Record<OrganisationSlug, string> = {
    greenvalley: 'harvest',
    sunriver: 'supplier-sunriver',
    freshpack: 'plant',
    coldchain: 'warehouse',
    marketfresh: 'stores',
    foodsafety: 'investigations',
  };
  return books[organisation];
}

export function write(organisation: OrganisationSlug): Writer {
  return writer(ORGANISATIONS[organisation]);
}

/** The name of an extension field under the prefix that the organisation declares for the namespace of the demo. */
export function own(organisation: OrganisationSlug, fields: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [`${organisation}:${name}`, value]),
  );
}

export function kilograms(tenths: Tenths): number {
  return tenths / 10;
}

/** Whole cases that hold the portions. */
export function cases(portions: Portion[]): number {
  return portions.reduce(
    (sum, { lot, tenths }) => sum + Math.ceil(tenths / 10 / lot.product.caseKilograms),
    0,
  );
}

export function quantities(by: OrganisationSlug, portions: Portion[]): JsonObject[] {
  return portions.map(({ lot, tenths }) => ({
    epcClass: write(by).lot(lot),
    quantity: kilograms(tenths),
    uom: 'KGM',
  }));
}

/** An internal work order, the reference document of steps inside of one organisation. */
export function workOrder(season: Season, by: OrganisationSlug, letters: string): JsonObject[] {
  const number = `${letters}-${String(nextNumber(season, `${by}/${letters}`)).padStart(5, '0')}`;
  return [{ type: 'prodorder', bizTransaction: businessDocument(ORGANISATIONS[by].gln, number) }];
}

/** An amount of money in US dollars, from cents, with both decimals. */
export function dollars(cents: number): string {
  return (cents / 100).toFixed(2);
}

export function newPallet(season: Season, by: OrganisationSlug, content: Portion[]): Pallet {
  const pallet = { sscc: sscc(ORGANISATIONS[by].prefix, nextNumber(season, `${by}/sscc`)), content };
  season.pallets.push(pallet);
  return pallet;
}
