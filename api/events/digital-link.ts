import { GS1_KEYS, QUALIFIER_ALIASES, type Gs1Key } from './gs1-keys.ts';

/** A GS1 Digital Link taken apart: the key, and its qualifiers by application identifier. */
interface DigitalLink {
  key: Gs1Key;
  value: string;
  qualifiers: ReadonlyMap<string, string>;
}

const WEB_URI = /^https?:\/\/([^/?#]+)(\/[^?#]*)/i;

/**
 * Reads a GS1 Digital Link on any host, with any path before the key; GTINs are padded to 14 digits, short names
 * become application identifiers, query and fragment are left out. null for other URIs, `'malformed'` for one
 * on id.gs1.org whose key or qualifiers are not well-formed. Check digits are not looked at.
 */
export function parseDigitalLink(uri: string): DigitalLink | 'malformed' | null {
  const match = WEB_URI.exec(uri);
  if (match === null) return null;
  const segments = (match[2] as string).split('/').slice(1);
  if (segments.at(-1) === '') segments.pop();
  let claimed = false;
  for (let at = 0; at < segments.length - 1; at += 1) {
    const key = GS1_KEYS.get(segments[at] as string);
    if (key === undefined) continue;
    const link = readFrom(key, segments.slice(at + 1));
    if (link !== null) return link;
    if (at === 0) claimed = true;
  }
  return claimed && (match[1] as string).toLowerCase() === 'id.gs1.org' ? 'malformed' : null;
}

function readFrom(key: Gs1Key, [value = '', ...rest]: string[]): DigitalLink | null {
  if (!key.pattern.test(value) || rest.length % 2 !== 0) return null;
  const qualifiers = new Map<string, string>();
  for (let at = 0; at < rest.length; at += 2) {
    const ai = QUALIFIER_ALIASES.get(rest[at] as string) ?? (rest[at] as string);
    const text = rest[at + 1] as string;
    const qualifier = key.qualifiers.find((one) => one.ai === ai);
    if (qualifier === undefined || qualifiers.has(ai) || !qualifier.pattern.test(text)) return null;
    qualifiers.set(ai, text);
  }
  return { key, value: key.ai === '01' ? value.padStart(14, '0') : value, qualifiers };
}
