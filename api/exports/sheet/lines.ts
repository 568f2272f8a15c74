import { classify } from '../../events/identifiers.ts';
import { deriveLinks, isThing, type Link, type ThingLink } from '../../events/links.ts';
import type { Fields } from '../../events/fields.ts';
import type { JsonValue } from '../../events/value.ts';
import type { SelectedEvent } from '../../recall/selection.ts';
import { cteOf, stepOf } from './cte-of.ts';
import type { Cte, KdeSource } from './kdes.ts';
import { localNames } from './local-names.ts';
import { shortIdentifier } from './places.ts';

/** One row of a sheet: a lot in an event. An event without one that is shown has one row. */
export interface Line {
  event: SelectedEvent;
  cte: Cte;
  /** Null where no lot is shown. */
  thing: ThingLink | null;
  links: readonly Link[];
  /** The lot's record, and its product's. */
  lot: Readonly<Fields> | undefined;
  product: Readonly<Fields> | undefined;
}

/** The value of a Key Data Element: text, or the identifier of a place or a party to be described. */
export type KdeValue = { text: string } | { places: readonly string[] };

type Records = ReadonlyMap<string, Fields>;

/** Pallets and other logistic units are no lots; what is said of them alone is a row of its own. */
export function linesOf(event: SelectedEvent, records: Records): Line[] {
  const links = deriveLinks(event.fields);
  const things = links.filter(isThing).filter(({ kind, role }) => kind !== 'shipment' && role !== 'parent');
  const cte = cteOf(event.fields);
  return (things.length > 0 ? things : [null]).map((thing) => {
    const lot = thing ? records.get(thing.identifier) : undefined;
    const product = productOf(thing, lot);
    return { event, cte, thing, links, lot, product: product === null ? undefined : records.get(product) };
  });
}

function productOf(thing: ThingLink | null, lot: Readonly<Fields> | undefined): string | null {
  if (!thing) return null;
  return thing.product ?? textOf(lot?.['product']) ?? (thing.kind === 'product' ? thing.identifier : null);
}

/** Identifiers of which a record may say more: those of events, or those that the lots found so far name. */
export function mentioned(all: Iterable<Readonly<Fields>>): string[] {
  const ids = new Set<string>();
  for (const fields of all) {
    for (const { identifier, product, kind } of deriveLinks(fields)) {
      if (kind !== 'shipment') ids.add(identifier);
      if (product !== undefined) ids.add(product);
    }
    for (const value of localNames(fields).values()) {
      const text = textOf(value);
      if (text === null || !text.includes(':')) continue;
      const { kind, canonical } = classify(text);
      if (kind === 'location' || kind === 'party' || kind === 'product') ids.add(canonical);
    }
  }
  return [...ids];
}

/** The fields in which EPCIS itself has an element: where they are open and not set, it was not recorded. */
export const CORE_FIELDS: Partial<Record<KdeSource, readonly string[]>> = {
  here: ['bizLocation.id', 'readPoint.id'],
  eventDate: ['eventTime'],
  recipient: ['destinationList[].destination'],
  source: ['sourceList[].source'],
  reference: ['bizTransactionList[].bizTransaction'],
};

/** Null where it is not there. */
export function valueOf(line: Line, from: KdeSource): KdeValue | null {
  const read = VALUES[from];
  return read(line);
}

