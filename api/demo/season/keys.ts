import { checkDigit } from '../../events/gs1-keys.ts';
import type { Lot, Organisation, Place } from './types.ts';

/** Length of every company prefix of the demo. */
const PREFIX = 7;

/** Appends the check digit to the digits of a key. */
export function withCheckDigit(digits: string): string {
  return digits + checkDigit(digits);
}

/** GLN, 13 digits. */
export function gln(prefix: string, reference: number): string {
  return withCheckDigit(prefix + String(reference).padStart(12 - PREFIX, '0'));
}

/** GTIN-14 with packaging indicator 0 to 9. */
export function gtin(prefix: string, indicator: number, item: number): string {
  return withCheckDigit(String(indicator) + prefix + String(item).padStart(12 - PREFIX, '0'));
}

/** SSCC, 18 digits, extension digit 0. */
export function sscc(prefix: string, serial: number): string {
  return withCheckDigit(`0${prefix}${String(serial).padStart(16 - PREFIX, '0')}`);
}

export interface Writer {
  lot(lot: Pick<Lot, 'product' | 'code'>): string;
  product(gtin: string): string;
  place(place: Place): string;
  party(gln: string): string;
  pallet(sscc: string): string;
}

/** Writes GS1 keys as the organisation does: as EPC URNs (TDS 1.13) or as GS1 Digital Links. */
export function writer(organisation: Organisation): Writer {
  return organisation.style === 'urn' ? URN : digitalLink(organisation.resolver);
}

const URN: Writer = {
  lot: ({ product, code }) => `urn:epc:class:lgtin:${item(product.gtin)}.${code}`,
  product: (key) => `urn:epc:idpat:sgtin:${item(key)}.*`,
  place: (place) => `urn:epc:id:sgln:${place.gln.slice(0, PREFIX)}.${place.gln.slice(PREFIX, 12)}.0`,
  party: (key) => `urn:epc:id:pgln:${key.slice(0, PREFIX)}.${key.slice(PREFIX, 12)}`,
  pallet: (key) => `urn:epc:id:sscc:${key.slice(1, 1 + PREFIX)}.${key[0]}${key.slice(1 + PREFIX, 17)}`,
};

function item(key: string): string {
  return `${key.slice(1, 1 + PREFIX)}.${key[0]}${key.slice(1 + PREFIX, 13)}`;
}

function digitalLink(resolver: string): Writer {
  return {
    lot: ({ product, code }) => `${resolver}/01/${product.gtin}/10/${code}`,
    product: (key) => `${resolver}/01/${key}`,
    place: (place) => `${resolver}/414/${place.gln}`,
    party: (key) => `${resolver}/417/${key}`,
    pallet: (key) => `${resolver}/00/${key}`,
  };
}

/** A reference document of the organisation that issued it (CBV 2.0, section 8.5). */
export function businessDocument(issuerGln: string, number: string): string {
  return `urn:epcglobal:cbv:bt:${issuerGln}:${number}`;
}
