import type { ParsedDocument } from './epcis.ts';
import type { Fields } from './fields.ts';
import { eventRecord, type RecordType } from './record.ts';

/** A record that a document asks to be kept. */
export interface DocumentRecord {
  kind: RecordType;
  /** canonical */
  id: string;
  fields: Fields;
}

/** The records of a document that was read: its events, and what its header says of products, lots, places and parties. */
export function documentRecords({
  events,
  masterData,
  ignored,
}: Pick<ParsedDocument, 'events' | 'masterData' | 'ignored'>): {
  events: DocumentRecord[];
  masterData: DocumentRecord[];
} {
  return {
    events: events.map((event) => {
      const { type, id, fields } = eventRecord(event, ignored);
      return { kind: type, id, fields };
    }),
    masterData: masterData.map(({ type, id, fields }) => ({ kind: type, id, fields })),
  };
}
