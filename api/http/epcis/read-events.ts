import { parseDocument } from '../../events/epcis.ts';
import type { Fields } from '../../events/fields.ts';
import { readJson } from '../../events/json.ts';
import type { Problem } from '../../events/problem.ts';
import { eventRecord } from '../../events/record.ts';
import { isObject } from '../../events/value.ts';
import { writeJson } from '../../events/write-json.ts';

/** An event of a document that can be recorded. */
export interface ReadEvent {
  /** 0-based index in the document's event list. */
  index: number;
  id: string;
  fields: Fields;
}

export interface ReadEvents {
  events: ReadEvent[];
  problems: Problem[];
}

/**
 * The events of an EPCIS document, or of one bare event. Where anything is wrong: none, and all that is wrong; with
 * `proceed` the faultless events too, as long as nothing is wrong outside of the events.
 */
export function readEvents(text: string, { proceed }: { proceed: boolean }): ReadEvents {
  const parsed = parseDocument(text);
  if (parsed.ok) return { events: recordsOf(parsed, (at) => at), problems: [] };
  const isOfEvents = parsed.problems.every(({ event }) => event !== null);
  if (!proceed || !isOfEvents) return { events: [], problems: parsed.problems };
  return withoutFaulty(text, parsed.problems);
}

/** Leaves out events with faults until none is left: a document does not tell all of its faults at once. */
function withoutFaulty(text: string, problems: Problem[]): ReadEvents {
  const { value } = readJson(text);
  const list = eventListOf(value);
  if (!list) return { events: [], problems };
  let kept = list.events.map((_event, index) => index);
  const all: Problem[] = [];
  for (let found = problems; found.length > 0;) {
    const faulty = new Set(found.map(({ event }) => kept[event ?? -1]));
    all.push(...found.map((problem) => inDocument(problem, kept)));
    kept = kept.filter((index) => !faulty.has(index));
    if (kept.length === 0) break;
    const rest = kept.map((index) => list.events[index]);
    const parsed = parseDocument(writeJson(list.replaced(rest)));
    if (parsed.ok) return { events: recordsOf(parsed, (at) => kept[at] as number), problems: all };
    found = parsed.problems.filter(({ event }) => event !== null);
    if (found.length < parsed.problems.length) return { events: [], problems: [...all, ...parsed.problems] };
  }
  return { events: [], problems: all };
}

function recordsOf(
  parsed: Extract<ReturnType<typeof parseDocument>, { ok: true }>,
  indexOf: (at: number) => number,
) {
  return parsed.events.map((event, at): ReadEvent => {
    const { id, fields } = eventRecord(event, parsed.ignored);
    return { index: indexOf(at), id, fields };
  });
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
