import { isObject } from './value.ts';
import { isUri } from './uri.ts';

/** The namespaces that the EPCIS 2.0 JSON-LD context gives to its prefixes. */
export const STANDARD_PREFIXES: ReadonlyMap<string, string> = new Map([
  ['epcis', 'https://ref.gs1.org/epcis/'],
  ['cbv', 'https://ref.gs1.org/cbv/'],
  ['cbvmda', 'urn:epcglobal:cbv:mda:'],
  ['gs1', 'https://gs1.org/voc/'],
  ['rdfs', 'http://www.w3.org/2000/01/rdf-schema#'],
  ['owl', 'http://www.w3.org/2002/07/owl#'],
  ['xsd', 'http://www.w3.org/2001/XMLSchema#'],
  ['dcterms', 'http://purl.org/dc/terms/'],
]);

export type Prefixes = ReadonlyMap<string, string>;

/** Takes the path below the context and what to do about it. */
type ContextFault = (place: string, message: string) => void;

/**
 * The prefixes in force after a JSON-LD `@context` (a URI, an object of prefixes, or an array of both). Contexts are never
 * fetched: a URI is taken as the EPCIS context, whose prefixes are known.
 */
export function extendPrefixes(outer: Prefixes, context: unknown, fault: ContextFault): Prefixes {
  const entries = Array.isArray(context) ? context : [context];
  let prefixes: Map<string, string> | null = null;
  entries.forEach((entry: unknown, index) => {
    const place = Array.isArray(context) ? `[${index}]` : '';
    if (typeof entry === 'string') {
      if (!isUri(entry)) fault(place, 'give a context as an absolute URI or as an object of prefixes');
    } else if (isObject(entry)) {
      prefixes ??= new Map(outer);
      addTerms(prefixes, entry, place, fault);
    } else {
      fault(place, 'give a context as an absolute URI or as an object of prefixes');
    }
  });
  return prefixes ?? outer;
}

function addTerms(
  prefixes: Map<string, string>,
  terms: Record<string, unknown>,
  place: string,
  fault: ContextFault,
) {
  for (const [term, definition] of Object.entries(terms)) {
    if (term.startsWith('@')) continue;
    const iri = isObject(definition) ? definition['@id'] : definition;
    if (typeof iri !== 'string') {
      if (!isObject(definition)) fault(`${place}.${term}`, 'give the namespace of the prefix as a URI');
      continue;
    }
    const namespace = expandCurie(iri, prefixes);
    if (isUri(namespace)) prefixes.set(term, namespace);
    else if (!iri.startsWith('@')) fault(`${place}.${term}`, 'give the namespace of the prefix as a URI');
  }
}

/** `cbv:BTT-po` -> `https://ref.gs1.org/cbv/BTT-po`; anything without a known prefix as it is. */
export function expandCurie(text: string, prefixes: Prefixes): string {
  const colon = text.indexOf(':');
  if (colon < 0) return text;
  const namespace = prefixes.get(text.slice(0, colon));
  return namespace === undefined ? text : namespace + text.slice(colon + 1);
}

/** Splits a full URI into a namespace and a local name; null where there is no local name. */
export function splitUri(uri: string): { namespace: string; local: string } | null {
  const cut = Math.max(
    uri.lastIndexOf('#'),
    uri.lastIndexOf('/'),
    uri.startsWith('urn:') ? uri.lastIndexOf(':') : -1,
  );
  if (cut < 0 || cut === uri.length - 1) return null;
  return { namespace: uri.slice(0, cut + 1), local: uri.slice(cut + 1) };
}
