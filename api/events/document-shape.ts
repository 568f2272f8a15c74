import { expandCurie, splitUri } from './prefixes.ts';
import type { Rule, Scope } from './rules.ts';
import * as rules from './rules.ts';
import { objectOf, shape, type Shape } from './shape.ts';

/** Looked at by another reader: events and master data have their own. */
const elsewhere: Rule = (value, path, scope) => {
  if (Array.isArray(value)) return null;
  scope.problems.add(path, 'WRONG_TYPE', 'give an array');
  return undefined;
};

const object: Rule = (value, path, scope) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return null;
  scope.problems.add(path, 'WRONG_TYPE', 'give an object');
  return undefined;
};

/** A Standard Business Document Header, or what else stands in a header, is not looked into. */
const anything: Rule = () => null;

const COMMON = {
  'type!': rules.text,
  id: rules.text,
  sender: rules.text,
  receiver: rules.text,
  instanceIdentifier: rules.text,
  baseURL: rules.text,
  epcisHeader: objectOf(
    shape({
      epcisMasterData: objectOf(shape({ vocabularyList: elsewhere })),
      StandardBusinessDocumentHeader: anything,
    }),
  ),
};

const eventListOrEvent: Rule = (value, path, scope) => {
  const result = objectOf(shape({ eventList: elsewhere, event: object }))(value, path, scope);
  const body = value as Record<string, unknown> | null;
  if (result !== undefined && body?.['eventList'] === undefined && body?.['event'] === undefined) {
    scope.problems.add(`${path}.eventList`, 'MISSING_FIELD', 'give eventList');
  }
  return result;
};

const resultsBody = objectOf(shape({ 'eventList!': elsewhere, vocabularyList: elsewhere }));
const queryResults = objectOf(
  shape({ queryName: rules.text, subscriptionID: rules.text, 'resultsBody!': resultsBody }),
);

const EPCIS_DOCUMENT = shape({
  ...COMMON,
  'schemaVersion!': rules.text,
  'creationDate!': rules.dateTime,
  'epcisBody!': eventListOrEvent,
});
const QUERY_DOCUMENT = shape({
  ...COMMON,
  schemaVersion: rules.text,
  creationDate: rules.dateTime,
  'epcisBody!': objectOf(shape({ 'queryResults!': queryResults })),
});

/** What stands around the events; extensions may stand at every level. */
export function documentShape(type: 'EPCISDocument' | 'EPCISQueryDocument'): Shape {
  return type === 'EPCISDocument' ? EPCIS_DOCUMENT : QUERY_DOCUMENT;
}

/**
 * The names in a document's own `ignoreFields` extension: fields of its events that a repository added, which are no
 * part of the event hash.
 */
export function ignoredFields(document: Record<string, unknown>, scope: Scope): ReadonlySet<string> {
  const ignored = new Set<string>();
  for (const [name, value] of Object.entries(document)) {
    if (!name.endsWith(':ignoreFields') || !Array.isArray(value)) continue;
    for (const field of value) {
      if (typeof field !== 'string') continue;
      const colon = field.indexOf(':');
      const namespace = scope.prefixes.get(field.slice(0, Math.max(colon, 0)));
      if (namespace !== undefined) ignored.add(`{${namespace}}${field.slice(colon + 1)}`);
      else {
        const split = splitUri(expandCurie(field, scope.prefixes));
        ignored.add(split === null ? field : `{${split.namespace}}${split.local}`);
      }
    }
  }
  return ignored;
}
