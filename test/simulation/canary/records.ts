import { randomBytes, randomInt } from 'node:crypto';
import { validateRecord, type RecordType } from '../../../api/events/record.ts';
import type { JsonObject } from '../../../api/events/value.ts';

/** Makes values that occur nowhere else, of the kinds that fields take, and keeps all that it made. */
export interface Maker {
  text(): string;
  uri(): string;
  number(): string;
  /** An instant, kept without its zone. */
  time(): string;
  hex(): string;
  made: string[];
}

export function maker(): Maker {
  const made: string[] = [];
  const keep = (canary: string): string => {
    made.push(canary);
    return canary;
  };
  const two = (most: number): string => String(randomInt(most)).padStart(2, '0');
  return {
    made,
    text: () => keep(`canary${randomBytes(9).toString('hex')}`),
    uri: () => `https://values.example/${keep(`canary${randomBytes(9).toString('hex')}`)}`,
    number: () => keep(`${randomInt(10, 60)}.${randomInt(1e9, 9e9)}${randomInt(1, 9)}`),
    time: () => {
      const day = `2026-0${randomInt(1, 9)}-1${randomInt(9)}`;
      return `${keep(`${day}T${two(24)}:${two(60)}:${two(60)}.${randomInt(100, 999)}`)}Z`;
    },
    hex: () => keep(randomBytes(12).toString('hex').toUpperCase()),
  };
}

export interface CanaryRecord {
  kind: RecordType;
  id: string;
  content: JsonObject;
  /** Which canaries the value of a field holds. */
  canaries: Map<string, string[]>;
}

/** One record of every kind, and an event of every type, with a canary in every field that can hold one. */
export function canaryRecords(tag: string): CanaryRecord[] {
  const gtin = 'https://id.gs1.org/01/09521141012345';
  const made: [RecordType, string, (make: Maker) => JsonObject][] = [
    ['EVENT', `urn:${tag}:object`, (make) => ({ ...objectEvent(make), ...extensions(make) })],
    [
      'EVENT',
      `urn:${tag}:aggregation`,
      (make) => ({ ...common(make, 'AggregationEvent'), ...children(make) }),
    ],
    [
      'EVENT',
      `urn:${tag}:association`,
      (make) => ({ ...common(make, 'AssociationEvent'), ...children(make) }),
    ],
    ['EVENT', `urn:${tag}:transaction`, transactionEvent],
    ['EVENT', `urn:${tag}:transformation`, transformationEvent],
    ['LOT', `${gtin}/10/${tag}`, (make) => ({ ...lot(make), ...extensions(make) })],
    ['PRODUCT', gtin, product],
    ['LOCATION', `urn:${tag}:location`, location],
    ['PARTY', `urn:${tag}:party`, party],
    ['NOTE', `urn:${tag}:note`, note],
  ];
  return made.map(([kind, id, contentOf]) => canaryRecord(kind, id, contentOf));
}

/** The same record with new canaries. */
export function canaryRecord(
  kind: RecordType,
  id: string,
  contentOf: (make: Maker) => JsonObject,
): CanaryRecord {
  const make = maker();
  const content = contentOf(make);
  const valid = validateRecord(kind, id, content);
  if (!valid.ok) throw new Error(`${kind} ${JSON.stringify(valid.problems)}`);
  const canaries = new Map<string, string[]>();
  for (const [name, value] of Object.entries(valid.fields)) {
    const text = `${name} ${JSON.stringify(value)}`;
    const held = make.made.filter((canary) => text.includes(canary));
    if (held.length > 0) canaries.set(name, held);
  }
  const placed = new Set([...canaries.values()].flat());
  const lost = make.made.filter((canary) => !placed.has(canary));
  if (lost.length > 0) throw new Error(`${kind} ${id}: ${lost.length} canaries are in no field`);
  return { kind, id: valid.id, content, canaries };
}

/** Extensions whose names are canaries too. */
function extensions(make: Maker): JsonObject {
  return {
    [`{https://names.example/}${make.text()}`]: make.text(),
    [`{https://names.example/${make.text()}/}plain`]: { inner: make.text(), [make.text()]: [make.text()] },
    [`{https://names.example/}${make.text()}`]: [{ member: make.text(), [make.text()]: make.number() }],
  };
}

const quantities = (make: Maker): JsonObject[] => [
  { epcClass: make.uri(), quantity: make.number(), uom: 'KGM' },
  { epcClass: make.uri(), quantity: make.number(), uom: 'GRM' },
];

function common(make: Maker, type: string): JsonObject {
  return {
    type,
    action: 'ADD',
    eventTime: make.time(),
    eventTimeZoneOffset: '+02:00',
    recordTime: make.time(),
    errorDeclaration: {
      declarationTime: make.time(),
      reason: make.uri(),
      correctiveEventIDs: [make.uri()],
    },
    certificationInfo: make.uri(),
    bizStep: make.uri(),
    disposition: make.uri(),
    persistentDisposition: { set: [make.uri()], unset: [make.uri()] },
    readPoint: { id: make.uri() },
    bizLocation: { id: make.uri() },
    bizTransactionList: [{ type: make.uri(), bizTransaction: make.uri() }],
    sourceList: [{ type: make.uri(), source: make.uri() }],
    destinationList: [{ type: make.uri(), destination: make.uri() }],
    sensorElementList: [sensors(make)],
  };
}

