import type { End, Event, Lot } from './chain.ts';

/** Where a trace ends, in a word for the picture and in a sentence. */
const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ORIGIN: ['origin', 'It was made here, of nothing that is on record.'],
  ENDED: ['ended', 'Used up, destroyed, or sold to its consumer.'],
  IN_STOCK: ['in stock', 'Nothing says that it left where it was last seen.'],
  NO_RECORD: ['no record', 'Nobody says where it came from, or nothing at all is known of it.'],
  NO_RECEIPT: ['no receipt', 'It was shipped, and nobody says that it came.'],
  WITHHELD: ['withheld', 'Fields that could lead on are not open to you.'],
  NO_LOT: ['no lot', 'Only the product is named, not the lot.'],
  DEPTH: ['further away', 'More is further away than was asked for.'],
  DATES: ['other dates', 'More lies outside the dates that were asked for.'],
  LIMIT: ['cut', 'As many events as were asked for are found, and there is more.'],
  OUT_OF_ORDER: ['out of order', 'It was used before it was made, by the dates on record.'],
};

export function reasonWord({ reason }: Pick<End, 'reason'>): string {
  return REASONS[reason]?.[0] ?? plainWords(reason);
}

/** The whole reason, with who could tell more. */
export function reasonText(
  end: Pick<End, 'reason' | 'organisation' | 'fields' | 'ask'>,
  nameOf: (id: string) => string,
): string {
  const { reason, organisation, fields, ask } = end;
  const known = REASONS[reason]?.[1] ?? `${sentence(plainWords(reason))}.`;
  const by = organisation
    ? ` By ${nameOf(organisation)}${fields.length > 0 ? `: ${fields.join(', ')}` : ''}.`
    : '';
  return `${known}${by}${ask.length > 0 ? ` Ask ${[...new Set(ask.map(nameOf))].join(', ')}.` : ''}`;
}

/** `retail_selling` and `NOT_RECEIVED` as people say it. */
export function plainWords(code: string): string {
  return code.toLowerCase().replaceAll('_', ' ');
}

export function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function stepOf({ bizStep, type }: Pick<Event, 'bizStep' | 'type'>): string {
  if (bizStep)
    return plainWords(bizStep.slice(Math.max(bizStep.lastIndexOf('/'), bizStep.lastIndexOf(':')) + 1));
  return type ? plainWords(type.replace(/Event$/, '').replace(/(?<=[a-z])(?=[A-Z])/g, '_')) : 'event';
}

export const ROLES: Readonly<Record<Lot['as'], string>> = {
  START: 'start',
  MADE: 'traced',
  CONTENT: 'inside',
  CARRIER: 'carrier',
};

/** The commonest units of UN/ECE Recommendation 20 as people write them. */
const UNITS: Readonly<Record<string, string>> = {
  KGM: 'kg',
  GRM: 'g',
  LBR: 'lb',
  TNE: 't',
  LTR: 'l',
  C62: 'pieces',
  EA: 'pieces',
  CS: 'cases',
  XCS: 'cases',
};

export function amountText(quantity: string | null | undefined, uom: string | null | undefined): string {
  if (quantity === null || quantity === undefined) return '';
  return uom ? `${quantity} ${UNITS[uom] ?? uom}` : quantity;
}

export function unitText(uom: string): string {
  return UNITS[uom] ?? uom;
}
