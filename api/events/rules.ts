import { isDate, isDateTime, isOffset } from './date-time.ts';
import { decimalOf } from './decimal.ts';
import { identify } from './identifiers.ts';
import { expandCurie, type Prefixes } from './prefixes.ts';
import type { Problems, ProblemCode } from './problem.ts';
import { nearest } from './nearest.ts';
import { isUri } from './uri.ts';
import { shortName, type Vocabulary } from './vocabulary.ts';
import { NumberText, type JsonValue } from './value.ts';

/** What holds while one value is checked. */
export interface Scope {
  problems: Problems;
  prefixes: Prefixes;
  /**
   * `document`: as the EPCIS 2.0 JSON binding has it. `record`: as an API gives it, where decimals may be texts and
   * extension names may be in Clark notation.
   */
  from: 'document' | 'record';
}

/** Checks a value and gives its normal form; undefined where it told a problem. */
export type Rule = (value: unknown, path: string, scope: Scope) => JsonValue | undefined;

function refuse(scope: Scope, path: string, code: ProblemCode, message: string): undefined {
  scope.problems.add(path, code, message);
  return undefined;
}

function texts(code: ProblemCode, message: string, holds: (text: string) => boolean): Rule {
  return (value, path, scope) => {
    if (typeof value !== 'string') return refuse(scope, path, 'WRONG_TYPE', 'give a string');
    return holds(value) ? value : refuse(scope, path, code, message);
  };
}

export const text: Rule = (value, path, scope) =>
  typeof value === 'string' ? value : refuse(scope, path, 'WRONG_TYPE', 'give a string');

export const dateTime = texts(
  'BAD_DATE_TIME',
  'give a date and time with its zone, such as 2026-07-22T06:45:00+02:00',
  isDateTime,
);

export const dateOrDateTime = texts(
  'BAD_DATE_TIME',
  'give a date such as 2026-07-22, or a date and time with its zone',
  (value) => isDate(value) || isDateTime(value),
);

export const offset = texts('BAD_DATE_TIME', 'give an offset from UTC such as +01:00 or -06:00', isOffset);

export const uri = texts('BAD_URI', 'give an absolute URI of at most 2048 bytes', isUri);

export const hexBinary = texts('UNKNOWN_VALUE', 'give hexadecimal digits', (value) =>
  /^[0-9A-Fa-f]+$/.test(value),
);

/** UN/ECE Recommendation 20, two or three capitals or digits. */
export const unit = texts('UNKNOWN_VALUE', 'give a unit by its UN/ECE Rec 20 code, such as KGM', (value) =>
  /^[A-Z0-9]{2,3}$/.test(value),
);

export const boolean: Rule = (value, path, scope) =>
  typeof value === 'boolean' ? value : refuse(scope, path, 'WRONG_TYPE', 'give true or false');

export const decimal: Rule = (value, path, scope) => {
  const canonical = decimalOf(value, scope.from === 'record');
  if (canonical !== null) return canonical;
  const isNumber = typeof value === 'number' || value instanceof NumberText;
  return isNumber
    ? refuse(scope, path, 'BAD_NUMBER', 'give a number of at most 64 digits')
    : refuse(scope, path, 'WRONG_TYPE', 'give a number');
};

/** An amount: a decimal that is not below zero. */
export const amount: Rule = (value, path, scope) => {
  const canonical = decimal(value, path, scope);
  if (typeof canonical !== 'string' || !canonical.startsWith('-')) return canonical;
  return refuse(scope, path, 'BAD_NUMBER', 'give a number that is not below zero');
};

export function oneOf(...allowed: readonly string[]): Rule {
  const message = `give one of ${allowed.join(', ')}`;
  return texts('UNKNOWN_VALUE', message, (value) => allowed.includes(value));
}

/** An identifier, kept as it is given. Faults of keys that tracing does not follow are warnings. */
export const identifier: Rule = (value, path, scope) => {
  if (typeof value !== 'string') return refuse(scope, path, 'WRONG_TYPE', 'give a string');
  const { fault } = identify(value);
  if (fault === undefined) return value;
  if (!fault.tolerable) return refuse(scope, path, fault.code, fault.message);
  scope.problems.warn(path, fault.code, fault.message);
  return value;
};

/** A standard value by its short name, CURIE or URI, or a user's own by its URI. */
export function valueOf(vocabulary: Vocabulary): Rule {
  return (value, path, scope) => {
    if (typeof value !== 'string') return refuse(scope, path, 'WRONG_TYPE', 'give a string');
    if (vocabulary.names.has(value)) return value;
    if (!value.includes(':')) {
      if (vocabulary.open && PLAIN_NAME.test(value)) {
        scope.problems.warn(path, 'UNKNOWN_VALUE', `the standard knows no such ${vocabulary.label}`);
        return value;
      }
      const hint = scope.problems.full ? '' : nearest(value, vocabulary.names);
      const message = `give a ${vocabulary.label} of the CBV by its name, or your own by its URI${hint}`;
      return refuse(scope, path, 'UNKNOWN_VALUE', message);
    }
    const full = expandCurie(value, scope.prefixes);
    if (!isUri(full)) return refuse(scope, path, 'BAD_URI', 'give an absolute URI of at most 2048 bytes');
    if (full === value && vocabulary.strictPrefix && !KNOWN_SCHEME.test(full)) {
      return refuse(
        scope,
        path,
        'UNKNOWN_PREFIX',
        'declare the prefix of this value in the @context, or give a full URI',
      );
    }
    const short = shortName(full, vocabulary);
    if (vocabulary.strictPrefix && short.startsWith(vocabulary.base)) {
      const hint = scope.problems.full ? '' : nearest(short.slice(vocabulary.base.length), vocabulary.names);
      return refuse(scope, path, 'UNKNOWN_VALUE', `the CBV has no such ${vocabulary.label}${hint}`);
    }
    return short;
  };
}

const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

const KNOWN_SCHEME =
  /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/|urn:|ni:|tag:|did:|info:|geo:|doi:|data:|mailto:|tel:|oid:|cid:)/i;

/** An array whose elements all obey the rule. */
export function listOf(rule: Rule, least = 0): Rule {
  return (value, path, scope) => {
    if (!Array.isArray(value)) return refuse(scope, path, 'WRONG_TYPE', 'give an array');
    if (value.length < least) return refuse(scope, path, 'EMPTY', `give at least ${least} element`);
    const result: JsonValue[] = [];
    for (let index = 0; index < value.length; index += 1) {
      const element = rule(value[index], `${path}[${index}]`, scope);
      if (element !== undefined) result.push(element);
    }
    return result;
  };
}
