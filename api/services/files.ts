import { selectEvents } from '../delivery/select-events.ts';
import type { Exports } from '../exports/exports.ts';
import type { Services } from '../graphql/context.ts';

/** What is taken away in files, and which events. */
export function filesOf(
  exports: Exports,
  rooms: Parameters<typeof selectEvents>[0],
): Pick<Services, 'exports' | 'selectEvents'> {
  return { exports, selectEvents: (query) => selectEvents(rooms, query) };
}
