import { checkDigit } from './gs1-keys.ts';

/** The parts of a Digital Link that an EPC URN stands for; a qualifier is an application identifier and its value. */
interface KeyParts {
  ai: string;
  value: string;
  qualifier?: { ai: string; value: string };
}

/** An EPC URN without a GS1 key in it (`urn:epc:id:gid:...`) or a pattern that no key can name. */
export const NO_KEY = Symbol('no GS1 key');

const SERIAL = /^(?:[!'()*+,\-.0-9:;=A-Z_a-z]|%[0-9A-Fa-f]{2}){1,30}$/;
const COMPANY = /^\d{6,12}$/;
const DIGITS = /^\d*$/;

/** How a scheme's fields become a key: `fields` are what is between the dots, the serial number being the rest. */
type Scheme = (fields: readonly string[], pattern: boolean) => KeyParts | null;

/** GTIN-13 digits in URNs have the indicator digit after the company prefix. */
function gtin(company: string, item: string): string | null {
  if (!isPair(company, item, 13)) return null;
  const digits = item.charAt(0) + company + item.slice(1);
  return digits + checkDigit(digits);
}

function plain(company: string, reference: string, length: number): string | null {
  if (!isPair(company, reference, length)) return null;
  return company + reference + checkDigit(company + reference);
}

function isPair(company: string, reference: string, length: number): boolean {
  return COMPANY.test(company) && DIGITS.test(reference) && company.length + reference.length === length;
}

/** Reserved characters of a path segment, see GS1 Digital Link URI syntax, table 7-1. */
function encodeSegment(text: string): string {
  return text.replace(/[!()*+,:]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function serial(text: string | undefined, max: number): string | null {
  if (text === undefined || !SERIAL.test(text)) return null;
  if (text.replace(/%../g, 'x').length > max) return null;
  return encodeSegment(text);
}

function key(ai: string, value: string | null): KeyParts | null {
  return value === null ? null : { ai, value };
}

function qualified(
  ai: string,
  value: string | null,
  qualifier: string,
  text: string | null,
): KeyParts | null {
  return value === null || text === null ? null : { ai, value, qualifier: { ai: qualifier, value: text } };
}

function gtinScheme(qualifier: string, max: number): Scheme {
  return ([company = '', item = '', ...rest], pattern) =>
    pattern
      ? key('01', rest.length === 1 && rest[0] === '*' ? gtin(company, item) : null)
      : qualified('01', gtin(company, item), qualifier, serial(rest.join('.'), max));
}

/** A key that the serial number is a part of: GRAI, GDTI, GCN. */
function tailScheme(ai: string, lead: string, max: number, numeric: boolean): Scheme {
  return ([company = '', reference = '', ...rest], pattern) => {
    const digits = isPair(company, reference, 12) ? lead + company + reference : null;
    if (digits === null) return null;
    const base = digits + checkDigit(digits);
    if (pattern) return rest.length === 1 && rest[0] === '*' ? { ai, value: base } : null;
    const tail = rest.join('.');
    if (numeric && !/^\d{1,12}$/.test(tail)) return null;
    const text = serial(tail, max);
    return text === null ? null : { ai, value: base + text };
  };
}

function digitsScheme(ai: string, length: number): Scheme {
  return ([company = '', reference = '', ...rest], pattern) =>
    pattern || rest.length > 0 ? null : key(ai, plain(company, reference, length));
}

/** GIAI and GINC: the company prefix and what the company made of the rest. */
function assetScheme(ai: string): Scheme {
  return ([company = '', ...rest], pattern) => {
    const text = serial(rest.join('.'), 30 - company.length);
    return pattern || text === null || !COMPANY.test(company) ? null : { ai, value: company + text };
  };
}

const sscc: Scheme = ([company = '', reference = '', ...rest], pattern) => {
  if (pattern || rest.length > 0 || !isPair(company, reference, 17)) return null;
  const digits = reference.charAt(0) + company + reference.slice(1);
  return { ai: '00', value: digits + checkDigit(digits) };
};

const sgln: Scheme = ([company = '', reference = '', ...rest], pattern) => {
  const gln = plain(company, reference, 12);
  const extension = rest.join('.');
  if (pattern) return key('414', extension === '*' ? gln : null);
  return extension === '0' ? key('414', gln) : qualified('414', gln, '254', serial(extension, 20));
};

const itip: Scheme = ([company = '', item = '', piece = '', total = '', ...rest], pattern) => {
  const base = gtin(company, item);
  if (base === null || !/^\d\d$/.test(piece) || !/^\d\d$/.test(total)) return null;
  const value = base + piece + total;
  if (pattern) return rest.join('.') === '*' ? { ai: '8006', value } : null;
  return qualified('8006', value, '21', serial(rest.join('.'), 20));
};

const cpi: Scheme = ([company = '', reference = '', ...rest], pattern) => {
  if (!COMPANY.test(company) || !/^(?:[-0-9A-Z]|%23|%2[Ff])+$/.test(reference)) return null;
  const value = company + reference;
  if (pattern) return rest.join('.') === '*' ? { ai: '8010', value } : null;
  return qualified('8010', value, '8011', /^\d{1,12}$/.test(rest.join('.')) ? rest.join('.') : null);
};

const SCHEMES: ReadonlyMap<string, Scheme> = new Map<string, Scheme>([
  ['sgtin', gtinScheme('21', 20)],
  ['upui', gtinScheme('235', 28)],
  ['sscc', sscc],
  ['sgln', sgln],
  ['pgln', digitsScheme('417', 12)],
  ['grai', tailScheme('8003', '0', 16, false)],
  ['gdti', tailScheme('253', '', 20, false)],
  ['sgcn', tailScheme('255', '', 12, true)],
  ['giai', assetScheme('8004')],
  ['ginc', assetScheme('401')],
  ['gsin', digitsScheme('402', 16)],
  ['gsrn', digitsScheme('8018', 17)],
  ['gsrnp', digitsScheme('8017', 17)],
  ['itip', itip],
  ['cpi', cpi],
]);

const LGTIN: Scheme = gtinScheme('10', 20);

/**
 * The GS1 key in an EPC URN (EPC Tag Data Standard, sections 6 to 8), with its check digit computed.
 * NO_KEY for URNs that carry none; null for one that is malformed.
 */
export function parseEpcUrn(urn: string): KeyParts | typeof NO_KEY | null {
  const [, , space = '', scheme = ''] = urn.split(':', 4);
  const body = urn.slice(`urn:epc:${space}:${scheme}:`.length);
  if (space === 'class') return scheme === 'lgtin' ? LGTIN(body.split('.'), false) : NO_KEY;
  if (space !== 'id' && space !== 'idpat') return NO_KEY;
  const parse = SCHEMES.get(scheme);
  if (parse === undefined) return NO_KEY;
  const fields = body.split('.');
  if (space === 'id') return parse(fields, false);
  // A pattern with a wildcard before the serial number, or for a key without a class, names no single key.
  return parse(fields, true) ?? (fields.at(-1) === '*' ? NO_KEY : null);
}
