import type { TraceEvent } from '../recall/trace-event.ts';
import type { EventSource } from './trace-source.ts';

/** What was read once is not read again: legs of one outbreak come by the same places, and so does a trace that goes on. */
export function remembering(source: EventSource): EventSource {
  const known = new Map<string, Promise<readonly TraceEvent[]>>();
  const read = (ids: readonly string[]): void => {
    const answer = source({ links: ids }).then((events) => byThing(events));
    for (const id of ids) {
      const events = answer.then((linking) => linking.get(id) ?? []);
      known.set(id, events);
      // Who asks is told that it failed; the next one asks anew.
      events.catch(() => known.delete(id));
    }
  };
  return async (ask) => {
    if ('records' in ask) return source(ask);
    const unknown = ask.links.filter((id) => !known.has(id));
    if (unknown.length > 0) read(unknown);
    const events = await Promise.all(ask.links.map((id) => known.get(id) ?? []));
    return [...new Set(events.flat())];
  };
}

function byThing(events: readonly TraceEvent[]): Map<string, TraceEvent[]> {
  const linking = new Map<string, TraceEvent[]>();
  for (const event of events) {
    for (const id of new Set([...event.things, ...event.others].map(({ identifier }) => identifier))) {
      const list = linking.get(id);
      if (list) list.push(event);
      else linking.set(id, [event]);
    }
  }
  return linking;
}
