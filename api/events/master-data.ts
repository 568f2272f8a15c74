import { canonicalDecimal } from './decimal.ts';
import { extensionValue } from './extension.ts';
import { escapeKey } from './field-name.ts';
import type { Fields } from './fields.ts';
import { identify, type IdentifierKind } from './identifiers.ts';
import { below } from './path.ts';
import { expandCurie, splitUri } from './prefixes.ts';
import * as rules from './rules.ts';
import type { Scope } from './rules.ts';
import { checkObject, objectOf, shape } from './shape.ts';
import { isObject, type JsonValue } from './value.ts';

type MasterRecordType = 'LOT' | 'PRODUCT' | 'LOCATION' | 'PARTY';

/** A record made of an element of an EPCIS vocabulary. */
export interface MasterRecord {
  type: MasterRecordType;
  /** canonical */
  id: string;
  fields: Fields;
}

const attributeValue: rules.Rule = (value, path, scope) => extensionValue(value, path, scope);

const VOCABULARY = shape({
  'type!': rules.uri,
  vocabularyElementList: rules.listOf(
    objectOf(
      shape({
        'id!': rules.uri,
        attributes: rules.listOf(objectOf(shape({ 'id!': rules.uri, attribute: attributeValue }))),
        children: rules.listOf(rules.uri),
      }),
    ),
  ),
});

/** Attributes of the CBV (section 9) that records have a field of their own for. */
const KNOWN_ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ['name', 'name'],
  ['descriptionShort', 'name'],
  ['description', 'description'],
  ['descriptionLong', 'description'],
  ['brandName', 'brand'],
  ['tradeItemClassification', 'category'],
  ['gpcCategoryCode', 'category'],
  ['countryOfOrigin', 'countryOfOrigin'],
  ['lotNumber', 'lotNumber'],
  ['streetAddressOne', 'address.street'],
  ['streetAddressTwo', 'address.street2'],
  ['city', 'address.city'],
  ['state', 'address.state'],
  ['postalCode', 'address.postalCode'],
  ['countryCode', 'address.country'],
  ['latitude', 'geo.latitude'],
  ['longitude', 'geo.longitude'],
]);

const NAMED_AND_ADDRESSED = [
  'name',
  'description',
  'address.street',
  'address.street2',
  'address.city',
  'address.state',
  'address.postalCode',
  'address.country',
];

const FIELDS_OF: Record<MasterRecordType, ReadonlySet<string>> = {
  PRODUCT: new Set(['name', 'description', 'brand', 'category', 'countryOfOrigin', 'owner']),
  LOT: new Set(['lotNumber', 'countryOfOrigin', 'description', 'owner']),
  LOCATION: new Set(['geo.latitude', 'geo.longitude', 'owner', ...NAMED_AND_ADDRESSED]),
  PARTY: new Set(NAMED_AND_ADDRESSED),
};

/**
 * The products, lots, places and parties of an EPCIS master data header, one record an identifier (of elements with one
 * identifier the later attributes hold). Attributes without a field of their own become extension fields; vocabularies of
 * other types (business transactions, users' own) are checked and left out.
 */
export function readMasterData(masterData: unknown, path: string, scope: Scope): MasterRecord[] {
  const list = isObject(masterData) ? masterData['vocabularyList'] : undefined;
  if (!Array.isArray(list)) return [];
  const records = new Map<string, MasterRecord>();
  list.forEach((value: unknown, index) => {
    const vocabulary = checkObject(value, VOCABULARY, `${below(path, 'vocabularyList')}[${index}]`, scope);
    const elements = vocabulary?.['vocabularyElementList'];
    if (vocabulary === undefined || !Array.isArray(elements)) return;
    for (const element of elements) {
      const record = isObject(element) ? toRecord(vocabulary['type'], element, scope) : null;
      if (record === null) continue;
      const { fault } = identify(record.id);
      if (fault !== undefined) scope.problems.warn(below(path, 'vocabularyList'), fault.code, fault.message);
      const key = `${record.type} ${record.id}`;
      const earlier = records.get(key);
      if (earlier === undefined) records.set(key, record);
      else Object.assign(earlier.fields, record.fields);
    }
  });
  return [...records.values()];
}

