import { CASE_TYPES } from './case-shapes.ts';
import { checkEvent } from './event.ts';
import { flatten, type Fields } from './fields.ts';
import { eventHash } from './hash.ts';
import { identify } from './identifiers.ts';
import { nearest } from './nearest.ts';
import { checkPlain } from './plain.ts';
import { STANDARD_PREFIXES } from './prefixes.ts';
import { Problems, type Problem } from './problem.ts';
import { PLAIN_RECORDS, type PlainRecordType } from './record-shapes.ts';
import type { Scope } from './rules.ts';
import { checkObject } from './shape.ts';
import { isUri } from './uri.ts';
import type { JsonObject } from './value.ts';

/** What a record of a book describes. A GRANT is a record too, see sharing/. */
export const RECORD_TYPES = ['EVENT', 'LOT', 'PRODUCT', 'LOCATION', 'PARTY', 'NOTE', ...CASE_TYPES] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

/** A record that passed its validator. */
export interface ValidRecord {
  ok: true;
  type: RecordType;
  /** canonical */
  id: string;
  fields: Fields;
  warnings: Problem[];
}

export interface InvalidRecord {
  ok: false;
  problems: Problem[];
}

export type RecordResult = ValidRecord | InvalidRecord;

/**
 * Checks a record given as an object of its members and flattens it. The object may bring a `@context`; extension names may
 * have a prefix or be in Clark notation; decimals may be numbers or texts. Members that are null are not set.
 * `id` may be null for an event, which then has its eventID, or else its event hash, as id.
 */
export function validateRecord(type: RecordType, id: string | null, object: unknown): RecordResult {
  const problems = new Problems();
  const scope: Scope = { problems, prefixes: STANDARD_PREFIXES, from: 'record' };
  checkPlain(object, problems);
  if (problems.list.length > 0) return { ok: false, problems: problems.list };
  if (type === 'EVENT') return validateEvent(id, object, scope);
  const plain = PLAIN_RECORDS[type];
  if (plain === undefined) {
    const message = `give a record type${nearest(String(type), RECORD_TYPES) || `: one of ${RECORD_TYPES.join(', ')}`}`;
    problems.add('type', 'UNKNOWN_VALUE', message);
    return { ok: false, problems: problems.list };
  }
  const canonical = checkId(type, id, scope);
  const checked = checkObject(object, plain.shape, '', scope);
  if (problems.list.length > 0 || checked === undefined) return { ok: false, problems: problems.list };
  if (type === 'LOT') deriveProduct(canonical, checked);
  return { ok: true, type, id: canonical, fields: flatten(checked), warnings: problems.warnings };
}

function validateEvent(id: string | null, object: unknown, scope: Scope): RecordResult {
  const { problems } = scope;
  problems.event = 0;
  const event = checkEvent(object, '', scope);
  if (id !== null && !isUri(id))
    problems.add('id', 'BAD_URI', 'give the id of the event as an absolute URI of at most 2048 bytes');
  // Of different events with one eventID the later ones are known by their event hash.
  if (id !== null && typeof event?.['eventID'] === 'string' && event['eventID'] !== id && !isHash(id)) {
    problems.add('eventID', 'NOT_ALLOWED', 'give the same eventID as the id of the record, or leave one out');
  }
  if (problems.list.length > 0 || event === undefined) return { ok: false, problems: problems.list };
  const record = eventRecord(event);
  return { ok: true, type: 'EVENT', id: id ?? record.id, fields: record.fields, warnings: problems.warnings };
}

function isHash(id: string): boolean {
  return id.startsWith('ni:///sha-256;');
}

/**
 * The record of an event in normal form, as parseDocument and checkEvent give it: its id is its eventID, or else its event
 * hash, which leaves out the fields that the document says to ignore.
 */
export function eventRecord(
  event: JsonObject,
  ignored?: ReadonlySet<string>,
): { type: 'EVENT'; id: string; fields: Fields } {
  const eventId = event['eventID'];
  const id = typeof eventId === 'string' ? eventId : eventHash(event, ignored);
  return { type: 'EVENT', id, fields: flatten(event) };
}

function checkId(type: PlainRecordType, id: string | null, scope: Scope): string {
  const { kinds, idMessage } = PLAIN_RECORDS[type];
  if (id === null || id === '') {
    scope.problems.add('id', 'MISSING_FIELD', idMessage);
    return '';
  }
  const { fault, kind, canonical } = identify(id);
  if (fault?.tolerable === true) scope.problems.warn('id', fault.code, fault.message);
  else if (fault !== undefined) scope.problems.add('id', fault.code, fault.message);
  else if (!kinds.has(kind)) scope.problems.add('id', 'BAD_IDENTIFIER', idMessage);
  return canonical;
}

/** A lot whose id is a GTIN with a lot number names its product by it. */
function deriveProduct(id: string, lot: JsonObject): void {
  const { product } = identify(id);
  if (product !== undefined && lot['product'] === undefined) lot['product'] = product;
}
