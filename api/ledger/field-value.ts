import type { JsonValue } from '../identity/strict-json.ts';
import { LotbookError } from '../errors.ts';

/** The committed list of the names that are set. Not a name that a record may use. */
export const NAMES_FIELD = '@names';

export const MAX_NAME_LENGTH = 256;
const MAX_DEPTH = 24;

/** Whether a record may have a field of this name. Lone surrogates have no UTF-8 form, so two such names could look alike. */
export function isFieldName(name: string): boolean {
  if (name.length === 0 || name.length > MAX_NAME_LENGTH) return false;
  return name !== NAMES_FIELD && name !== '__proto__' && !/\p{Surrogate}/u.test(name);
}

/**
 * The one spelling of a field's value: RFC 8785 (members sorted by UTF-16 code units), so that a state that went
 * through a database which reorders members still reproduces its digest. Throws `BAD_INPUT`.
 */
export function canonicalJson(value: JsonValue, name: string, depth = 0): string {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value !== 'object') throw new LotbookError('BAD_INPUT', `field "${name}" is not JSON`);
  if (depth >= MAX_DEPTH) throw new LotbookError('BAD_INPUT', `field "${name}" is nested too deeply`);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, name, depth + 1)).join()}]`;
  const members = Object.keys(value).sort();
  if (members.some(isReservedMember)) {
    throw new LotbookError('BAD_INPUT', `field "${name}" has a member that SD-JWT reserves`);
  }
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as JsonValue, name, depth + 1)}`).join()}}`;
}

/** Whether every member in an opened value is the value's own: a stock SD-JWT verifier would replace the reserved ones. */
export function hasReservedMember(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(hasReservedMember);
  return Object.keys(value).some(
    (key) => isReservedMember(key) || hasReservedMember(value[key] as JsonValue),
  );
}

// RFC 9901 sections 4.2.4.1 and 4.2.4.2; __proto__ would not survive a copy.
function isReservedMember(key: string): boolean {
  return key === '_sd' || key === '...' || key === '__proto__';
}
