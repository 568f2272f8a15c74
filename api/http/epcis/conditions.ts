import { Decimal } from 'decimal.js';
import { hasAny, ownValue, wantedIdentifiers, wantedValues } from '../../delivery/record-search.ts';
import { canonicalDecimal } from '../../events/decimal.ts';
import type { JsonValue } from '../../events/value.ts';
import { BIZ_STEP, DISPOSITION, type Vocabulary } from '../../events/vocabulary.ts';
import { wrong, type EventCondition } from './condition.ts';
import { conditionOfPair, standardValue } from './pairs.ts';
import { patternsOf } from './patterns.ts';

/** The fields that a simple EQ_ parameter compares, with the vocabulary of standard values. */
const EQUALS: Readonly<Record<string, { field: string; vocabulary?: Vocabulary }>> = {
  eventType: { field: 'type' },
  EQ_action: { field: 'action' },
  EQ_bizStep: { field: 'bizStep', vocabulary: BIZ_STEP },
  EQ_disposition: { field: 'disposition', vocabulary: DISPOSITION },
  EQ_readPoint: { field: 'readPoint.id' },
  EQ_bizLocation: { field: 'bizLocation.id' },
  EQ_transformationID: { field: 'transformationID' },
};

const EPCS = ['epcList', 'childEPCs'];
const CLASSES = ['quantityList[].epcClass', 'childQuantityList[].epcClass'];
const IN_CLASSES = ['inputQuantityList[].epcClass'];
const OUT_CLASSES = ['outputQuantityList[].epcClass'];

/** The fields in which a MATCH_ parameter looks for identifiers. */
const MATCHES: Readonly<Record<string, readonly string[]>> = {
  MATCH_epc: EPCS,
  MATCH_parentID: ['parentID'],
  MATCH_inputEPC: ['inputEPCList'],
  MATCH_outputEPC: ['outputEPCList'],
  MATCH_anyEPC: [...EPCS, 'parentID', 'inputEPCList', 'outputEPCList'],
  MATCH_epcClass: CLASSES,
  MATCH_inputEPCClass: IN_CLASSES,
  MATCH_outputEPCClass: OUT_CLASSES,
  MATCH_anyEPCClass: [...CLASSES, ...IN_CLASSES, ...OUT_CLASSES],
};

const QUANTITIES = ['quantityList', 'childQuantityList', 'inputQuantityList', 'outputQuantityList'].map(
  (list) => `${list}[].quantity`,
);

const COMPARE: Readonly<Record<string, (order: number) => boolean>> = {
  EQ_quantity: (order) => order === 0,
  GT_quantity: (order) => order > 0,
  GE_quantity: (order) => order >= 0,
  LT_quantity: (order) => order < 0,
  LE_quantity: (order) => order <= 0,
};

/** The condition that a parameter states; undefined for one that is unknown. @throws LotbookError BAD_INPUT */
export function conditionOf(name: string, value: string): EventCondition | undefined {
  const equals = own(EQUALS, name);
  if (equals) {
    const wanted = wantedValues(list(name, value).map((item) => standardValue(item, equals.vocabulary)));
    return { matches: ({ fields }) => hasAny(ownValue(fields, equals.field), wanted) };
  }
  const fields = own(MATCHES, name);
  if (fields) return conditionOfIdentifiers(name, fields, list(name, value));
  const compare = own(COMPARE, name);
  if (compare) return conditionOfQuantity(name, value, compare);
  if (name === 'EQ_eventID') {
    const ids = list(name, value);
    return { ids, matches: ({ id }) => ids.includes(id) };
  }
  if (name === 'EXISTS_errorDeclaration') {
    if (value !== '') throw wrong(name, 'It has no value.');
    return {
      matches: (event) => Object.keys(event.fields).some((field) => field.startsWith('errorDeclaration.')),
    };
  }
  return conditionOfPair(name, () => list(name, value));
}

function conditionOfIdentifiers(
  name: string,
  fields: readonly string[],
  given: readonly string[],
): EventCondition {
  const { exact, matches } = patternsOf(name, given);
  return {
    matches: (event) => fields.some((field) => matches(ownValue(event.fields, field))),
    // A pattern cannot be looked up; then nothing is.
    identifiers: exact ? [{ exact: wantedIdentifiers(exact).exact, products: [] }] : undefined,
  };
}

function conditionOfQuantity(name: string, value: string, holds: (order: number) => boolean): EventCondition {
  const decimal = canonicalDecimal(value);
  if (decimal === null) throw wrong(name, 'Give a decimal.');
  const bound = new Decimal(decimal);
  const isWithin = (quantity: JsonValue | undefined): boolean => {
    if (Array.isArray(quantity)) return quantity.some(isWithin);
    return typeof quantity === 'string' && holds(new Decimal(quantity).comparedTo(bound));
  };
  return { matches: ({ fields }) => QUANTITIES.some((field) => isWithin(ownValue(fields, field))) };
}

function list(name: string, value: string): string[] {
  const items = value.split('|');
  if (items.includes('')) throw wrong(name, 'Give one or several values, separated by |.');
  return items;
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
