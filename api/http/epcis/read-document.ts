import { documentRecords, type DocumentRecord } from '../../events/document-records.ts';
import { parseDocument, type ParsedDocument } from '../../events/epcis.ts';
import { readJson } from '../../events/json.ts';
import type { Problem } from '../../events/problem.ts';
import { isObject } from '../../events/value.ts';
import { writeJson } from '../../events/write-json.ts';

/** An event of a document that can be recorded. */
export interface ReadEvent extends DocumentRecord {
  /** 0-based index in the document's event list. */
  index: number;
}

export interface ReadDocument {
  events: ReadEvent[];
  /** What its header says of products, lots, places and parties. */
  masterData: DocumentRecord[];
  problems: Problem[];
}

/**
 * The events and master data of an EPCIS document, or one bare event. Where anything is wrong: none, and all that is
 * wrong; with `proceed` what is faultless too, as long as nothing is wrong outside of the events.
 */
export function readDocument(text: string, { proceed }: { proceed: boolean }): ReadDocument {
  const parsed = parseDocument(text, { eachEvent: proceed });
  if (parsed.ok) return { ...recordsOf(parsed, (at) => at), problems: [] };
  const isOfEvents = parsed.problems.every(({ event }) => event !== null);
  if (!proceed || !isOfEvents) return nothing(parsed.problems);
  return withoutFaulty(text, parsed.problems);
}

/**
 * Leaves out events with faults until none is left. Each pass tells of every event that has a fault of its kind, in the
 * text or in what it says: there are few passes, however many events are faulty.
 */
function withoutFaulty(text: string, problems: Problem[]): ReadDocument {
  const { value } = readJson(text);
  const list = eventListOf(value);
  if (!list) return nothing(problems);
  let kept = list.events.map((_event, index) => index);
  const all: Problem[] = [];
  for (let found = problems; found.length > 0;) {
    const faulty = new Set(found.map(({ event }) => kept[event ?? -1]));
    all.push(...found.map((problem) => inDocument(problem, kept)));
    kept = kept.filter((index) => !faulty.has(index));
    const rest = kept.map((index) => list.events[index]);
    const parsed = parseDocument(writeJson(list.replaced(rest)), { eachEvent: true });
    if (parsed.ok) return { ...recordsOf(parsed, (at) => kept[at] as number), problems: all };
    if (kept.length === 0) break;
    found = parsed.problems.filter(({ event }) => event !== null);
    if (found.length < parsed.problems.length) return nothing([...all, ...parsed.problems]);
  }
  return nothing(all);
}

function nothing(problems: Problem[]): ReadDocument {
  return { events: [], masterData: [], problems };
}

function recordsOf(parsed: ParsedDocument, indexOf: (at: number) => number): Omit<ReadDocument, 'problems'> {
  const { events, masterData } = documentRecords(parsed);
  return { events: events.map((event, at) => ({ ...event, index: indexOf(at) })), masterData };
}

interface EventList {
  events: readonly unknown[];
  /** The document with other events in it. */
  replaced(events: readonly unknown[]): unknown;
}

function eventListOf(document: unknown): EventList | null {
  if (!isObject(document) || !isObject(document['epcisBody'])) return null;
  const body = document['epcisBody'];
  const events = body['eventList'];
  if (!Array.isArray(events)) return null;
  return {
    events: events as unknown[],
    replaced: (eventList) => ({ ...document, epcisBody: { ...body, eventList } }),
  };
}

/** The fault as it is in the document that was sent: events were left out before. */
function inDocument(problem: Problem, kept: readonly number[]): Problem {
  const index = kept[problem.event ?? -1] ?? null;
  return {
    ...problem,
    event: index,
    field: problem.field.replace(/eventList\[\d+\]/, `eventList[${index}]`),
  };
}
