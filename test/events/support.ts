import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseDocument } from '../../api/events/epcis.ts';
import type { Problem } from '../../api/events/problem.ts';
import type { JsonObject } from '../../api/events/value.ts';

/** The real documents beside the repository; tests that need them are skipped where they are absent. */
const SHARED = fileURLToPath(new URL('../../../shared/data/epcis/', import.meta.url));

export const hasSharedData = existsSync(SHARED);
if (!hasSharedData)
  process.stdout.write('skipped: tests with real EPCIS documents, since ../shared/data is absent\n');

/** The names of the EPCIS files in a folder of the shared data. */
export function sharedFiles(folder: string): string[] {
  if (!hasSharedData) return [];
  return readdirSync(`${SHARED}${folder}`).filter((name) => /\.json(ld)?$/.test(name));
}

export function sharedText(path: string): string {
  return readFileSync(`${SHARED}${path}`, 'utf8');
}

export const CONTEXT = [
  'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
  { example: 'https://ns.example.com/epcis/' },
];

/** A good object event, with the members given changed or added; undefined takes one away. */
export function objectEvent(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'ObjectEvent',
    eventTime: '2026-07-22T06:45:00+02:00',
    eventTimeZoneOffset: '+02:00',
    action: 'OBSERVE',
    epcList: ['urn:epc:id:sgtin:4012345.011111.9876'],
    bizStep: 'shipping',
    ...changes,
  };
}

/** A good transformation of one lot into another. */
export function transformationEvent(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'TransformationEvent',
    eventTime: '2026-07-22T06:45:00.1235Z',
    eventTimeZoneOffset: '+02:00',
    inputQuantityList: [{ epcClass: 'urn:epc:class:lgtin:4012345.012345.A1', quantity: 10, uom: 'KGM' }],
    outputQuantityList: [{ epcClass: 'urn:epc:class:lgtin:4012345.099999.B1', quantity: 9.5, uom: 'KGM' }],
    ...changes,
  };
}

/** The text of a document with these events. */
export function documentOf(events: readonly unknown[], changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    '@context': CONTEXT,
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: '2026-07-22T10:30:00Z',
    epcisBody: { eventList: events },
    ...changes,
  });
}

/** The events of a document that must be good. */
export function eventsOf(text: string): JsonObject[] {
  const result = parseDocument(text);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.events;
}

/** The one event of a document with this event, which must be good. */
export function parsed(event: Record<string, unknown>): JsonObject {
  return eventsOf(documentOf([event]))[0] as JsonObject;
}

/** What is wrong with a document; an empty list for a good one. */
export function problemsOf(text: string): Problem[] {
  const result = parseDocument(text);
  return result.ok ? [] : result.problems;
}
