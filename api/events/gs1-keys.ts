/**
 * The GS1 identification keys that EPCIS identifies things, places and parties by, under their primary application
 * identifiers (GS1 General Specifications, GS1 Digital Link URI syntax 1.3, section 4).
 */
interface KeyQualifier {
  ai: string;
  pattern: RegExp;
}

export interface Gs1Key {
  ai: string;
  name: string;
  /** of the whole value; DL short names are in aliases */
  pattern: RegExp;
  aliases: readonly string[];
  /** the value's first so many digits end with a check digit; 0 for none */
  checkedDigits: number;
  /** in the order of the path */
  qualifiers: readonly KeyQualifier[];
}

// GS1 character sets 82 and 39, as they stand in a URI path: percent-encoded where reserved.
const SERIAL = /^(?:[!"'()*+,\-.0-9:;<=>?A-Z_a-z]|%[0-9A-Fa-f]{2}){1,20}$/;
const LONG_SERIAL = /^(?:[!"'()*+,\-.0-9:;<=>?A-Z_a-z]|%[0-9A-Fa-f]{2}){1,28}$/;

const CPV: KeyQualifier = { ai: '22', pattern: SERIAL };
const LOT: KeyQualifier = { ai: '10', pattern: SERIAL };
const SER: KeyQualifier = { ai: '21', pattern: SERIAL };
const TPX: KeyQualifier = { ai: '235', pattern: LONG_SERIAL };

const C82 = `(?:[!"'()*+,\\-.0-9:;<=>?A-Z_a-z]|%[0-9A-Fa-f]{2})`;

const KEYS: readonly Gs1Key[] = [
  {
    ai: '01',
    name: 'GTIN',
    aliases: ['gtin'],
    pattern: /^(?:\d{8}|\d{12,14})$/,
    checkedDigits: 14,
    qualifiers: [CPV, LOT, SER, TPX],
  },
  {
    ai: '8006',
    name: 'ITIP',
    aliases: ['itip'],
    pattern: /^\d{18}$/,
    checkedDigits: 14,
    qualifiers: [CPV, LOT, SER],
  },
  {
    ai: '8010',
    name: 'CPID',
    aliases: ['cpid'],
    pattern: /^(?:[-0-9A-Z]|%23|%2[Ff]){1,34}$/,
    checkedDigits: 0,
    qualifiers: [{ ai: '8011', pattern: /^\d{1,12}$/ }],
  },
  {
    ai: '414',
    name: 'GLN',
    aliases: ['gln'],
    pattern: /^\d{13}$/,
    checkedDigits: 13,
    qualifiers: [{ ai: '254', pattern: SERIAL }],
  },
  {
    ai: '417',
    name: 'party GLN',
    aliases: ['party'],
    pattern: /^\d{13}$/,
    checkedDigits: 13,
    qualifiers: [],
  },
  {
    ai: '8017',
    name: 'GSRN',
    aliases: ['gsrnp'],
    pattern: /^\d{18}$/,
    checkedDigits: 18,
    qualifiers: [{ ai: '8019', pattern: /^\d{1,10}$/ }],
  },
  {
    ai: '8018',
    name: 'GSRN',
    aliases: ['gsrn'],
    pattern: /^\d{18}$/,
    checkedDigits: 18,
    qualifiers: [{ ai: '8019', pattern: /^\d{1,10}$/ }],
  },
  { ai: '255', name: 'GCN', aliases: ['gcn'], pattern: /^\d{13,25}$/, checkedDigits: 13, qualifiers: [] },
  { ai: '00', name: 'SSCC', aliases: ['sscc'], pattern: /^\d{18}$/, checkedDigits: 18, qualifiers: [] },
  {
    ai: '253',
    name: 'GDTI',
    aliases: ['gdti'],
    pattern: new RegExp(`^\\d{13}${C82}{0,17}$`),
    checkedDigits: 13,
    qualifiers: [],
  },
  {
    ai: '401',
    name: 'GINC',
    aliases: ['ginc'],
    pattern: new RegExp(`^\\d{4}${C82}{0,26}$`),
    checkedDigits: 0,
    qualifiers: [],
  },
  { ai: '402', name: 'GSIN', aliases: ['gsin'], pattern: /^\d{17}$/, checkedDigits: 17, qualifiers: [] },
  {
    ai: '8003',
    name: 'GRAI',
    aliases: ['grai'],
    pattern: new RegExp(`^0\\d{13}${C82}{0,16}$`),
    checkedDigits: 14,
    qualifiers: [],
  },
  {
    ai: '8004',
    name: 'GIAI',
    aliases: ['giai'],
    pattern: new RegExp(`^\\d{4}${C82}{0,26}$`),
    checkedDigits: 0,
    qualifiers: [],
  },
];

/** By application identifier and by short name. */
export const GS1_KEYS: ReadonlyMap<string, Gs1Key> = new Map(
  KEYS.flatMap((key) => [key.ai, ...key.aliases].map((name): [string, Gs1Key] => [name, key])),
);

/** The short names of key qualifiers in a Digital Link path. */
export const QUALIFIER_ALIASES: ReadonlyMap<string, string> = new Map([
  ['cpv', '22'],
  ['lot', '10'],
  ['ser', '21'],
]);

/** The check digit for the digits before it (GS1 General Specifications 7.9: weights 3 and 1 from the right). */
export function checkDigit(digits: string): string {
  let sum = 0;
  let weight = 3;
  for (let at = digits.length - 1; at >= 0; at -= 1) {
    sum += (digits.charCodeAt(at) - 48) * weight;
    weight = 4 - weight;
  }
  return String((10 - (sum % 10)) % 10);
}

/** True where the last of the digits is their check digit. */
export function hasCheckDigit(digits: string): boolean {
  return digits.endsWith(checkDigit(digits.slice(0, -1)));
}
