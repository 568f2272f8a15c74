import { GS1_KEYS, hasCheckDigit, type Gs1Key } from './gs1-keys.ts';
import { identify, type Identified } from './identifiers.ts';

const GROUP_SEPARATOR = '\u001d';
/** Told by readers before the data: GS1-128, DataMatrix, QR Code, DataBar, DotCode, and their plain twins (ISO/IEC 15424). */
const SYMBOLOGY = /^\](?:C[01]|d[12]|Q[13]|e0|J1|E0)/;
const IN_BRACKETS = /^\(\d{2,4}\)/;
const HOST = 'https://id.gs1.org';

/**
 * What people type and scanners read, besides URIs: a GS1 element string (GS1 General Specifications, section 7.8), with
 * its application identifiers in brackets or as a reader sends it, or the digits of a GTIN or an SSCC alone. Answers what
 * `identify` does; what is none of these is kind `other` with its fault.
 */
export function readIdentifier(text: string): Identified {
  const given = text.trim();
  const known = identify(given);
  if (known.fault?.code !== 'BAD_URI') return known;
  const elements = elementsOf(given);
  const link = (elements && linkOf(elements)) ?? linkOfDigits(given);
  return link === null ? known : identify(link);
}

/** Application identifiers and their data; null for what is no element string. */
function elementsOf(text: string): Map<string, string> | null {
  return IN_BRACKETS.test(text) ? bracketed(text) : plain(text.replace(SYMBOLOGY, ''));
}

function bracketed(text: string): Map<string, string> | null {
  const parts = [...text.matchAll(/\((\d{2,4})\)([^(]*(?:\((?!\d{2,4}\))[^(]*)*)/g)];
  if (parts.map(([whole]) => whole).join('') !== text) return null;
  return new Map(parts.map(([, ai = '', value = '']) => [ai, value.trim()]));
}

/** Data of a length that its first digits tell need no separator after it (GS1 General Specifications, figure 7.8.5-2). */
function plain(text: string): Map<string, string> | null {
  const elements = new Map<string, string>();
  for (let at = text.startsWith(GROUP_SEPARATOR) ? 1 : 0; at < text.length;) {
    const size = sizeOfAi(text.slice(at, at + 2));
    const ai = text.slice(at, at + size);
    if (size === 0 || !/^\d+$/.test(ai) || ai.length < size) return null;
    const end = text.indexOf(GROUP_SEPARATOR, at);
    const fixed = FIXED.get(ai.slice(0, 2));
    const until = fixed === undefined ? (end === -1 ? text.length : end) : at + 2 + fixed;
    const value = text.slice(at + size, until);
    if (value === '' || until > text.length || value.includes(GROUP_SEPARATOR)) return null;
    elements.set(ai, value);
    at = text[until] === GROUP_SEPARATOR ? until + 1 : until;
  }
  return elements.size > 0 ? elements : null;
}

/** Digits after the first two of the application identifier. */
const FIXED: ReadonlyMap<string, number> = new Map([
  ...['00'].map((ai): [string, number] => [ai, 18]),
  ...['01', '02', '03'].map((ai): [string, number] => [ai, 14]),
  ['04', 16],
  ...['11', '12', '13', '14', '15', '16', '17', '18', '19'].map((ai): [string, number] => [ai, 6]),
  ['20', 2],
  ...['31', '32', '33', '34', '35', '36'].map((ai): [string, number] => [ai, 8]),
  ['41', 14],
]);

function sizeOfAi(start: string): number {
  if (/^(?:0\d|1\d|2[0-2]|30|37|9\d)$/.test(start)) return 2;
  if (/^(?:2[3-5]|4[0-2]|71)$/.test(start)) return 3;
  return /^(?:3[1-69]|43|7[02]|8[0-2])$/.test(start) ? 4 : 0;
}

/** The first key among them, with its qualifiers in the order of a Digital Link's path. */
function linkOf(elements: ReadonlyMap<string, string>): string | null {
  for (const [ai, value] of elements) {
    const key = GS1_KEYS.get(ai);
    if (key?.ai === ai) return linkWith(key, value, elements);
  }
  return null;
}

function linkWith(key: Gs1Key, value: string, elements: ReadonlyMap<string, string>): string {
  const qualifiers = key.qualifiers.flatMap(({ ai }) => {
    const text = elements.get(ai);
    return text === undefined ? [] : [ai, encodeForPath(text)];
  });
  return [HOST, key.ai, encodeForPath(value), ...qualifiers].join('/');
}

function linkOfDigits(text: string): string | null {
  if (!/^\d+$/.test(text) || !hasCheckDigit(text)) return null;
  if (text.length === 18) return `${HOST}/00/${text}`;
  return [8, 12, 13, 14].includes(text.length) ? `${HOST}/01/${text.padStart(14, '0')}` : null;
}

/** As the canonical form has it: GS1 Digital Link URI syntax, table 7-1. */
function encodeForPath(text: string): string {
  const escaped = (sign: string) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replace(/[!()*]/g, escaped);
}