const VALUES: Record<KdeSource, (line: Line) => KdeValue | null> = {
  tlc: ({ thing, ...line }) =>
    thing && thing.kind !== 'product'
      ? { text: shortIdentifier(thing.identifier) }
      : word({ thing, ...line }, 'traceabilityLotCode', 'lotNumber'),
  tlcSource: (line) =>
    place(line, 'tlcSource', 'traceabilityLotCodeSource', 'source', 'sourceReference') ?? assigned(line),
  product: (line) =>
    said(line.product, 'description', 'name') ?? word(line, 'productDescription', 'description'),
  commodity: (line) => joined([word(line, 'commodity'), word(line, 'variety')]),
  species: (line) =>
    word(line, 'species', 'speciesForFisheryStatisticsPurposesName', 'marketName') ?? VALUES.product(line),
  quantity: ({ thing }) => (thing?.quantity === undefined ? null : { text: thing.quantity }),
  uom: ({ thing }) => {
    if (thing?.uom !== undefined) return { text: thing.uom };
    // A quantity without a unit is a count (EPCIS 2.0, section 7.3.3.3); so is an item that is listed by itself.
    const isCount = thing?.quantity !== undefined || thing?.kind === 'instance';
    return isCount ? { text: 'each' } : null;
  },
  here: ({ links, event }) => {
    const [first] = [event.fields['bizLocation.id'], event.fields['readPoint.id']].flatMap(
      (id) => textOf(id) ?? [],
    );
    const known = links.find(({ role }) => role === 'place')?.identifier;
    const id = first === undefined ? known : classify(first).canonical;
    return id === undefined ? null : { places: [id] };
  },
  farm: (line) =>
    place(line, 'farmLocation', 'farm', 'producer') ?? (line.cte === 'HARVESTING' ? VALUES.here(line) : null),
  field: (line) => word(line, 'fieldName', 'containerName', 'growingArea', 'pond'),
  harvester: (line) =>
    joined([word(line, 'harvesterName', 'harvester'), word(line, 'harvesterPhone', 'crewPhone')]),
  cooledAt: (line) => place(line, 'coolingLocation'),
  harvestDate: (line) =>
    range(word(line, 'harvestDate', 'harvestStartDate'), word(line, 'harvestEndDate')) ??
    (line.cte === 'HARVESTING' ? VALUES.eventDate(line) : null),
  harvestPlaces: (line) => word(line, 'catchArea', 'harvestArea', 'harvestLocation'),
  coolingDate: (line) =>
    word(line, 'coolingDate') ?? (line.cte === 'COOLING' ? VALUES.eventDate(line) : null),
  packingDate: (line) => word(line, 'packingDate', 'packagingDate', 'packDate') ?? VALUES.eventDate(line),
  landingDate: (line) => word(line, 'landingDate') ?? VALUES.eventDate(line),
  completionDate: (line) => word(line, 'completionDate') ?? VALUES.eventDate(line),
  eventDate: ({ event }) => {
    const time = localTime(event.fields);
    return time === null ? null : { text: time.slice(0, 10) };
  },
  recipient: ({ links, event }) => endOf(links, 'destination', event.fields['destinationList[].type']),
  source: ({ links, event }) => endOf(links, 'source', event.fields['sourceList[].type']),
  role: (line) => {
    const { thing, event, cte } = line;
    if (cte !== 'TRANSFORMATION') return { text: stepOf(event.fields) || String(event.fields['type'] ?? '') };
    return thing === null ? null : { text: thing.role === 'in' ? 'used' : 'made' };
  },
  reference: ({ event }) => {
    const numbers = list(event.fields['bizTransactionList[].bizTransaction']);
    const types = list(event.fields['bizTransactionList[].type']);
    const texts = numbers.flatMap((number, at) => {
      const type = textOf(types[at])
        ?.split(/[:/#-]/)
        .at(-1);
      return textOf(number) === null ? [] : [[type, textOf(number)].filter(Boolean).join(' ')];
    });
    return texts.length > 0 ? { text: texts.join('; ') } : null;
  },
};

/** Where the rule has a lot code assigned, its source is the place of the event (21 CFR 1.1330, 1.1335, 1.1345(b), 1.1350). */
function assigned(line: Line): KdeValue | null {
  const isMade = line.cte === 'TRANSFORMATION' ? line.thing?.role === 'out' : ASSIGNING.has(line.cte);
  return isMade ? VALUES.here(line) : null;
}

const ASSIGNING: ReadonlySet<Cte> = new Set(['INITIAL_PACKING', 'FIRST_RECEIVING', 'RECEIVING_EXEMPT']);

/** What the event says of the lot itself, then what the lot's record does, then the product's. */
function word({ event, lot, product }: Line, ...names: readonly string[]): { text: string } | null {
  return said(event.fields, ...names) ?? said(lot, ...names) ?? said(product, ...names);
}

function said(fields: Readonly<Fields> | undefined, ...names: readonly string[]): { text: string } | null {
  if (!fields) return null;
  const words = localNames(fields);
  for (const name of names) {
    const text = textOf(words.get(name.toLowerCase()));
    if (text !== null) return { text };
  }
  return null;
}

/** A place by its identifier, or what else was written there. */
function place(line: Line, ...names: readonly string[]): KdeValue | null {
  const found = word(line, ...names);
  if (!found?.text.includes(':')) return found;
  const { kind, canonical } = classify(found.text);
  return kind === 'location' || kind === 'party' ? { places: [canonical] } : found;
}

/** The place that goods went to or came from, else the party. */
function endOf(
  links: readonly Link[],
  role: 'source' | 'destination',
  given: JsonValue | undefined,
): KdeValue | null {
  const ends = links.filter((link) => link.role === role);
  const types = list(given);
  const locations = ends.filter(({ kind }, at) => kind === 'location' || types[at] === 'location');
  const ids = (locations.length > 0 ? locations : ends).map(({ identifier }) => identifier);
  return ids.length > 0 ? { places: [...new Set(ids)] } : null;
}

function joined(parts: readonly ({ text: string } | null)[]): { text: string } | null {
  const texts = parts.flatMap((part) => part?.text ?? []);
  return texts.length > 0 ? { text: texts.join(', ') } : null;
}

function range(from: { text: string } | null, until: { text: string } | null): { text: string } | null {
  if (from === null || until === null || from.text === until.text) return from ?? until;
  return { text: `${from.text} to ${until.text}` };
}

/** The time of an event as its clock showed it, with its zone: `2026-07-01T10:00:00-07:00`; null where it is not shown. */
export function localTime(fields: Readonly<Fields>): string | null {
  const time = Date.parse(textOf(fields['eventTime']) ?? '');
  if (Number.isNaN(time)) return null;
  const [, sign, hours = '', minutes = ''] =
    /^([+-])(\d\d):(\d\d)$/.exec(textOf(fields['eventTimeZoneOffset']) ?? '') ?? [];
  if (sign === undefined) return new Date(time).toISOString().replace('.000Z', 'Z');
  const shift = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  return new Date(time + shift).toISOString().replace(/(?:\.000)?Z$/, `${sign}${hours}:${minutes}`);
}

function textOf(value: JsonValue | undefined): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  return typeof value === 'number' ? String(value) : null;
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}
