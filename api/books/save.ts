import type { RequestView } from '../approval/update.ts';
import { found } from '../delivery/reading.ts';
import type { RecordView } from '../delivery/records.ts';
import { LotbookError, type ErrorCode } from '../errors.ts';
import { differencesOf, mergeOf, type FieldDifference } from '../events/difference.ts';
import type { JsonValue } from '../events/value.ts';
import { parseDisclosure } from '../ledger/disclosure.ts';
import type { Caller } from '../sharing/caller.ts';
import type { BooksDeps } from './deps.ts';
import { isCaughtUp, type InRecord } from './refresh.ts';

export interface Save extends InRecord {
  /** Idempotency key; absent: one is made. */
  key?: string | null | undefined;
  /** The version that was edited. */
  base: number;
  /** Only what changes; null unsets. */
  fields: Readonly<Record<string, JsonValue>>;
  lock?: number | null | undefined;
  /** The version that others have made meanwhile, and whose differences the person has seen: the change is to be put onto it. */
  merge?: number | null | undefined;
  reason?: string | null | undefined;
}

/** What my change and those of others since its base have to do with each other. */
export interface Difference {
  base: number;
  current: number;
  fields: FieldDifference[];
  /** Whether it can be merged: nobody else changed a field that I changed, to another value. */
  merges: boolean;
}

export interface Saved {
  /** Null where nothing was asked for, since it could not be merged. */
  request: RequestView | null;
  record: RecordView;
  /** Where the record has moved since the base. */
  difference: Difference | null;
  error: LotbookError | null;
}

/** With these the record is not as it was when it was opened. */
const MOVED: ReadonlySet<ErrorCode> = new Set(['STALE_BASE', 'LOCKED', 'LOCK_LOST']);

/**
 * END of an operation: a person saves what was edited on a version of a record. What has been changed by others since is told field by
 * field, as far as the caller may see it, and nothing is lost: what was to be saved stays in the request as a draft. It is put onto
 * the version of others (`merge`) only where the person says so, and only where they changed other fields.
 * Throws NOT_FOUND, NOT_PERMITTED, BAD_INPUT.
 */
export async function saveRecord(deps: BooksDeps, caller: Caller, save: Save): Promise<Saved> {
  const { book, merge = null } = save;
  const record = found(await deps.reading.record({ caller, book, id: save.record }), 'record');
  if (merge === null) return send(deps, caller, save, record);
  const difference = await differenceFrom(deps, caller, save, record);
  const refusal = refusalToMerge(difference, merge);
  if (refusal) return { request: null, record, difference, error: refusal };
  const fields = mergeOf(difference.fields) ?? {};
  return send(deps, caller, { ...save, base: merge, fields }, record);
}

async function send(deps: BooksDeps, caller: Caller, save: Save, before: RecordView): Promise<Saved> {
  const { book, base, fields, lock, reason } = save;
  const key = save.key ?? deps.randomId();
  const change = { record: before.id, kind: before.kind, base, fields, lock };
  const [asked] = await deps.approval.requestUpdates(caller, [{ book, key, reason, changes: [change] }]);
  const request = found(asked ? await deps.approval.decided(asked) : null, 'request');
  const { error } = request;
  const version = error?.currentVersion ?? request.outcome[0]?.version;
  // What became of it is to be seen here too, also where another node decided it.
  if (version !== undefined) await isCaughtUp(deps, save, version);
  const record = found(await deps.reading.record({ caller, book, id: before.id }), 'record');
  const isMoved = error !== null && MOVED.has(error.code) && record.version !== base;
  return {
    request,
    record,
    difference: isMoved ? await differenceFrom(deps, caller, save, record) : null,
    error: error && new LotbookError(error.code, error.message, error),
  };
}

async function differenceFrom(
  { reading }: BooksDeps,
  caller: Caller,
  { book, base, fields }: Save,
  record: RecordView,
): Promise<Difference> {
  const was = await reading.version({ caller, book, id: record.id, version: base });
  const { localCopy } = found(await reading.book(caller, book), 'book');
  const isSeen = seenOf([was, record], !localCopy);
  const differences = differencesOf(was?.fields ?? {}, fields, record.fields, isSeen);
  return { base, current: record.version, fields: differences, merges: mergeOf(differences) !== null };
}

/**
 * Whoever sees all of a record sees what is not set; of others, and of a local copy, the disclosures say which names are open: also of
 * what is not set.
 */
function seenOf(views: readonly (RecordView | null)[], isWhole: boolean): (field: string) => boolean {
  const known = views.flatMap((view) => view ?? []);
  if (isWhole && known.every(({ permitted }) => permitted.size === 0)) return () => true;
  const names = new Set(
    known.flatMap(({ disclosures }) => disclosures.flatMap((each) => parseDisclosure(each)?.name ?? [])),
  );
  return (field) => names.has(field);
}

function refusalToMerge({ current, fields, merges }: Difference, merge: number): LotbookError | null {
  if (merge !== current) {
    const message = `The record has version ${current} now, not ${merge}.`;
    return new LotbookError('STALE_BASE', message, { place: 'input.merge', currentVersion: current });
  }
  if (merges) return null;
  const count = fields.filter(({ standing }) => standing === 'CONFLICT' || standing === 'UNSEEN').length;
  const message = `Others changed ${count === 1 ? 'a field' : `${count} fields`} that you changed, or you may not see whether they did: decide field by field, and save on version ${current}.`;
  return new LotbookError('CONFLICT', message, { place: 'input.merge', currentVersion: current });
}
