import { z } from 'zod';
import { LotbookError } from '../errors.ts';
import { lockIdOf, lockOf } from '../ledger/entry-lock.ts';
import { erasureOf } from '../ledger/erasure.ts';
import { attributesOf } from '../sharing/subject.ts';
import { idOf } from './shape.ts';
import type {
  KnownRecords,
  LockAct,
  PreparedChange,
  RecordChange,
  RequestError,
  SeenLock,
} from './update.ts';

const text = z.string().min(1).max(500);
/** What a change of kind LOCK asks for, as its fields. */
const wanted = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('TAKE'),
    /** Client id of whoever edits, and its name for others. */
    holder: text,
    name: text.optional(),
    /** s; absent: as long as the authority lets hold. */
    leaseSeconds: z.number().int().min(1).max(31_536_000).optional(),
    /** RFC 3339: who asked has given up by then. */
    notAfter: z.iso.datetime(),
  }),
  z.strictObject({ do: z.literal('RELEASE'), token: z.number().int().min(1) }),
  z.strictObject({ do: z.literal('BREAK'), reason: text }),
]);

/** Works out what a change of kind LOCK does with the lock of the record that it names. Throws BAD_INPUT. */
export function prepareLock(
  change: RecordChange,
  known: KnownRecords,
  place: string,
): Omit<PreparedChange, 'index'> {
  const record = idOf(change) ?? '';
  const locked = known.get(record) ?? null;
  const act = actOf(change, record, locked?.version ?? 0, place);
  const lock = seenLock(record, known) ?? { id: lockIdOf(record), version: 0, now: null };
  return {
    record: lock.id,
    kind: 'LOCK',
    base: null,
    seenVersion: lock.version,
    names: [],
    // Who may change the record may lock it.
    before: locked ? attributesOf(locked.kind, record, locked.state) : null,
    after: null,
    state: null,
    same: false,
    links: [],
    lock,
    act,
    refusal: act.do === 'TAKE' ? refusalToTake(locked) : null,
  };
}

/** The lock of a record, as far as it is known; null where there never was one. */
export function seenLock(record: string, known: KnownRecords): SeenLock | null {
  const id = lockIdOf(record);
  const current = known.get(id);
  return current ? { id, version: current.version, now: lockOf(current.state) } : null;
}

function actOf(
  { fields, expired }: RecordChange,
  record: string,
  seenVersion: number,
  place: string,
): LockAct {
  const of = { record, seenVersion };
  if (expired !== undefined) return { ...of, do: 'EXPIRE', token: expired };
  const { data } = wanted.safeParse(fields);
  if (!data) throw new LotbookError('BAD_INPUT', 'This is not what can be done with a lock.', { place });
  if (data.do !== 'TAKE') return { ...of, ...data };
  const { holder, name = null, leaseSeconds: leaseS = null, notAfter } = data;
  return { ...of, do: 'TAKE', holder, name, leaseS, notAfter: Date.parse(notAfter) };
}

function refusalToTake(locked: { kind: string; state: RecordChange['fields'] } | null): RequestError | null {
  if (!locked) return { code: 'NOT_FOUND', message: 'There is no such record.' };
  if (locked.kind === 'GRANT' || locked.kind === 'LOCK')
    return { code: 'BAD_INPUT', message: 'Sharing rules and locks cannot be locked.' };
  return erasureOf(locked.state) ? { code: 'CONFLICT', message: 'The record was erased.' } : null;
}
