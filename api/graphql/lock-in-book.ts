import type { RecordView } from '../delivery/records.ts';
import { lockOf, type EntryLock } from '../ledger/entry-lock.ts';
import type { Caller } from '../sharing/caller.ts';

/** A lock as its caller may see it. */
export interface LockInBook extends EntryLock {
  book: string;
  mine: boolean;
}

/** The lock that a record tells; null where it is none that the caller sees. */
export function lockIn(caller: Caller, record: RecordView | null): LockInBook | null {
  const found = record && lockOf(record.fields);
  return found && { ...found, book: record.book, mine: caller.own && found.holder === caller.clientId };
}
