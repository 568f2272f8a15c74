import { sha256 } from '../identity/sha256.ts';
import type { JsonValue } from '../identity/strict-json.ts';

/** Entry locks are records of their book, one for each record that was ever locked. */
export const LOCK_PREFIX = 'urn:lotbook:lock:';

export const LOCK_STATES = ['HELD', 'SAVED', 'RELEASED', 'EXPIRED', 'BROKEN'] as const;
/** HELD; or how it ended: by a save, by its holder, by its lease, by an administrator. */
export type LockState = (typeof LOCK_STATES)[number];

/** The record by which a person holds another one from opening it to saving or cancelling. */
export interface EntryLock {
  state: LockState;
  /** The record that it locks, and the kind of that. */
  record: string;
  of: string;
  /** The organisation of its holder. */
  organisation: string;
  /** Client id and name of the holder; null where they are not shown. */
  holder: string | null;
  name: string | null;
  /** The fencing token: the place in the log of the entry by which it was taken. */
  token: number;
  /** ms since 1970: when it was taken. */
  since: number;
  /** ms since 1970: until when it is held, if it is not renewed. */
  until: number;
  /** For how long it is held from each renewal on, s. */
  leaseS: number;
  /** Why it was broken, and by whom (client id). */
  reason: string | null;
  brokenBy: string | null;
}

/** What sharing rules look at, as it was in the locked record when the lock was taken. */
export interface LockedSubject {
  products: readonly string[];
  lots: readonly string[];
  /** Event time, ms. */
  time: number | null;
}

type State = Record<string, JsonValue>;

/** Of the holder: the organisation is part of the name, so that the name alone says to whom it may be shown. */
const HOLDER = 'holder:';
const NAME = 'name:';
const SUBJECT = 'subject';
/** The field that a sharing rule names to show who in an organisation holds a lock. */
export const HOLDER_FIELD = 'lock.holder';

/** The id of the lock of a record. */
export function lockIdOf(record: string): string {
  return LOCK_PREFIX + sha256(record);
}

export function isLockId(record: string): boolean {
  return record.startsWith(LOCK_PREFIX);
}

/** A lock as the state of its record. */
export function lockState(lock: EntryLock, subject: LockedSubject): State {
  const { state, record, of, organisation, holder, name, token, leaseS, reason, brokenBy } = lock;
  const fields: State = {
    state,
    record,
    of,
    organisation,
    token,
    since: new Date(lock.since).toISOString(),
    until: new Date(lock.until).toISOString(),
    leaseSeconds: leaseS,
    [SUBJECT]: { products: [...subject.products], lots: [...subject.lots], time: subject.time },
  };
  if (holder !== null) fields[HOLDER + organisation] = holder;
  if (name !== null) fields[NAME + organisation] = name;
  if (reason !== null) fields['reason'] = reason;
  if (brokenBy !== null) fields['brokenBy'] = brokenBy;
  return fields;
}

/** The lock that the state of a record tells, also where only a part of it is shown; null for what is none. */
export function lockOf(state: Readonly<State> | null | undefined): EntryLock | null {
  const { state: name, record, of, organisation, token, since, until, leaseSeconds } = state ?? {};
  const known = LOCK_STATES.find((each) => each === name);
  if (!state || !known || typeof record !== 'string' || typeof organisation !== 'string') return null;
  return {
    state: known,
    record,
    of: String(of ?? ''),
    organisation,
    holder: text(state[HOLDER + organisation]),
    name: text(state[NAME + organisation]),
    token: Number(token ?? 0),
    since: Date.parse(String(since)),
    until: Date.parse(String(until)),
    leaseS: Number(leaseSeconds ?? 0),
    reason: text(state['reason']),
    brokenBy: text(state['brokenBy']),
  };
}

/** Empty where it is not shown. */
export function lockedSubject(state: Readonly<State>): LockedSubject {
  const subject = state[SUBJECT];
  if (typeof subject !== 'object' || subject === null || Array.isArray(subject))
    return { products: [], lots: [], time: null };
  const { products, lots, time } = subject;
  return { products: texts(products), lots: texts(lots), time: typeof time === 'number' ? time : null };
}

/** Shown to whoever may see something of the locked record. */
const OPEN: ReadonlySet<string> = new Set([
  'state',
  'record',
  'of',
  'organisation',
  'token',
  'since',
  'until',
  'leaseSeconds',
]);

/** Whether a rule with these fields shows an organisation this field of a lock, of a record that the rule covers. */
export function showsOfLock(fields: readonly string[], name: string, organisation: string): boolean {
  if (fields.includes('*') || OPEN.has(name)) return true;
  if (name === HOLDER + organisation || name === NAME + organisation) return true;
  return fields.includes(HOLDER_FIELD) && (name.startsWith(HOLDER) || name.startsWith(NAME));
}

function text(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function texts(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
