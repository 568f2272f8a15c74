import { parseDigitalLink } from './digital-link.ts';
import { NO_KEY, parseEpcUrn } from './epc-urn.ts';
import { GS1_KEYS, hasCheckDigit } from './gs1-keys.ts';
import { isUri } from './uri.ts';

/** What an identifier names; `shipment` is a logistic unit, a consignment or a shipment. */
export type IdentifierKind = 'instance' | 'lot' | 'product' | 'shipment' | 'location' | 'party' | 'other';

export interface Identified {
  kind: IdentifierKind;
  /** canonical: GS1 keys as Digital Links on id.gs1.org, the finest level only (CBV 2.0 section 8.9); others as they are */
  canonical: string;
  /** 14 digits */
  gtin?: string;
  /** percent-encoded as in a Digital Link */
  lot?: string;
  serial?: string;
  /** the canonical id of the product that a lot or an item is of, where the id tells */
  product?: string;
  fault?: IdentifierFault;
}

export interface IdentifierFault {
  code: 'BAD_URI' | 'BAD_IDENTIFIER' | 'CHECK_DIGIT';
  message: string;
  /**
   * True for keys whose faults are let pass in events with a warning: documents with such keys of places, parties and
   * assets are in use. Trade items and logistic units, which tracing follows, must be right.
   */
  tolerable: boolean;
}

const HOST = 'https://id.gs1.org';
// GDST 1.2: urn:gdst:<domain>:product:lot:class:<...> and urn:gdst:<domain>:product:class:<...>; the same shapes in urn:epcglobal.
const OTHER_LOT = /^urn:[a-z0-9-]+:[^:]+:product:lot:class:/;
const OTHER_PRODUCT = /^urn:[a-z0-9-]+:[^:]+:product:class:/;
const OTHER_INSTANCE = /^urn:[a-z0-9-]+:[^:]+:product:serial:obj:/;
const OTHER_PARTY = /^urn:[a-z0-9-]+:[^:]+:party:/;
const OTHER_LOCATION = /^urn:[a-z0-9-]+:[^:]+:location:/;

const STRICT_KEYS = new Set(['01', '8006', '00']);
const TRADE_URN = /^urn:epc:[a-z]+:(?:sgtin|lgtin|itip|upui):/;
const URN_KINDS: ReadonlyMap<string, IdentifierKind> = new Map([
  ['sscc', 'shipment'],
  ['sgln', 'location'],
  ['pgln', 'party'],
]);

const CACHE_LIMIT = 20_000;
const cache = new Map<string, Identified>();

/**
 * What an identifier names, its canonical form and what is wrong with it, if anything. GS1 keys are taken as EPC URNs and
 * as Digital Links on any host; other URIs pass as they are. Results are kept for identifiers seen often.
 */
export function identify(text: string): Identified {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const result = identifyUncached(text);
  if (text.length <= 200) {
    if (cache.size >= CACHE_LIMIT) cache.clear();
    cache.set(text, result);
  }
  return result;
}

/** The canonical form, or the text as it is where it is no well-formed identifier. */
export function canonicalIdentifier(text: string): string {
  return identify(text).canonical;
}

/** What the identifier names; kind `other` for what is none. */
export function classify(text: string): Identified {
  return identify(text);
}

function faulty(
  canonical: string,
  kind: IdentifierKind,
  code: IdentifierFault['code'],
  message: string,
  tolerable = false,
): Identified {
  return { kind, canonical, fault: { code, message, tolerable } };
}

function identifyUncached(text: string): Identified {
  if (!isUri(text))
    return faulty(text, 'other', 'BAD_URI', 'give an identifier as an absolute URI of at most 2048 bytes');
  if (text.startsWith('urn:epc:')) return fromUrn(text);
  const link = parseDigitalLink(text);
  if (link === 'malformed') {
    const message = 'the GS1 Digital Link is malformed: check the length and the characters of its key';
    return faulty(text, 'other', 'BAD_IDENTIFIER', message);
  }
  if (link === null) return { kind: otherKind(text), canonical: text };
  const { key, value, qualifiers } = link;
  const identified = describe(key.ai, value, qualifiers);
  if (key.checkedDigits === 0 || hasCheckDigit(value.slice(0, key.checkedDigits))) return identified;
  const message = `the check digit of the ${key.name} is wrong: check its digits`;
  return { ...identified, fault: { code: 'CHECK_DIGIT', message, tolerable: !STRICT_KEYS.has(key.ai) } };
}

function fromUrn(text: string): Identified {
  const parts = parseEpcUrn(text);
  if (parts === NO_KEY)
    return { kind: text.startsWith('urn:epc:id:') ? 'instance' : 'other', canonical: text };
  const key = parts === null ? undefined : GS1_KEYS.get(parts.ai);
  if (parts === null || key === undefined || !key.pattern.test(parts.value)) {
    const message = 'the EPC URN is malformed: check the number of digits in its parts';
    return faulty(
      text,
      URN_KINDS.get(text.split(':', 4)[3] ?? '') ?? 'other',
      'BAD_IDENTIFIER',
      message,
      !TRADE_URN.test(text),
    );
  }
  const { qualifier } = parts;
  return describe(
    key.ai,
    parts.value,
    new Map(qualifier === undefined ? [] : [[qualifier.ai, qualifier.value]]),
  );
}

function describe(ai: string, value: string, qualifiers: ReadonlyMap<string, string>): Identified {
  const base = `${HOST}/${ai}/${value}`;
  if (ai === '01' || ai === '8006') return describeTradeItem(ai, value, base, qualifiers);
  const first = qualifiers.entries().next().value;
  const canonical = first === undefined ? base : `${base}/${first[0]}/${first[1]}`;
  return { kind: kindOf(ai, value, first !== undefined), canonical };
}

function describeTradeItem(
  ai: string,
  value: string,
  base: string,
  qualifiers: ReadonlyMap<string, string>,
): Identified {
  const gtin = value.slice(0, 14);
  const product = `${HOST}/01/${gtin}`;
  const lot = qualifiers.get('10');
  const serialAi = qualifiers.has('21') ? '21' : '235';
  const serial = qualifiers.get(serialAi);
  const withLot = lot === undefined ? {} : { lot };
  if (serial !== undefined) {
    return {
      kind: 'instance',
      canonical: `${base}/${serialAi}/${serial}`,
      gtin,
      serial,
      product,
      ...withLot,
    };
  }
  if (lot !== undefined) return { kind: 'lot', canonical: `${base}/10/${lot}`, gtin, lot, product };
  return { kind: 'product', canonical: base, gtin, product };
}

function kindOf(ai: string, value: string, qualified: boolean): IdentifierKind {
  switch (ai) {
    case '00':
    case '401':
    case '402':
      return 'shipment';
    case '414':
      return 'location';
    case '417':
    case '8017':
    case '8018':
      return 'party';
    case '8004':
      return 'instance';
    case '8003':
      return value.length > 14 ? 'instance' : 'product';
    case '8010':
      return qualified ? 'instance' : 'product';
    default:
      return 'other';
  }
}

function otherKind(text: string): IdentifierKind {
  if (text.startsWith('geo:')) return 'location';
  if (!text.startsWith('urn:')) return 'other';
  if (OTHER_LOT.test(text)) return 'lot';
  if (OTHER_PRODUCT.test(text)) return 'product';
  if (OTHER_INSTANCE.test(text)) return 'instance';
  if (OTHER_PARTY.test(text)) return 'party';
  if (OTHER_LOCATION.test(text)) return 'location';
  return 'other';
}
