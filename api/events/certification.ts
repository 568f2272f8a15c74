import { isDate, isDateTime } from './date-time.ts';
import { extensionValue } from './extension.ts';
import { below } from './path.ts';
import { uri, type Rule, type Scope } from './rules.ts';
import { isObject, type JsonValue } from './value.ts';

const WEB_VOCABULARY_DATE = /^\{https:\/\/(?:ref\.)?gs1\.org\/voc\/\}\w*Date(Time)?$/;

/** The URI of a certificate, or details of it in the GS1 Web Vocabulary, or an array of either. */
export const certificationInfo: Rule = (value, path, scope) => {
  if (Array.isArray(value)) {
    const elements = value.map((element, index) => one(element, `${path}[${index}]`, scope));
    return elements.filter((element): element is JsonValue => element !== undefined);
  }
  return one(value, path, scope);
};

function one(value: unknown, path: string, scope: Scope): JsonValue | undefined {
  if (!isObject(value)) return uri(value, path, scope);
  const details = extensionValue(value, path, scope);
  if (details !== undefined) checkDates(value, path, scope);
  return details;
}

function checkDates(object: Record<string, unknown>, path: string, scope: Scope): void {
  for (const [name, member] of Object.entries(object)) {
    const place = below(path, name);
    const colon = name.indexOf(':');
    const namespace = scope.prefixes.get(name.slice(0, Math.max(colon, 0)));
    const full = namespace === undefined ? name : `{${namespace}}${name.slice(colon + 1)}`;
    if (isObject(member)) checkDates(member, place, scope);
    else if (WEB_VOCABULARY_DATE.test(full) && !isMoment(member)) {
      scope.problems.add(place, 'BAD_DATE_TIME', 'give a date such as 2026-07-22');
    }
  }
}

function isMoment(value: unknown): boolean {
  return typeof value === 'string' && (isDate(value) || isDateTime(value));
}
