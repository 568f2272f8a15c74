import { parseDocument, readDocumentText } from './epcis.ts';
import { eventHash } from './hash.ts';
import type { Problem } from './problem.ts';

interface CheckResult {
  ok: boolean;
  events: number;
  /** one line for a good file, one for each fault of a bad one */
  lines: string[];
}

/** `lotbook check`: whether an EPCIS document would be taken. */
export function checkText(fileName: string, text: string): CheckResult {
  const result = parseDocument(text);
  if (!result.ok)
    return { ok: false, events: 0, lines: result.problems.map((one) => problemLine(fileName, one)) };
  const { length } = result.events;
  return {
    ok: true,
    events: length,
    lines: [`${fileName}: ok, ${length} ${length === 1 ? 'event' : 'events'}`],
  };
}

/** `FILE: event 1, field epcisBody.eventList[1].action: give action`. */
function problemLine(fileName: string, problem: Problem): string {
  const place = [
    problem.event === null ? '' : `event ${problem.event}`,
    problem.field === '' ? '' : `field ${problem.field}`,
  ].filter((part) => part !== '');
  return [fileName, place.join(', '), problem.message].filter((part) => part !== '').join(': ');
}

/**
 * `lotbook hash`: the event hash ids of the events of a document, in their order. Faults of the document around the events
 * do not touch the hashes and are let pass.
 * @throws DocumentError where an event is faulty, or none can be read
 */
export function hashText(text: string): string[] {
  const { parsed, problems } = readDocumentText(text);
  const { events, ignored } = parsed;
  const faulty = problems.some(({ event, code }) => event !== null || code === 'BAD_CONTEXT');
  if (faulty || (problems.length > 0 && events.length === 0)) throw new DocumentError(problems);
  return events.map((event) => eventHash(event, ignored));
}

/** A document was refused; the problems tell where and why. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map((problem) => problemLine('', problem).replace(/^: /, '')).join('\n'));
    this.problems = problems;
  }
}
