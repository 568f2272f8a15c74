import type { TraceEvent } from '../recall/trace-event.ts';
import { once, type EventSource } from './trace-source.ts';

interface Ahead {
  links: readonly string[];
  answer: Promise<TraceEvent[]>;
}

/** Lets the database answer what a walk will ask next while the walk goes over what it was answered. One question ahead. */
export function readingAhead(source: EventSource): EventSource {
  let next: Ahead | null = null;
  return async (ask) => {
    if (!('links' in ask)) return source(ask);
    const before = next;
    next = null;
    const events = await answerOf(source, ask.links, before);
    const { ahead = [] } = ask;
    next = ahead.length > 0 ? { links: ahead, answer: source({ links: ahead }) } : null;
    // Whether it fails is looked at when it is asked for, if it ever is.
    next?.answer.catch(() => undefined);
    return events;
  };
}

/** From what was read ahead, where all of it is asked for now, and of the rest anew. */
async function answerOf(
  source: EventSource,
  links: readonly string[],
  ahead: Ahead | null,
): Promise<TraceEvent[]> {
  const asked = new Set(links);
  if (!ahead?.links.every((link) => asked.has(link))) return source({ links });
  for (const link of ahead.links) asked.delete(link);
  const rest = [...asked];
  if (rest.length === 0) return ahead.answer;
  return once([...(await ahead.answer), ...(await source({ links: rest }))]);
}
