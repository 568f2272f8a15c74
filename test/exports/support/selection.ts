import type { Fields } from '../../../api/events/fields.ts';
import type { SelectedEvent, Selection } from '../../../api/recall/selection.ts';

export const OWNER = 'grower.example';

/** An event as somebody sees it who sees all of it, or only that `open` holds. */
export function seen(fields: Fields, open?: readonly string[]): SelectedEvent {
  return {
    book: `${OWNER}/season`,
    record: String(fields['eventID'] ?? 'urn:x:event'),
    version: 1,
    organisation: OWNER,
    fields,
    isOpen: (name) => open === undefined || open.includes(name),
  };
}

/** Events that are read in parts, and the records beside them. */
export function selectionOf(
  parts: Iterable<SelectedEvent[]>,
  records: ReadonlyMap<string, Fields> = new Map(),
): Selection {
  return {
    about: [['Books', `${OWNER}/season`]],
    books: [`${OWNER}/season`],
    events: async function* () {
      yield* parts;
    },
    masterData: (ids) =>
      Promise.resolve(
        new Map(ids.flatMap((id) => (records.has(id) ? [[id, records.get(id) as Fields]] : []))),
      ),
    openEnds: () => [{ reason: 'WITHHELD', organisation: 'shop.example', things: 2 }],
  };
}
