import { hash } from 'node:crypto';
import { eventTree, type Node } from './hash-tree.ts';
import { HASH_ORDER, type Order } from './hash-order.ts';
import { canonicalDecimal } from './decimal.ts';
import { toUtcMillis } from './date-time.ts';
import { canonicalIdentifier } from './identifiers.ts';
import type { JsonObject } from './value.ts';

/**
 * The event hash id of CBV 2.0 (section 8.9): equal for all serialisations of one event.
 *
 * 1. The event is a tree of elements as its XML would be (hash-tree.ts).
 * 2. The standard fields are written in the canonical order as name=value; elements of one name are sorted.
 * 3. Extensions inside of an element of a standard field follow it there, where their namespace ends with a slash.
 * 4. What is left (transaction, source and destination lists, ilmd, the event's own extensions) is written sorted.
 * 5. SHA-256 over the UTF-8 of it all.
 *
 * Steps 3 and 4 follow the reference implementation, epcis-event-hash-generator, where the standard leaves it open.
 */

/** Fields that are no part of an event's content. */
const LEFT_OUT = new Set(['recordTime', 'eventID', 'type', 'errorDeclaration']);

/** `ni:///sha-256;<hex>?ver=CBV2.0` of an event in normal form. `ignored` holds canonical names of extensions. */
export function eventHash(event: JsonObject, ignored: ReadonlySet<string> = new Set()): string {
  const digest = hash('sha256', preHash(event, ignored), 'hex');
  return `ni:///sha-256;${digest}?ver=CBV2.0`;
}

/** The text that is hashed. */
export function preHash(event: JsonObject, ignored: ReadonlySet<string> = new Set()): string {
  const tree = eventTree(event, ignored);
  const standard = writeInOrder(tree, HASH_ORDER);
  const rest = tree.filter((node) => !LEFT_OUT.has(node.name));
  return `eventType=${String(event['type'])}${standard}${writeSorted(rest)}`;
}

/** Writes the children that the order names, and takes them away from the list unless something is left in them. */
function writeInOrder(children: Node[], order: Order): string {
  const inner = takeInnerExtensions(children);
  let result = '';
  for (const [name, suborder] of order) {
    const values: string[] = [];
    for (const child of children.filter((one) => one.name === name)) {
      const value = writeElement(child, suborder);
      if (value !== '') values.push(value);
      if (child.children.length === 0) children.splice(children.indexOf(child), 1);
    }
    result += joinSorted(values);
  }
  return result + writeSorted(inner);
}

function writeElement(node: Node, suborder: Order | null): string {
  const inside = suborder === null ? '' : writeInOrder(node.children, suborder);
  const trimmed = node.text.trim();
  const text = trimmed === '' ? '' : `=${isTime(node.name) ? toUtcMillis(trimmed) : canonicalText(trimmed)}`;
  return text === '' && inside === '' ? '' : node.name + text + inside;
}

function isTime(name: string): boolean {
  const lower = name.toLowerCase();
  return lower.includes('time') && !lower.includes('offset');
}

/** Extensions beside other members of an inner element; the event's own come last of all. */
function takeInnerExtensions(children: Node[]): Node[] {
  if (children.length <= 1) return [];
  if (children.some(({ name }) => name.includes('eventTime') || name.includes('action'))) return [];
  const taken = children.filter(({ name }) => name.startsWith('{') && name.includes('/}'));
  for (const node of taken) children.splice(children.indexOf(node), 1);
  return taken;
}

function writeSorted(nodes: readonly Node[]): string {
  const values = nodes.map((node) => {
    const text = node.text.trim();
    return node.name + (text === '' ? '' : `=${canonicalText(text)}`) + writeSorted(node.children);
  });
  // The type of a transaction, source or destination stands before it.
  const keep = nodes.some(
    ({ name }) => name === 'bizTransaction' || name === 'source' || name === 'destination',
  );
  return keep ? values.join('') : joinSorted(values);
}

function joinSorted(values: string[]): string {
  if (values.length < 2) return values[0] ?? '';
  return values.sort(byCodePoint).join('');
}

/** UTF-16 order, which sort has by default, is another one beyond the Basic Multilingual Plane. */
function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    const leftHigh = left >= 0xd800 && left <= 0xdfff;
    const rightHigh = right >= 0xd800 && right <= 0xdfff;
    return leftHigh === rightHigh ? left - right : leftHigh ? 1 : -1;
  }
  return a.length - b.length;
}

const URI_START = /^(?:urn:epc:|https?:\/\/)/i;
const NUMBER_START = /^[+-]?[.\d]/;

function canonicalText(text: string): string {
  if (URI_START.test(text)) return canonicalIdentifier(text);
  if (NUMBER_START.test(text)) return canonicalDecimal(text) ?? text;
  return text;
}
