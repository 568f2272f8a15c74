import { escapeKey, parseFieldName, type Segment } from './field-name.ts';
import { isObject, type JsonObject, type JsonValue } from './value.ts';

export { FieldNameError, formatFieldName, isFieldName, parseFieldName } from './field-name.ts';

/**
 * A record as named values, the unit of sharing. Names are made by these rules:
 * - the members of an object are joined by `.`;
 * - an array whose elements are all objects is split by member into aligned arrays, where null means that the element
 *   has no such member: `quantityList[].uom` -> ["KGM", null]; splits nest: `a[].b[].c` -> [[1, 2], null];
 * - scalars, all other arrays and empty objects are one value;
 * - a member that is null is not set, and has no field.
 */
export type Fields = Record<string, JsonValue>;

/** The fields cannot belong to one object; the message names the fields. */
export class FieldConflictError extends Error {
  override readonly name = 'FieldConflictError';
}

/**
 * Splits an object into its fields, in the order of the members. The object must be normalised: no key is empty or
 * `__proto__`.
 */
export function flatten(object: JsonObject): Fields {
  const fields: Fields = {};
  for (const key of Object.keys(object)) {
    flattenInto(fields, escapeKey(key), object[key] as JsonValue);
  }
  return fields;
}

function flattenInto(fields: Fields, name: string, value: JsonValue): void {
  if (typeof value !== 'object') {
    fields[name] = value;
    return;
  }
  if (value === null) return;
  if (!Array.isArray(value)) {
    if (!hasMembers(value)) {
      fields[name] = {};
      return;
    }
    for (const key of Object.keys(value))
      flattenInto(fields, `${name}.${escapeKey(key)}`, value[key] as JsonValue);
    return;
  }
  if (!isSplit(value)) {
    fields[name] = dropNulls(value);
    return;
  }
  for (let index = 0; index < value.length; index += 1) {
    const members = flatten(value[index] as JsonObject);
    for (const member of Object.keys(members)) {
      const column = `${name}[].${member}`;
      let aligned = fields[column] as JsonValue[] | undefined;
      if (aligned === undefined) {
        aligned = new Array<JsonValue>(value.length).fill(null);
        fields[column] = aligned;
      }
      aligned[index] = members[member] as JsonValue;
    }
  }
}

function isSplit(array: JsonValue[]): array is JsonObject[] {
  return (
    array.length > 0 && array.every(isObject) && array.some((element) => hasMembers(element as JsonObject))
  );
}

function hasMembers(object: JsonObject): boolean {
  for (const key of Object.keys(object)) if (object[key] !== null) return true;
  return false;
}

/** A JSON null inside an array is a value; as a member of an object it means "not set". */
function dropNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(dropNulls);
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const member = (value as JsonObject)[key] as JsonValue;
    if (member !== null) result[key] = dropNulls(member);
  }
  return result;
}

/**
 * Puts fields together again; any subset of the fields of a record gives a well-formed part of it, in which the
 * elements of arrays keep their places. Fields that are null are left out.
 * @throws FieldNameError for a name that is none
 * @throws FieldConflictError for fields of which one is a value where another has members
 */
export function unflatten(fields: Readonly<Fields>): JsonObject {
  const root: JsonObject = {};
  const made = new WeakSet<object>([root]);
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value === null || value === undefined) continue;
    place(root, parseFieldName(name), 0, value, made, name);
  }
  return root;
}

/** `made` holds the containers built here, so that a value of the caller is never written into. */
function place(
  into: JsonObject,
  segments: readonly Segment[],
  depth: number,
  value: JsonValue,
  made: WeakSet<object>,
  name: string,
): void {
  const { key, list } = segments[depth] as Segment;
  const existing = Object.hasOwn(into, key) ? into[key] : undefined;
  if (depth === segments.length - 1) {
    if (existing !== undefined) throw conflict(name);
    into[key] = value;
    return;
  }
  if (list) {
    placeInList(into, key, existing, segments, depth, value, made, name);
    return;
  }
  place(container(into, key, existing, {}, made, name) as JsonObject, segments, depth + 1, value, made, name);
}

function placeInList(
  into: JsonObject,
  key: string,
  existing: JsonValue | undefined,
  segments: readonly Segment[],
  depth: number,
  value: JsonValue,
  made: WeakSet<object>,
  name: string,
): void {
  if (!Array.isArray(value)) throw conflict(name);
  const array = container(into, key, existing, [], made, name);
  if (!Array.isArray(array)) throw conflict(name);
  while (array.length < value.length) {
    const element: JsonObject = {};
    made.add(element);
    array.push(element);
  }
  for (let index = 0; index < value.length; index += 1) {
    const member = value[index];
    if (member === null || member === undefined) continue;
    place(array[index] as JsonObject, segments, depth + 1, member, made, name);
  }
}

function container(
  into: JsonObject,
  key: string,
  existing: JsonValue | undefined,
  empty: JsonObject | JsonValue[],
  made: WeakSet<object>,
  name: string,
): JsonObject | JsonValue[] {
  if (existing === undefined) {
    made.add(empty);
    into[key] = empty;
    return empty;
  }
  if (typeof existing !== 'object' || existing === null || !made.has(existing)) throw conflict(name);
  if (Array.isArray(existing) !== Array.isArray(empty)) throw conflict(name);
  return existing;
}

function conflict(name: string): FieldConflictError {
  return new FieldConflictError(`the field ${name} cannot stand beside another field of the same record`);
}
