import type { TraceEvent } from '../recall/trace-event.ts';
import type { EventSource } from './trace-source.ts';

/** What was read once is not read again: legs of one outbreak come by the same places, and so does a trace that goes on. */
export function remembering(source: EventSource): EventSource {
  const known = new Map<string, TraceEvent[]>();
  return async (ask) => {
    if ('records' in ask) return source(ask);
    const unknown = ask.links.filter((id) => !known.has(id));
    for (const id of unknown) known.set(id, []);
    if (unknown.length > 0) {
      for (const event of await source({ links: unknown })) {
        const ids = new Set([...event.things, ...event.others].map(({ identifier }) => identifier));
        for (const id of unknown) if (ids.has(id)) known.get(id)?.push(event);
      }
    }
    return [...new Set(ask.links.flatMap((id) => known.get(id) ?? []))];
  };
}