function sensors(make: Maker): JsonObject {
  return {
    sensorMetadata: {
      time: make.time(),
      startTime: make.time(),
      endTime: make.time(),
      deviceID: make.uri(),
      deviceMetadata: make.uri(),
      rawData: make.uri(),
      dataProcessingMethod: make.uri(),
      bizRules: make.uri(),
    },
    sensorReport: [
      {
        type: make.uri(),
        exception: make.uri(),
        deviceID: make.uri(),
        deviceMetadata: make.uri(),
        rawData: make.uri(),
        dataProcessingMethod: make.uri(),
        time: make.time(),
        microorganism: make.uri(),
        chemicalSubstance: make.uri(),
        value: make.number(),
        component: make.uri(),
        stringValue: make.text(),
        booleanValue: true,
        hexBinaryValue: make.hex(),
        uriValue: make.uri(),
        minValue: make.number(),
        maxValue: make.number(),
        meanValue: make.number(),
        sDev: make.number(),
        percRank: make.number(),
        percValue: make.number(),
        uom: make.text(),
        coordinateReferenceSystem: make.uri(),
      },
    ],
  };
}

function objectEvent(make: Maker): JsonObject {
  const ilmd = {
    '{https://names.example/}grade': make.text(),
    [`{https://names.example/}${make.text()}`]: make.text(),
  };
  return { ...common(make, 'ObjectEvent'), epcList: [make.uri()], quantityList: quantities(make), ilmd };
}

function children(make: Maker): JsonObject {
  return { parentID: make.uri(), childEPCs: [make.uri()], childQuantityList: quantities(make) };
}

function transactionEvent(make: Maker): JsonObject {
  const own = { parentID: make.uri(), epcList: [make.uri()], quantityList: quantities(make) };
  return { ...common(make, 'TransactionEvent'), ...own };
}

function transformationEvent(make: Maker): JsonObject {
  const { action: _none, ...event } = common(make, 'TransformationEvent');
  return {
    ...event,
    inputEPCList: [make.uri()],
    inputQuantityList: quantities(make),
    outputEPCList: [make.uri()],
    outputQuantityList: quantities(make),
    transformationID: make.uri(),
    ilmd: { '{https://names.example/}grade': make.text() },
  };
}

const textsOf = (make: Maker, ...names: string[]): JsonObject =>
  Object.fromEntries(names.map((name) => [name, make.text()]));

const timesOf = (make: Maker, ...names: string[]): JsonObject =>
  Object.fromEntries(names.map((name) => [name, make.time()]));

const urisOf = (make: Maker, ...names: string[]): JsonObject =>
  Object.fromEntries(names.map((name) => [name, make.uri()]));

function lot(make: Maker): JsonObject {
  const dates = ['production', 'harvest', 'harvestEnd', 'cooling', 'packaging', 'landing', 'freezing'];
  const lasts = ['bestBefore', 'sellBy', 'expiration'];
  return {
    ...textsOf(
      make,
      'lotNumber',
      'description',
      'commodity',
      'variety',
      'species',
      'status',
      'countryOfOrigin',
    ),
    ...textsOf(
      make,
      'sourceReference',
      'fieldName',
      'containerName',
      'catchArea',
      'referenceDocument',
      'note',
    ),
    ...timesOf(make, ...[...dates, ...lasts].map((name) => `${name}Date`)),
    ...urisOf(make, 'producer', 'owner', 'location', 'source'),
    quantity: make.number(),
    uom: 'KGM',
    certifications: [make.text(), make.text()],
  };
}

function product(make: Maker): JsonObject {
  return {
    ...textsOf(make, 'name', 'description', 'brand', 'category', 'commodity', 'variety', 'species'),
    ...textsOf(make, 'countryOfOrigin', 'note'),
    ...urisOf(make, 'manufacturer', 'brandOwner', 'owner', 'image'),
    onFoodTraceabilityList: true,
    netContent: make.number(),
    grossWeight: make.number(),
    netWeight: make.number(),
    uom: 'KGM',
    ingredients: [make.text()],
    allergens: [make.text()],
    children: [make.uri()],
  };
}

const address = (make: Maker): JsonObject =>
  textsOf(make, 'street', 'street2', 'city', 'state', 'postalCode', 'country');

const contact = (make: Maker): JsonObject => ({
  ...textsOf(make, 'name', 'phone', 'email'),
  url: make.uri(),
});

function location(make: Maker): JsonObject {
  return {
    ...textsOf(make, 'name', 'description', 'kind', 'phone', 'registrationNumber', 'note'),
    ...urisOf(make, 'operator', 'owner'),
    address: address(make),
    geo: { latitude: make.number(), longitude: make.number(), uri: make.uri() },
    contact: contact(make),
    children: [make.uri()],
  };
}

function party(make: Maker): JsonObject {
  return {
    ...textsOf(make, 'name', 'description', 'role', 'phone', 'email', 'registrationNumber', 'note'),
    address: address(make),
    contact: contact(make),
    url: make.uri(),
    children: [make.uri()],
  };
}

function note(make: Maker): JsonObject {
  const attachments = [make.uri()];
  return { about: [make.uri()], ...textsOf(make, 'text', 'title', 'author'), time: make.time(), attachments };
}