function toRecord(vocabulary: unknown, element: Record<string, unknown>, scope: Scope): MasterRecord | null {
  if (typeof element['id'] !== 'string') return null;
  const identified = identify(element['id']);
  const type = recordType(String(vocabulary), identified.kind);
  if (type === null) return null;
  const fields: Fields = {};
  if (type === 'LOT' && identified.product !== undefined) fields['product'] = identified.product;
  const attributes = Array.isArray(element['attributes']) ? element['attributes'] : [];
  for (const attribute of attributes) {
    if (!isObject(attribute) || typeof attribute['id'] !== 'string') continue;
    const value = attribute['attribute'];
    if (value === undefined) continue;
    const field = fieldOf(attribute['id'], type, value, scope);
    addField(fields, field, normalValue(field, value as JsonValue));
  }
  if (Array.isArray(element['children']) && element['children'].length > 0) {
    fields['children'] = element['children'] as JsonValue[];
  }
  return { type, id: identified.canonical, fields };
}

function recordType(vocabulary: string, kind: IdentifierKind): MasterRecordType | null {
  const name = vocabulary.slice(
    Math.max(vocabulary.lastIndexOf(':'), vocabulary.lastIndexOf('/'), vocabulary.lastIndexOf('-')) + 1,
  );
  switch (name.toLowerCase()) {
    case 'epcclass':
      if (kind === 'lot' || kind === 'instance') return 'LOT';
      return kind === 'product' || kind === 'other' ? 'PRODUCT' : null;
    case 'location':
    case 'businesslocation':
    case 'readpoint':
      return 'LOCATION';
    case 'party':
      return 'PARTY';
    case 'sourcedest':
      return kind === 'location' ? 'LOCATION' : 'PARTY';
    default:
      return null;
  }
}

function fieldOf(attribute: string, type: MasterRecordType, value: unknown, scope: Scope): string {
  const split = splitUri(expandCurie(attribute, scope.prefixes));
  if (split === null) return escapeKey(`{${attribute}}value`);
  const isCbv = /^urn:epcglobal:cbv:mda[#:]$/.test(split.namespace);
  const isOwner = split.local === 'owning_party' && /^urn:epcglobal:cbv:(?:mda[#:])?$/.test(split.namespace);
  const known = isOwner ? 'owner' : isCbv ? KNOWN_ATTRIBUTES.get(split.local) : undefined;
  if (known !== undefined && FIELDS_OF[type].has(known) && isFit(known, value)) return known;
  return escapeKey(`{${isCbv ? 'urn:epcglobal:cbv:mda:' : split.namespace}}${split.local}`);
}

/** Whether a field of a record may hold the attribute; one that it may not stays an extension. */
function isFit(field: string, value: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (field === 'owner') return identify(value).fault?.tolerable ?? true;
  const limit = field === 'geo.latitude' ? 90 : field === 'geo.longitude' ? 180 : null;
  return limit === null || (canonicalDecimal(value) !== null && Math.abs(Number(value)) <= limit);
}

function normalValue(field: string, value: JsonValue): JsonValue {
  if (typeof value !== 'string') return value;
  if (field === 'owner') return identify(value).canonical;
  return field.startsWith('geo.') ? (canonicalDecimal(value) ?? value) : value;
}

/** An attribute given again with another value makes an array. */
function addField(fields: Fields, name: string, value: JsonValue): void {
  const earlier = fields[name];
  if (earlier === undefined) fields[name] = value;
  else if (earlier === value) return;
  else if (Array.isArray(earlier)) fields[name] = [...earlier, value];
  else if (name.startsWith('{')) fields[name] = [earlier, value];
}
