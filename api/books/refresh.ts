import { found } from '../delivery/reading.ts';
import type { RecordView } from '../delivery/records.ts';
import { canonicalIdentifier } from '../events/identifiers.ts';
import { lockIdOf } from '../ledger/entry-lock.ts';
import type { Caller } from '../sharing/caller.ts';
import { readCurrentEntries, type StoredChange } from '../store/entries.ts';
import { lookAgain } from '../store/look-again.ts';
import type { BooksDeps } from './deps.ts';

/** So long is waited for a local copy to have what the holder of the right has. */
const PATIENCE_MS = 5_000;

export interface InRecord {
  book: string;
  record: string;
}

export interface Refreshed {
  record: RecordView;
  /** Whether the holder has a later version, which is not here yet. */
  behind: boolean;
}

/**
 * BEGIN of an operation: a record as it is at the holder of the right. A local copy that is behind is waited for; the feed brings it.
 * Throws NOT_FOUND, and UNREACHABLE where the holder does not answer.
 */
export async function refreshRecord(deps: BooksDeps, caller: Caller, given: InRecord): Promise<Refreshed> {
  const { book, record } = given;
  const { localCopy, authority } = found(await deps.reading.book(caller, book), 'book');
  const wanted = localCopy ? await deps.versionAt(authority, book, canonicalIdentifier(record)) : null;
  const isHere = wanted === null || (await isCaughtUp(deps, given, wanted));
  const view = found(await deps.reading.record({ caller, book, id: record }), 'record');
  return { record: view, behind: !isHere };
}

/** Whether a version of a record is here, or comes within some seconds. */
export function isCaughtUp(deps: BooksDeps, { book, record }: InRecord, version: number): Promise<boolean> {
  return isThere(deps, book, canonicalIdentifier(record), (entry) => entry.version >= version);
}

/**
 * The local copy has a lock that was just granted elsewhere, and with it all that came before it in the log; false where that takes
 * long, or the lock is not shown to this node.
 */
export function hasLock(deps: BooksDeps, { book, record }: InRecord, token: number): Promise<boolean> {
  return isThere(deps, book, lockIdOf(canonicalIdentifier(record)), (entry) => entry.seq >= token);
}

async function isThere(
  { db, bell }: BooksDeps,
  book: string,
  id: string,
  isEnough: (entry: StoredChange) => boolean,
): Promise<boolean> {
  const is = await lookAgain(bell, { topic: book, patienceMs: PATIENCE_MS }, async () => {
    const entry = (await readCurrentEntries(db.pool, book, [id])).get(id)?.entry;
    return entry && isEnough(entry) ? true : null;
  });
  return is ?? false;
}
