import { checkEvent } from './event.ts';
import { scopeWithin } from './extension.ts';
import { readJson } from './json.ts';
import { readMasterData, type MasterRecord } from './master-data.ts';
import { STANDARD_PREFIXES } from './prefixes.ts';
import { Problems, type Problem } from './problem.ts';
import type { Scope } from './rules.ts';
import { documentShape, ignoredFields } from './document-shape.ts';
import { checkObject } from './shape.ts';
import { isObject, type JsonObject } from './value.ts';

export interface ParsedDocument {
  ok: true;
  /** in normal form, see checkEvent */
  events: JsonObject[];
  masterData: MasterRecord[];
  /** canonical names of extension fields that the document says are no part of an event's hash */
  ignored: ReadonlySet<string>;
  warnings: Problem[];
}

export interface RefusedDocument {
  ok: false;
  problems: Problem[];
}

/** What could be read, and all that is wrong with it. */
export interface DocumentReading {
  parsed: Omit<ParsedDocument, 'ok' | 'warnings'>;
  problems: Problem[];
  warnings: Problem[];
}

/**
 * Reads EPCIS 2.0 JSON-LD: an EPCISDocument, an EPCISQueryDocument, one event, or an array of events. A document with any
 * fault is refused whole, with all faults up to MAX_PROBLEMS and their places; with `eachEvent` at least one of each
 * event that has any.
 */
export function parseDocument(text: string, { eachEvent = false } = {}): ParsedDocument | RefusedDocument {
  const { parsed, problems, warnings } = readDocumentText(text, { eachEvent });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, ...parsed, warnings };
}

/** Reads as parseDocument does, and gives what it could read beside the faults. */
export function readDocumentText(text: string, { eachEvent = false } = {}): DocumentReading {
  const { value, faults } = readJson(text, eachEvent ? eventAt : undefined);
  if (faults.length > 0) {
    const problems = faults.map(({ field, code, message }) => ({
      event: eventAt(field),
      field,
      code,
      message,
    }));
    return { parsed: { events: [], masterData: [], ignored: new Set() }, problems, warnings: [] };
  }
  const problems = new Problems(eachEvent);
  const scope: Scope = { problems, prefixes: STANDARD_PREFIXES, from: 'document' };
  const parsed = readTop(value, scope);
  return { parsed, problems: problems.list, warnings: problems.warnings };
}

type Parsed = DocumentReading['parsed'];

function eventAt(field: string): number | null {
  const match = /(?:^|\.)eventList\[(\d+)\]/.exec(field) ?? /^\[(\d+)\]/.exec(field);
  return match === null ? null : Number(match[1]);
}

function readTop(value: unknown, scope: Scope): Parsed {
  const none: Parsed = { events: [], masterData: [], ignored: new Set() };
  if (Array.isArray(value)) {
    if (value.length === 0) scope.problems.add('', 'EMPTY', 'give at least one event');
    return { ...none, events: readEvents(value, '', scope) };
  }
  if (!isObject(value)) {
    scope.problems.add('', 'WRONG_TYPE', 'give an EPCIS document, an event, or an array of events');
    return none;
  }
  const type = value['type'];
  if (type === 'EPCISDocument' || type === 'EPCISQueryDocument') return readDocument(value, type, scope);
  if (value['epcisBody'] !== undefined) {
    const code = type === undefined || type === null ? 'MISSING_FIELD' : 'UNKNOWN_VALUE';
    scope.problems.add('type', code, 'give the type EPCISDocument or EPCISQueryDocument');
    return none;
  }
  requireContext(value, scope);
  scope.problems.event = 0;
  const event = checkEvent(value, '', scope);
  scope.problems.event = null;
  return { ...none, events: event === undefined ? [] : [event] };
}

function requireContext(value: Record<string, unknown>, scope: Scope): void {
  if (value['@context'] !== undefined && value['@context'] !== null) return;
  const message = 'give the @context: the URI of the EPCIS context, and the prefixes of extensions';
  scope.problems.add('@context', 'MISSING_FIELD', message);
}

function readDocument(
  document: Record<string, unknown>,
  type: 'EPCISDocument' | 'EPCISQueryDocument',
  outer: Scope,
): Parsed {
  requireContext(document, outer);
  checkObject(document, documentShape(type), '', outer);
  // The context has been checked with the document: what it says is not told twice.
  const scope = {
    ...scopeWithin(document, '', { ...outer, problems: new Problems() }),
    problems: outer.problems,
  };
  const { list, path } = findEvents(document, type);
  const header = document['epcisHeader'];
  const masterData = isObject(header)
    ? readMasterData(header['epcisMasterData'], 'epcisHeader.epcisMasterData', scope)
    : [];
  if (list?.length === 0 && type === 'EPCISDocument' && masterData.length === 0) {
    scope.problems.add(path, 'EMPTY', 'give at least one event, or master data');
  }
  return {
    events: list === undefined ? [] : readEvents(list, path, scope),
    masterData,
    ignored: ignoredFields(document, scope),
  };
}

function findEvents(
  document: Record<string, unknown>,
  type: string,
): { list: unknown[] | undefined; path: string } {
  const steps = type === 'EPCISDocument' ? ['epcisBody'] : ['epcisBody', 'queryResults', 'resultsBody'];
  let at: unknown = document;
  for (const step of steps) at = isObject(at) ? at[step] : undefined;
  if (!isObject(at)) return { list: undefined, path: '' };
  const path = steps.join('.');
  if (type === 'EPCISDocument' && at['eventList'] === undefined && isObject(at['event'])) {
    return { list: [at['event']], path: `${path}.event` };
  }
  const list = at['eventList'];
  return { list: Array.isArray(list) ? list : undefined, path: `${path}.eventList` };
}

function readEvents(list: readonly unknown[], path: string, scope: Scope): JsonObject[] {
  const events: JsonObject[] = [];
  list.forEach((value, index) => {
    scope.problems.event = index;
    const place = path.endsWith('.event') ? path : `${path}[${index}]`;
    const event = checkEvent(value, place, scope);
    if (event !== undefined) events.push(event);
  });
  scope.problems.event = null;
  return events;
}
