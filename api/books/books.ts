import type { LockToken } from '../approval/lock-leases.ts';
import type { LocksWanted } from '../approval/lock-records.ts';
import type { RequestView } from '../approval/update.ts';
import type { RecordView } from '../delivery/records.ts';
import type { Caller } from '../sharing/caller.ts';
import { attend, type Attendance, type AttendDeps, type Attending } from './attend.ts';
import type { BooksDeps } from './deps.ts';
import { addNote, notesOn, type NewNote } from './notes.ts';
import { isPrintOf, printRecords, type Print } from './print.ts';
import { hasLock, refreshRecord, type InRecord, type Refreshed } from './refresh.ts';
import { saveRecord, type Save, type Saved } from './save.ts';

/** The shared book: refresh, do, update (schema/PROTOCOL.md). */
export interface Books {
  refresh(caller: Caller, given: InRecord): Promise<Refreshed>;
  /** As in approval/, and the local copy has what was locked. */
  lock(caller: Caller, wanted: LocksWanted): Promise<LockToken[]>;
  save(caller: Caller, save: Save): Promise<Saved>;
  note(caller: Caller, given: NewNote): Promise<{ note: RecordView | null; request: RequestView }>;
  notes(caller: Caller, given: InRecord): Promise<RecordView[]>;
  print(caller: Caller, given: { book: string; records: readonly string[] | null }): Promise<Print>;
  isPrint(
    caller: Caller,
    given: { book: string; versions: readonly { record: string; version: number }[]; code: string },
  ): Promise<boolean>;
  /** `name`: of a person. Throws NOT_FOUND, NOT_PERMITTED, BAD_INPUT. */
  attend(caller: Caller, name: string | null, attendance: Attendance): Promise<Attending>;
}

export function openBooks(deps: BooksDeps & AttendDeps): Books {
  return {
    refresh: (caller, given) => refreshRecord(deps, caller, given),
    lock: async (caller, wanted) => {
      const locks = await deps.approval.lockRecords(caller, wanted);
      const { book } = wanted;
      await Promise.all(locks.map(({ record, token }) => hasLock(deps, { book, record }, token)));
      return locks;
    },
    save: (caller, save) => saveRecord(deps, caller, save),
    note: (caller, given) => addNote(deps, caller, given),
    notes: (caller, given) => notesOn(deps, caller, given),
    print: (caller, given) => printRecords(deps, caller, given),
    isPrint: (caller, given) => isPrintOf(deps, caller, given),
    attend: (caller, name, attendance) => attend(deps, caller, name, attendance),
  };
}
