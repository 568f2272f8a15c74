import type { Fields } from '../../events/fields.ts';
import { classify } from '../../events/identifiers.ts';

/** A location description of 21 CFR 1.1310, and what it lacks. */
export interface PlaceText {
  text: string;
  /** In words; empty where it is complete. */
  lacks: readonly string[];
}

const ADDRESS = ['street', 'street2', 'city', 'state', 'postalCode', 'country'] as const;

/** Business name, telephone number, address or coordinates, and at last the identifier. */
export function describePlace(id: string, record: Readonly<Fields> | undefined): PlaceText {
  const key = shortIdentifier(id);
  if (!record) return { text: key, lacks: ['no record that is shown here describes it'] };
  const of = (name: string): string | null => {
    const value = record[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const name = of('name');
  const phone = of('phone') ?? of('contact.phone');
  const address = ADDRESS.flatMap((part) => of(`address.${part}`) ?? []);
  const [latitude, longitude] = [of('geo.latitude'), of('geo.longitude')];
  const geo = latitude !== null && longitude !== null ? `${latitude}, ${longitude}` : null;
  const hasAddress = geo !== null || (of('address.street') !== null && of('address.city') !== null);
  return {
    text: [name, phone, ...address, geo, key].filter((part) => part !== null).join('; '),
    lacks: [
      ...(name === null ? ['no name'] : []),
      ...(phone === null ? ['no telephone number'] : []),
      ...(hasAddress ? [] : ['neither address nor coordinates']),
    ],
  };
}

/**
 * GS1 keys with their application identifiers in brackets, as on a label (GS1 General Specifications, section 4.1); any other
 * identifier as it is.
 */
export function shortIdentifier(id: string): string {
  const { canonical } = classify(id);
  const [, path] = /^https:\/\/id\.gs1\.org\/(.+)$/.exec(canonical) ?? [];
  if (path === undefined) return canonical;
  const parts = path.split('/');
  if (parts.length % 2 !== 0) return canonical;
  const pairs = parts
    .filter((_, at) => at % 2 === 0)
    .map((ai, at) => `(${ai})${decode(parts[2 * at + 1] ?? '')}`);
  return pairs.join('');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
