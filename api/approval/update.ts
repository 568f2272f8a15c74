import type { Fields } from '../events/fields.ts';
import type { Link } from '../events/links.ts';
import type { JsonValue } from '../events/value.ts';
import type { ErrorCode } from '../errors.ts';
import type { Signer } from '../identity/signer.ts';
import type { EntryLock } from '../ledger/entry-lock.ts';
import type { LogKind, RecordKind } from '../ledger/change.ts';
import { audienceOf, type Caller, hasRole } from '../sharing/caller.ts';
import type { Audience } from '../sharing/grant.ts';
import type { SubjectAttributes } from '../sharing/subject.ts';
import type { RequestState } from '../store/requests.ts';

/** One update as it is asked for: all of its changes, or none. */
export interface UpdateInput {
  book: string;
  /** Idempotency key, 1 to 256 characters; unique for requester and book, for ever. */
  key: string;
  changes: RecordChange[];
  reason?: string | null | undefined;
}

/** Either `fields` (only what changes; null unsets) or `content` (the whole record). */
export interface RecordChange {
  /** May be left out for a new event or note. */
  record?: string | null | undefined;
  kind: RecordKind;
  /**
   * The version that it is based on; 0 for a new record. Null where it need not be known: an event is then new, or known
   * with the same content, or the error declaration of a known one; of another record the given fields are set.
   */
  base: number | null;
  fields?: Readonly<Record<string, JsonValue>> | null | undefined;
  content?: unknown;
  /** Instead of a content: why the record is erased. */
  erase?: string | undefined;
  /** The fencing token of the lock under which the record was edited; with the save the lock ends. */
  lock?: number | null | undefined;
  /** Of kind LOCK, and of this node alone: the token of the lock of the record that has expired. */
  expired?: number | undefined;
  /** The content, already validated (captured documents). */
  valid?: { id: string; fields: Fields } | undefined;
}

/** What became of an update request. */
export interface RequestView {
  /** Null where the input was refused before it became a request. */
  id: string | null;
  book: string;
  key: string;
  state: RequestState;
  requester: string;
  createdAt: Date | null;
  decidedAt: Date | null;
  decidedBy: string | null;
  reason: string | null;
  error: RequestError | null;
  /** What it waits for, while it is not decided and that is known. */
  waitsFor: string | null;
  /** With PROVISIONAL: the signed word of the member that checked it. */
  provisional: string | null;
  outcome: RecordVersion[];
  /** What was asked for, as long as it is not approved. */
  changes: unknown;
}

export interface RequestError {
  code: ErrorCode;
  message: string;
  place?: string | undefined;
  retryAfterMs?: number | undefined;
  currentVersion?: number | undefined;
}

export interface RecordVersion {
  record: string;
  version: number;
  seq: number;
}

/** Who asks, as the decision needs it. */
export interface Requester {
  /** Client id; for a delivered request the requesting organisation. */
  id: string;
  audience: Audience;
  /** Administrators of the owner are bound by no grant. */
  administrator: boolean;
}

export function requesterOf(caller: Caller, book: string): Requester {
  return {
    id: caller.clientId,
    audience: audienceOf(caller, book),
    administrator: hasRole(caller, 'ADMINISTRATOR', book),
  };
}

/**
 * An entry that this node itself puts into the log of a book and that changes no record. It stands there under a name and a
 * version like every entry.
 */
export interface LogStatement {
  kind: LogKind;
  record: string;
  /** Null: its place in the log. */
  version: number | null;
  /** Seals it for its place, with no other key than the one given; `mandate` is the hash of the mandate, where there is one. */
  sign(place: LogPlace): Promise<string>;
}

export interface LogPlace {
  seq: number;
  term: number;
  mandate: string | null;
  atMs: number;
  signer: Signer;
}

/** An update with everything worked out that needs no lock. */
export interface PreparedUpdate {
  id: string;
  requester: Requester;
  input: UpdateInput;
  contentHash: string;
  changes: PreparedChange[];
  createdAt: Date;
  /** The requester's signed request, where it came from another node. */
  token: string | null;
  /** Set when a person approves what waited. */
  approval: { by: string; reason: string | null } | null;
  /** Set when a person rejects what waited, in a book where others stand by that too. */
  rejection?: { by: string; reason: string } | null | undefined;
  /** Set where no request is decided: an own entry of the log, or null for none but what is due before any other. */
  statement?: LogStatement | null | undefined;
}

export interface PreparedChange {
  /** Its place among the changes that were asked for. */
  index: number;
  record: string;
  kind: RecordKind;
  base: number | null;
  /** The version that was there when this was prepared; 0 if none, or if nobody looked; -1: it must be looked up. */
  seenVersion: number;
  /** Names of the fields that the requester wants to set or unset. */
  names: readonly string[];
  before: SubjectAttributes | null;
  after: SubjectAttributes | null;
  /** The full state after the change; null when it is refused. */
  state: Fields | null;
  /** True when the record already has this state. */
  same: boolean;
  links: readonly Link[];
  /** Whether it erases the record: the state says why, and nothing else. */
  erases?: boolean;
  /** Whether the record is erased already: nothing is kept of what it was to become. */
  ofErased?: boolean;
  /** The lock of the record as it was seen; null or absent where there never was one. */
  lock?: SeenLock | null;
  /** The fencing token that came with the change. */
  token?: number | null;
  /** Of kind LOCK: what is to become of the lock. */
  act?: LockAct;
  /** Why it cannot be done, if it is permitted at all. */
  refusal: RequestError | null;
}

/** An entry lock as it was when a change was prepared. */
export interface SeenLock {
  id: string;
  version: number;
  now: EntryLock | null;
}

/** What is to become of a lock. Its record is that of the lock; `record` and `seenVersion` are of the one that it locks. */
export type LockAct = { record: string; seenVersion: number } & (
  | { do: 'TAKE'; holder: string; name: string | null; leaseS: number | null; notAfter: number }
  | { do: 'RELEASE' | 'EXPIRE'; token: number }
  | { do: 'BREAK'; reason: string }
);

/** The current state of a record, as it was when the change was prepared. */
export interface CurrentRecord {
  kind: RecordKind;
  version: number;
  state: Fields;
  /** The state of its first version. */
  first: Fields;
}

/** Records as they are now; null for those that were looked up and are not there. */
export type KnownRecords = ReadonlyMap<string, CurrentRecord | null>;
