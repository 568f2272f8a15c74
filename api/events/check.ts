import { parseDocument, readDocumentText } from './epcis.ts';
import { eventHash } from './hash.ts';
import type { Problem } from './problem.ts';

/** Faults told of one file; a file that is wrong throughout need not fill the screen. */
const MAX_FAULTS_TOLD = 20;

interface CheckResult {
  ok: boolean;
  events: number;
  /** `FILE: ok, 12 events`, or the file's faults, each with its place. */
  line: string;
  problems: readonly Problem[];
}

/** `lotbook check`: whether an EPCIS document would be taken, in one line. */
export function checkText(fileName: string, text: string): CheckResult {
  const result = parseDocument(text);
  if (result.ok) {
    const { length } = result.events;
    const line = `${fileName}: ok, ${length} ${length === 1 ? 'event' : 'events'}`;
    return { ok: true, events: length, line, problems: [] };
  }
  const { problems } = result;
  const told = problems.slice(0, MAX_FAULTS_TOLD).map(problemText);
  if (problems.length > told.length) told.push(`and ${problems.length - told.length} more`);
  return { ok: false, events: 0, line: `${fileName}: ${told.join('; ')}`, problems };
}

/** `event 1, field epcisBody.eventList[1].action: give action`. */
function problemText(problem: Problem): string {
  const place = [
    problem.event === null ? '' : `event ${problem.event}`,
    problem.field === '' ? '' : `field ${problem.field}`,
  ].filter((part) => part !== '');
  return [place.join(', '), problem.message].filter((part) => part !== '').join(': ');
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
    super(problems.map(problemText).join('\n'));
    this.problems = problems;
  }
}
