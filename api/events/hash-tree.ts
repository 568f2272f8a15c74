import * as vocabulary from './vocabulary.ts';
import { fullValue, type Vocabulary } from './vocabulary.ts';
import { isObject, type JsonObject, type JsonValue } from './value.ts';

/** An element as in EPCIS XML: a name, a text, and children. */
export interface Node {
  name: string;
  text: string;
  children: Node[];
}

/** Comments, at any depth, are no part of an event's content. */
const COMMENTS = new Set(['{http://www.w3.org/2000/01/rdf-schema#}comment', 'comment', '#text']);

/** Where standard values stand, by the name of the field around them and their own. */
const VOCABULARIES: ReadonlyMap<string, Vocabulary> = new Map([
  ['.bizStep', vocabulary.BIZ_STEP],
  ['.disposition', vocabulary.DISPOSITION],
  ['persistentDisposition.set', vocabulary.DISPOSITION],
  ['persistentDisposition.unset', vocabulary.DISPOSITION],
  ['bizTransactionList.type', vocabulary.BIZ_TRANSACTION_TYPE],
  ['sourceList.type', vocabulary.SOURCE_DESTINATION_TYPE],
  ['destinationList.type', vocabulary.SOURCE_DESTINATION_TYPE],
  ['sensorReport.type', vocabulary.MEASUREMENT],
  ['sensorReport.exception', vocabulary.SENSOR_ALERT],
  ['sensorReport.component', vocabulary.COMPONENT],
]);

/** What the elements of JSON arrays are called in XML. */
const ELEMENT_NAMES: ReadonlyMap<string, string> = new Map([
  ['inputEPCList', 'epc'],
  ['outputEPCList', 'epc'],
  ['childEPCs', 'epc'],
  ['quantityList', 'quantityElement'],
  ['childQuantityList', 'quantityElement'],
  ['inputQuantityList', 'quantityElement'],
  ['outputQuantityList', 'quantityElement'],
]);

/** Nameless pairs in these lists are a type and what it is the type of. */
const PAIR_LISTS = new Set(['bizTransactionList', 'sourceList', 'destinationList']);

/** The children of the event element. */
export function eventTree(event: JsonObject, ignored: ReadonlySet<string>): Node[] {
  return childrenOf(event, '', ignored);
}

function childrenOf(object: JsonObject, around: string, ignored: ReadonlySet<string>): Node[] {
  const nodes: Node[] = [];
  for (const key of Object.keys(object)) {
    if (COMMENTS.has(key) || ignored.has(key)) continue;
    const value = object[key] as JsonValue;
    if (key.endsWith('List') || key === 'childEPCs') addList(nodes, key, value, ignored);
    else addMember(nodes, key, key, value, around, ignored);
  }
  return nodes;
}

/** One element around all of the list, as XML has it; an empty list has none. */
function addList(nodes: Node[], key: string, value: JsonValue, ignored: ReadonlySet<string>): void {
  const elements = Array.isArray(value) ? value : [value];
  if (elements.length === 0) return;
  const children: Node[] = [];
  const name = PAIR_LISTS.has(key) ? '' : (ELEMENT_NAMES.get(key) ?? key.slice(0, -'List'.length));
  for (const element of elements) addMember(children, key, name, element, '', ignored);
  if (PAIR_LISTS.has(key)) for (const pair of children) pair.children.sort(typeFirst);
  nodes.push({ name: key, text: '', children });
}

function typeFirst(a: Node, b: Node): number {
  return Number(b.name === 'type') - Number(a.name === 'type');
}

/** An array repeats its element. */
function addMember(
  nodes: Node[],
  key: string,
  name: string,
  value: JsonValue,
  around: string,
  ignored: ReadonlySet<string>,
): void {
  if (Array.isArray(value)) {
    for (const element of value) {
      if (Array.isArray(element)) nodes.push({ name, text: '', children: nested(element, ignored) });
      else addMember(nodes, key, name, element, around, ignored);
    }
    return;
  }
  if (isObject(value)) {
    nodes.push({ name, text: '', children: childrenOf(value as JsonObject, key, ignored) });
    return;
  }
  const known = VOCABULARIES.get(`${around}.${key}`);
  const text = value === null ? '' : String(value);
  nodes.push({ name, text: known === undefined ? text : fullValue(text, known), children: [] });
}

function nested(array: readonly JsonValue[], ignored: ReadonlySet<string>): Node[] {
  const nodes: Node[] = [];
  for (const element of array) addMember(nodes, '', '', element, '', ignored);
  return nodes;
}
