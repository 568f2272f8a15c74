import type { Fields } from '../events/fields.ts';
import { deriveLinks, isThing, type Link, type ThingLink } from '../events/links.ts';
import type { JsonValue } from '../events/value.ts';

/** An event as far as its reader may see it, with what tracing and reckoning need of it. */
export interface TraceEvent extends EventSource {
  type: string | null;
  action: string | null;
  bizStep: string | null;
  disposition: string | null;
  /** ms; null where it is not seen. */
  time: number | null;
  things: readonly ThingLink[];
  /** Where it happened, from and to whom or where, and the process that it is a part of. */
  others: readonly Link[];
  /** Names of fields that could lead on and that its reader may not see, set or not. */
  closed: readonly string[];
  /** May its reader see a field of it, set or not? Null where it may see all. */
  isOpen: ((name: string) => boolean) | null;
  /** An EPCIS error declaration: the event did not happen like this. */
  declaredWrong: ErrorDeclaration | null;
}

/** Where an event was read. */
export interface EventSource {
  book: string;
  record: string;
  version: number;
  /** The organisation whose node approves the book: who could tell more. */
  organisation: string;
  /** When this version was approved, ms. */
  approvedAt: number;
}

export interface ErrorDeclaration {
  reason: string | null;
  /** Records that hold instead. */
  correctiveEvents: readonly string[];
}

export const INPUT_FIELDS = ['inputQuantityList[].epcClass', 'inputEPCList'] as const;
export const OUTPUT_FIELDS = ['outputQuantityList[].epcClass', 'outputEPCList'] as const;
export const CHILD_FIELDS = ['childQuantityList[].epcClass', 'childEPCs'] as const;

/** Fields of which each may lead further, or tell where an event has its place in the chain. */
export const LEADING_FIELDS = [
  ...INPUT_FIELDS,
  ...OUTPUT_FIELDS,
  ...CHILD_FIELDS,
  'parentID',
  'transformationID',
  'action',
  'type',
  'eventTime',
] as const;

const DECLARATION_FIELDS = [
  'errorDeclaration.declarationTime',
  'errorDeclaration.reason',
  'errorDeclaration.correctiveEventIDs',
] as const;
const NONE: readonly string[] = [];

/**
 * `fields` are those that the reader sees. `isOpen`: may it see the field of this record, whether it is set or not? Null
 * where it may see all.
 */
export function traceEvent(
  { book, record, version, organisation, approvedAt }: EventSource,
  fields: Readonly<Fields>,
  isOpen: ((name: string) => boolean) | null,
): TraceEvent {
  const things: ThingLink[] = [];
  const others: Link[] = [];
  for (const link of deriveLinks(fields)) {
    if (isThing(link)) things.push(link);
    else others.push(link);
  }
  const time = Date.parse(text(fields['eventTime']) ?? '');
  const isWrong = DECLARATION_FIELDS.some((name) => fields[name] !== undefined);
  // Each member by its name: an object that begins as a copy of another one is made much more slowly.
  return {
    book,
    record,
    version,
    organisation,
    approvedAt,
    type: text(fields['type']),
    action: text(fields['action']),
    bizStep: text(fields['bizStep']),
    disposition: text(fields['disposition']),
    time: Number.isNaN(time) ? null : time,
    things,
    others,
    isOpen,
    closed: isOpen ? LEADING_FIELDS.filter((name) => !isOpen(name)) : NONE,
    declaredWrong: isWrong ? declaration(fields) : null,
  };
}

function declaration(fields: Readonly<Fields>): ErrorDeclaration {
  const events = fields['errorDeclaration.correctiveEventIDs'];
  return {
    reason: text(fields['errorDeclaration.reason']),
    correctiveEvents: Array.isArray(events) ? events.filter((id) => typeof id === 'string') : [],
  };
}

function text(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** Names an event among all that are traced. */
export function keyOf({ book, record }: Pick<TraceEvent, 'book' | 'record'>): string {
  return `${book} ${record}`;
}

/** True for a link that a transformation makes: by its field, since the type may be hidden. */
export function isTransformed({ field }: Pick<ThingLink, 'field'>): boolean {
  return field.startsWith('input') || field.startsWith('output');
}

export function inputsOf({ things }: TraceEvent): ThingLink[] {
  return things.filter((link) => link.role === 'in' && isTransformed(link));
}

export function outputsOf({ things }: TraceEvent): ThingLink[] {
  return things.filter((link) => link.role === 'out' && isTransformed(link));
}

export function placesOf({ others }: TraceEvent): string[] {
  return identifiers(others, 'place');
}

export function sourcesOf({ others }: TraceEvent): string[] {
  return identifiers(others, 'source');
}

export function destinationsOf({ others }: TraceEvent): string[] {
  return identifiers(others, 'destination');
}

export function processOf({ others }: TraceEvent): string | null {
  return identifiers(others, 'process')[0] ?? null;
}

function identifiers(links: readonly Link[], role: Link['role']): string[] {
  return [...new Set(links.filter((link) => link.role === role).map(({ identifier }) => identifier))];
}

const SHIPPING = new Set(['shipping', 'departing', 'consigning']);
const RECEIVING = new Set(['receiving', 'accepting', 'arriving']);

/** A thing's going from a place, its coming to one, its end, or none of these. */
export type Movement = 'SHIPPED' | 'RECEIVED' | 'ENDED' | 'NONE';

const SALES = new Set(['retail_selling', 'dispensing', 'consuming']);
const ENDS = new Set(['destroyed', 'retail_sold', 'dispensed', 'disposed']);

export function movementOf(event: TraceEvent): Movement {
  const { bizStep, disposition, action, things } = event;
  const isObject = !things.some(({ role }) => role === 'parent' || role === 'child');
  if (isObject && action === 'DELETE') return 'ENDED';
  if ((bizStep && SALES.has(bizStep)) || (disposition && ENDS.has(disposition))) return 'ENDED';
  if (bizStep && SHIPPING.has(bizStep)) return 'SHIPPED';
  return bizStep && RECEIVING.has(bizStep) ? 'RECEIVED' : 'NONE';
}
