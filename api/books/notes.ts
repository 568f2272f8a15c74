import { found } from '../delivery/reading.ts';
import type { RecordView } from '../delivery/records.ts';
import type { RequestView } from '../approval/update.ts';
import { LotbookError } from '../errors.ts';
import type { Caller } from '../sharing/caller.ts';
import type { BooksDeps } from './deps.ts';
import { isCaughtUp, type InRecord } from './refresh.ts';

export interface NewNote extends InRecord {
  text: string;
  /** The name of the author, for people. */
  author: string | null;
}

const MOST_NOTES = 100;

/**
 * A note on a record, signed like every record, and seen by whoever may see something of that one. Null for the note while it waits for
 * a decision. Throws NOT_FOUND, NOT_PERMITTED, BAD_INPUT.
 */
export async function addNote(
  deps: BooksDeps,
  caller: Caller,
  { book, record, text, author }: NewNote,
): Promise<{ note: RecordView | null; request: RequestView }> {
  const { id: on } = found(await deps.reading.record({ caller, book, id: record }), 'record');
  const { organisation } = caller;
  const time = new Date(deps.clock()).toISOString();
  const fields = { about: [on], on, text, organisation, time, author: author ?? caller.clientId };
  const id = `urn:uuid:${deps.randomId()}`;
  const change = { record: id, kind: 'NOTE' as const, base: 0, fields };
  const [asked] = await deps.approval.requestUpdates(caller, [{ book, key: id, changes: [change] }]);
  const request = found(asked ? await deps.approval.decided(asked) : null, 'request');
  const { error, outcome } = request;
  if (error) throw new LotbookError(error.code, error.message, error);
  if (outcome.length > 0) await isCaughtUp(deps, { book, record: id }, 1);
  return { note: await deps.reading.record({ caller, book, id }), request };
}

/** The notes on a record that the caller may see, the first one first; at most 100. */
export async function notesOn(
  { reading }: BooksDeps,
  caller: Caller,
  { book, record }: InRecord,
): Promise<RecordView[]> {
  const page = await reading.search({
    caller,
    book,
    search: { kinds: ['NOTE'], matches: ({ fields }) => fields['on'] === record },
    order: 'FIRST',
    descending: false,
    first: MOST_NOTES,
  });
  return page.items.map(({ node }) => node);
}
