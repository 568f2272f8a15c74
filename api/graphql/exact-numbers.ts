import { extensionNumber } from '../events/decimal.ts';
import { NumberText } from '../events/value.ts';

const SMALL_INTEGER = /^-?[1-9]\d{0,14}$/;

/**
 * Replaces the numbers in JSON that `readJson` read, in place: by a number where floating point holds it exactly, else by
 * its canonical decimal as a string. So no digit is lost, and all of it is plain JSON again.
 * @throws RangeError for a number that is too long
 */
export function exactNumbers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof NumberText) return exactNumber(value.text);
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(members)) {
    const member = members[key];
    if (typeof member === 'object' && member !== null) members[key] = exactNumbers(member);
  }
  return value;
}

function exactNumber(text: string): number | string {
  if (SMALL_INTEGER.test(text)) return Number(text);
  const number = extensionNumber(text);
  if (number === null) throw new RangeError('a number has more digits than this node keeps');
  return number;
}
