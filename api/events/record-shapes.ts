import * as rules from './rules.ts';
import type { Rule, Scope } from './rules.ts';
import { identify, type IdentifierKind } from './identifiers.ts';
import { CASE_SHAPES, type CaseType } from './case-shapes.ts';
import { objectOf, shape, type Shape } from './shape.ts';

/** The types of records that are no events, by what they describe. */
export type PlainRecordType = 'LOT' | 'PRODUCT' | 'LOCATION' | 'PARTY' | 'NOTE' | CaseType;

interface PlainRecord {
  shape: Shape;
  /** the kinds of identifiers that may be the id of such a record */
  kinds: ReadonlySet<IdentifierKind>;
  idMessage: string;
}

const identifiers = rules.listOf(rules.identifier);
const texts = rules.listOf(rules.text);

/** An identifier kept in its canonical form, so that records that point at each other meet. */
const reference: Rule = (value, path, scope) => {
  const checked = rules.identifier(value, path, scope);
  return typeof checked === 'string' ? identify(checked).canonical : checked;
};

const address = objectOf(
  shape({
    street: rules.text,
    street2: rules.text,
    city: rules.text,
    state: rules.text,
    postalCode: rules.text,
    country: rules.text,
  }),
);

const contact = objectOf(shape({ name: rules.text, phone: rules.text, email: rules.text, url: rules.uri }));

function within(limit: string, message: string): Rule {
  return (value, path, scope: Scope) => {
    const decimal = rules.decimal(value, path, scope);
    if (typeof decimal !== 'string' || Math.abs(Number(decimal)) <= Number(limit)) return decimal;
    scope.problems.add(path, 'BAD_NUMBER', message);
    return undefined;
  };
}

const geo = objectOf(
  shape({
    latitude: within('90', 'give degrees from -90 to 90'),
    longitude: within('180', 'give degrees from -180 to 180'),
    uri: rules.uri,
  }),
);

/** Key data elements of a lot: 21 CFR 1.1325 to 1.1350 and the CBV's instance and lot master data. */
const LOT = shape({
  product: reference,
  lotNumber: rules.text,
  description: rules.text,
  commodity: rules.text,
  variety: rules.text,
  species: rules.text,
  quantity: rules.amount,
  uom: rules.unit,
  status: rules.text,
  productionDate: rules.dateOrDateTime,
  harvestDate: rules.dateOrDateTime,
  harvestEndDate: rules.dateOrDateTime,
  coolingDate: rules.dateOrDateTime,
  packagingDate: rules.dateOrDateTime,
  landingDate: rules.dateOrDateTime,
  freezingDate: rules.dateOrDateTime,
  bestBeforeDate: rules.dateOrDateTime,
  sellByDate: rules.dateOrDateTime,
  expirationDate: rules.dateOrDateTime,
  countryOfOrigin: rules.text,
  producer: reference,
  owner: reference,
  location: reference,
  source: reference,
  sourceReference: rules.text,
  fieldName: rules.text,
  containerName: rules.text,
  catchArea: rules.text,
  referenceDocument: rules.text,
  certifications: texts,
  note: rules.text,
});

const PRODUCT = shape({
  name: rules.text,
  description: rules.text,
  brand: rules.text,
  category: rules.text,
  commodity: rules.text,
  variety: rules.text,
  species: rules.text,
  onFoodTraceabilityList: rules.boolean,
  netContent: rules.amount,
  grossWeight: rules.amount,
  netWeight: rules.amount,
  uom: rules.unit,
  countryOfOrigin: rules.text,
  manufacturer: reference,
  brandOwner: reference,
  owner: reference,
  image: rules.uri,
  ingredients: texts,
  allergens: texts,
  children: identifiers,
  note: rules.text,
});

const LOCATION = shape({
  name: rules.text,
  description: rules.text,
  kind: rules.text,
  address,
  geo,
  contact,
  phone: rules.text,
  operator: reference,
  owner: reference,
  registrationNumber: rules.text,
  children: identifiers,
  note: rules.text,
});

const PARTY = shape({
  name: rules.text,
  /** By the name of its node, where it has one. */
  organisation: rules.text,
  description: rules.text,
  role: rules.text,
  address,
  contact,
  phone: rules.text,
  email: rules.text,
  url: rules.uri,
  registrationNumber: rules.text,
  children: identifiers,
  note: rules.text,
});

const NOTE = shape({
  'about!': rules.listOf(reference, 1),
  'text!': rules.text,
  title: rules.text,
  author: rules.text,
  time: rules.dateTime,
  attachments: rules.listOf(rules.uri),
  organisation: rules.text,
  // A note on a record: seen by whoever may see something of that. The node says what sharing rules look at in it.
  on: reference,
  of: rules.text,
  subject: objectOf(shape({ products: texts, lots: texts, time: rules.dateTime })),
});

const ANY: readonly IdentifierKind[] = ['other'];

function ofCase(type: CaseType): PlainRecord {
  return {
    shape: CASE_SHAPES[type],
    kinds: new Set<IdentifierKind>(ANY),
    idMessage: 'give the id of the record: a urn:uuid',
  };
}

export const PLAIN_RECORDS: Record<PlainRecordType, PlainRecord> = {
  LOT: {
    shape: LOT,
    kinds: new Set<IdentifierKind>(['lot', 'instance', 'shipment', ...ANY]),
    idMessage: 'give the id of a lot: a GTIN with a batch or lot number, or your own URI',
  },
  PRODUCT: {
    shape: PRODUCT,
    kinds: new Set<IdentifierKind>(['product', ...ANY]),
    idMessage: 'give the id of a product: a GTIN, or your own URI',
  },
  LOCATION: {
    shape: LOCATION,
    kinds: new Set<IdentifierKind>(['location', 'party', ...ANY]),
    idMessage: 'give the id of a location: a GLN, or your own URI',
  },
  PARTY: {
    shape: PARTY,
    kinds: new Set<IdentifierKind>(['party', 'location', ...ANY]),
    idMessage: 'give the id of a party: a GLN, or your own URI',
  },
  NOTE: {
    shape: NOTE,
    kinds: new Set<IdentifierKind>(ANY),
    idMessage: 'give the id of a note: a urn:uuid',
  },
  CASE: ofCase('CASE'),
  CASE_LINE: ofCase('CASE_LINE'),
  SUSPECT: ofCase('SUSPECT'),
  TASK: ofCase('TASK'),
  CASE_DECISION: ofCase('CASE_DECISION'),
  NOTICE: ofCase('NOTICE'),
  REPLY: ofCase('REPLY'),
  CHECK: ofCase('CHECK'),
  EMERGENCY: ofCase('EMERGENCY'),
};
