import { extensionName, extensionValue, scopeWithin, setMember } from './extension.ts';
import { nearest } from './nearest.ts';
import { below } from './path.ts';
import type { Rule, Scope } from './rules.ts';
import { isObject, type JsonObject } from './value.ts';

/** What an object may and must hold. */
export interface Shape {
  fields: ReadonlyMap<string, Rule>;
  required: readonly string[];
  /** true where user extensions with a namespace may stand beside the fields */
  extensible: boolean;
}

/** A shape from its rules; names that end with `!` are required. */
export function shape(rules: Readonly<Record<string, Rule>>, extensible = true): Shape {
  const fields = new Map<string, Rule>();
  const required: string[] = [];
  for (const [name, rule] of Object.entries(rules)) {
    const plain = name.endsWith('!') ? name.slice(0, -1) : name;
    fields.set(plain, rule);
    if (plain !== name) required.push(plain);
  }
  return { fields, required, extensible };
}

/** A rule for objects of one shape. */
export function objectOf(form: Shape): Rule {
  return (value, path, scope) => checkObject(value, form, path, scope);
}

/**
 * Checks all members of an object and gives their normal forms, with extensions under their canonical names. Members that are
 * null count as absent.
 */
export function checkObject(value: unknown, form: Shape, path: string, outer: Scope): JsonObject | undefined {
  if (!isObject(value)) {
    outer.problems.add(path, 'WRONG_TYPE', 'give an object');
    return undefined;
  }
  const scope = scopeWithin(value, path, outer);
  const result: JsonObject = {};
  for (const name of Object.keys(value)) {
    const member = value[name];
    if (member === null || member === undefined || name === '@context') continue;
    const rule = form.fields.get(name);
    const place = below(path, name);
    if (rule === undefined) checkExtension(result, name, member, form, place, scope);
    else setMember(result, name, rule(member, place, scope), place, scope);
  }
  for (const name of form.required) {
    if (value[name] === undefined || value[name] === null) {
      scope.problems.add(below(path, name), 'MISSING_FIELD', `give ${name}`);
    }
  }
  return result;
}

function checkExtension(
  into: JsonObject,
  name: string,
  member: unknown,
  form: Shape,
  place: string,
  scope: Scope,
): void {
  const resolved = extensionName(name, place, scope);
  if (resolved === undefined) return;
  if (resolved === null) {
    const hint = scope.problems.full ? '' : nearest(name, form.fields.keys());
    scope.problems.add(
      place,
      'UNKNOWN_FIELD',
      `there is no such field${hint || '; an extension needs a namespace'}`,
    );
  } else if (form.extensible) {
    setMember(into, resolved, extensionValue(member, place, scope), place, scope);
  } else {
    scope.problems.add(
      place,
      'NOT_ALLOWED',
      'no extension may stand here: remove it or move it to the event',
    );
  }
}
