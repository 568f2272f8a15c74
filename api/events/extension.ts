import { extensionNumber } from './decimal.ts';
import { below } from './path.ts';
import { extendPrefixes, splitUri } from './prefixes.ts';
import type { Scope } from './rules.ts';
import { isObject, NumberText, type JsonObject, type JsonValue } from './value.ts';
import { isUri } from './uri.ts';

const CLARK = /^\{([^{}\\\s]+)\}(.+)$/s;
const FULL_URI = /^(?:https?:\/\/|urn:)/i;

/**
 * The canonical name of an extension member, `{namespace}local`: from a prefix in scope, a full URI, or - in a record -
 * as it is. null where the name has no namespace; undefined where it told a problem.
 */
export function extensionName(name: string, path: string, scope: Scope): string | null | undefined {
  if (name.startsWith('{')) {
    const clark = CLARK.exec(name);
    if (scope.from === 'record' && clark !== null && isUri(clark[1] as string)) return name;
    scope.problems.add(path, 'FORBIDDEN_NAME', 'write the name with a prefix that the @context declares');
    return undefined;
  }
  const colon = name.indexOf(':');
  if (colon < 0) return null;
  const local = name.slice(colon + 1);
  const namespace = scope.prefixes.get(name.slice(0, colon));
  if (namespace !== undefined && local !== '') return `{${namespace}}${local}`;
  if (FULL_URI.test(name) && isUri(name)) {
    const split = splitUri(name);
    if (split !== null) return `{${split.namespace}}${split.local}`;
  }
  scope.problems.add(path, 'UNKNOWN_PREFIX', 'declare the prefix of this name in the @context');
  return undefined;
}

/** An object that may bring a `@context`: the scope inside it. */
export function scopeWithin(object: Record<string, unknown>, path: string, scope: Scope): Scope {
  const context = object['@context'];
  if (context === undefined || context === null) return scope;
  const prefixes = extendPrefixes(scope.prefixes, context, (place, message) =>
    scope.problems.add(`${below(path, '@context')}${place}`, 'BAD_CONTEXT', message),
  );
  return { ...scope, prefixes };
}

/**
 * The normal form of the value of a user extension, of any shape: names with a prefix become canonical at every depth, names
 * without one stay; members that are null are left out; numbers as extensionNumber says.
 */
export function extensionValue(value: unknown, path: string, scope: Scope): JsonValue | undefined {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (value instanceof NumberText) return numberValue(value.text, path, scope);
  if (typeof value === 'number') return numberValue(String(value), path, scope);
  if (Array.isArray(value)) {
    return value.map((element, index) => extensionValue(element, `${path}[${index}]`, scope) ?? null);
  }
  if (isObject(value)) return extensionObject(value, path, scope);
  scope.problems.add(path, 'WRONG_TYPE', 'give a JSON value');
  return undefined;
}

function numberValue(text: string, path: string, scope: Scope): JsonValue | undefined {
  const number = extensionNumber(text);
  if (number !== null) return number;
  scope.problems.add(path, 'BAD_NUMBER', 'give a number of at most 64 digits, or a string');
  return undefined;
}

function extensionObject(object: Record<string, unknown>, path: string, outer: Scope): JsonObject {
  const scope = scopeWithin(object, path, outer);
  const result: JsonObject = {};
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (key === '@context' || value === null || value === undefined) continue;
    const place = below(path, key);
    if (key === '' || key === '__proto__') {
      scope.problems.add(place, 'FORBIDDEN_NAME', 'give the member another name');
      continue;
    }
    const resolved = extensionName(key, place, scope);
    if (resolved === undefined) continue;
    setMember(result, resolved ?? key, extensionValue(value, place, scope), place, scope);
  }
  return result;
}

/** Sets a member once; two prefixes of one namespace could name it twice. */
export function setMember(
  into: JsonObject,
  name: string,
  value: JsonValue | undefined,
  path: string,
  scope: Scope,
): void {
  if (value === undefined) return;
  if (Object.hasOwn(into, name)) {
    scope.problems.add(
      path,
      'DUPLICATE_KEY',
      'the member is there twice, under two prefixes: keep one of them',
    );
    return;
  }
  into[name] = value;
}
