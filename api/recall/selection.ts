import type { Fields } from '../events/fields.ts';

/** An event that somebody asked for in a file, as far as that reader may see it. */
export interface SelectedEvent {
  book: string;
  record: string;
  version: number;
  /** Who says so: the organisation whose node approves the book. */
  organisation: string;
  /** The fields that are set and shown. */
  fields: Fields;
  /** May the reader see this field of the event, whether it is set or not? Else its absence says nothing. */
  isOpen: (name: string) => boolean;
}

/** What is known of products, lots, places and parties, by their canonical ids; nothing for those that no record describes. */
export type MasterData = (ids: readonly string[]) => Promise<ReadonlyMap<string, Fields>>;

/** Where a trace ends and why, in sums. */
export interface OpenEnd {
  reason: string;
  organisation: string | null;
  things: number;
}

/** The events of a file, a part at a time, and what is known beside them. */
export interface Selection {
  /** What was asked for, in words. */
  about: readonly (readonly [string, string])[];
  /** Books that are read: what is erased in one of them takes the file with it. */
  books: readonly string[];
  events: () => AsyncGenerator<SelectedEvent[], void>;
  masterData: MasterData;
  /** Known once all events are read; none where nothing was traced. */
  openEnds: () => readonly OpenEnd[];
}
