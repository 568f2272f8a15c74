import { NumberText } from './value.ts';

/**
 * Canonical decimals: no exponent, no leading `+` or zeros, no trailing zeros after the point, `0` for minus zero.
 * Two decimals are equal exactly when their canonical texts are.
 */

/** The longest canonical decimal that is taken, in characters. */
const MAX_DECIMAL_LENGTH = 64;

const CANONICAL = /^(?:0|-?(?:[1-9]\d*|0(?=\.))(?:\.\d*[1-9])?)$/;
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/;

/** The canonical text, or null for what is no decimal or longer than MAX_DECIMAL_LENGTH. */
export function canonicalDecimal(text: string): string | null {
  if (text.length <= MAX_DECIMAL_LENGTH && CANONICAL.test(text)) return text;
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const whole = match[2] ?? '';
  const fraction = match[3] ?? '';
  if (whole === '' && fraction === '') return null;
  const digits = whole + fraction;
  const leading = /^0*/.exec(digits)?.[0].length ?? 0;
  const significant = digits.slice(leading).replace(/0+$/, '');
  if (significant === '') return '0';
  const point = whole.length - leading + Number(match[4] ?? 0);
  if (Math.abs(point) > MAX_DECIMAL_LENGTH || significant.length > MAX_DECIMAL_LENGTH) return null;
  const result = (match[1] === '-' ? '-' : '') + placePoint(significant, point);
  return result.length > MAX_DECIMAL_LENGTH ? null : result;
}

function placePoint(significant: string, point: number): string {
  if (point <= 0) return `0.${'0'.repeat(-point)}${significant}`;
  if (point >= significant.length) return significant + '0'.repeat(point - significant.length);
  return `${significant.slice(0, point)}.${significant.slice(point)}`;
}

/**
 * A number of a user extension: a JS number where its shortest text denotes exactly the given decimal, else the canonical
 * decimal as a string; null where the decimal is too long.
 */
export function extensionNumber(text: string): number | string | null {
  const canonical = canonicalDecimal(text);
  if (canonical === null) return null;
  const number = Number(canonical);
  return canonicalDecimal(String(number)) === canonical ? number : canonical;
}

/**
 * The canonical decimal of a JSON number; where `strings` is true also of a JS number or a decimal text.
 * null for everything else.
 */
export function decimalOf(value: unknown, strings: boolean): string | null {
  if (value instanceof NumberText) return canonicalDecimal(value.text);
  if (typeof value === 'number') return Number.isFinite(value) ? canonicalDecimal(String(value)) : null;
  if (strings && typeof value === 'string' && value.trim() === value) return canonicalDecimal(value);
  return null;
}
