import type { Caller } from '../sharing/caller.ts';
import { lockIdOf } from '../ledger/entry-lock.ts';
import { leaseOf } from '../store/lock-leases.ts';
import type { StoredBook } from '../store/books.ts';
import { countProvisional } from '../store/requests.ts';
import { createBook } from './books.ts';
import { askAsOwner, whenDecided } from './ask-as-owner.ts';
import { changeGrant, type GrantChange } from './change-grant.ts';
import { approveRequest, pendingOf, readRequest, rejectByPerson } from './decide-by-person.ts';
import { deliver } from './deliver.ts';
import { eraseRecords } from './erase-records.ts';
import { ownedBook } from './here.ts';
import { openLeaseWatch, type LeaseWatch, type LockToken } from './lock-leases.ts';
import { breakLock, lockRecords, renewLocks, unlockRecords, type LocksWanted } from './lock-records.ts';
import type { Outbox } from './outbox.ts';
import { requestUpdates } from './request-updates.ts';
import { openSequencer, type Sequencer } from './sequencer.ts';
import type { Door } from './signed-update.ts';
import type { RequestView, UpdateInput } from './update.ts';

export type { GrantChange } from './change-grant.ts';
export type { RecordChange, RequestView, UpdateInput } from './update.ts';

/** From a request to its decision: checks, then the sequencer, or the outbox for another node's book. */
export interface Approval {
  requestUpdates(caller: Caller, updates: readonly UpdateInput[]): Promise<RequestView[]>;
  /** `unable`: a notice that the holder of the right does not answer the caller. */
  deliver(caller: Caller, tokens: readonly string[], unable?: string | null): Promise<RequestView[]>;
  /** The same for requests in this node's own queue; in the form in which another node would answer. */
  deliverOwn(tokens: readonly string[], unable: string | null): Promise<unknown>;
  approve(caller: Caller, id: string, reason: string | null): Promise<RequestView>;
  reject(caller: Caller, id: string, reason: string): Promise<RequestView>;
  request(caller: Caller, id: string): Promise<RequestView | null>;
  pending(
    book: string,
    first: number,
    after: { createdAt: Date; id: string } | null,
  ): Promise<{ items: RequestView[]; hasNextPage: boolean }>;
  /** A request of the caller's once it is decided, which is waited for; as it was where that takes long. */
  decided(view: RequestView): Promise<RequestView>;
  /** How many requests one member alone has judged. */
  provisional(book: string): Promise<number>;
  createBook(caller: Caller, input: { name: string; title: string }): Promise<StoredBook>;
  changeGrant(caller: Caller, change: GrantChange): Promise<RequestView>;
  /**
   * What an operation of this node has judged itself, in a book of its organisation; answered once it is decided. Throws
   * NOT_FOUND, NOT_AUTHORITY, UNABLE.
   */
  askAsOwner(caller: Caller, update: UpdateInput): Promise<RequestView>;
  eraseRecords(
    caller: Caller,
    erasure: { book: string; records: readonly string[]; reason: string },
  ): Promise<RequestView>;
  lockRecords(caller: Caller, wanted: LocksWanted): Promise<LockToken[]>;
  unlockRecords(caller: Caller, given: { book: string; locks: readonly LockToken[] }): Promise<RequestView>;
  breakLock(caller: Caller, given: { book: string; record: string; reason: string }): Promise<RequestView>;
  renewLocks(caller: Caller, given: { book: string; locks: readonly LockToken[] }): Promise<Date>;
  /** Until when a lock is held by its last renewal; null where this node does not know of any. */
  renewedUntil(book: string, lock: LockToken): Promise<Date | null>;
  leases: LeaseWatch;
  sequencer: Sequencer;
}

/** What approval needs of the rest of the node, and of other nodes. */
export interface Others {
  /** Has leases renewed by the node that holds the right. */
  renew(to: string, book: string, locks: readonly LockToken[]): Promise<Date>;
  /** Whether this process looks after the node's books. */
  isLeading(): boolean;
}

export function openApproval(deps: Omit<Door, 'sequencer'>, outbox: Outbox, others: Others): Approval {
  const sequencer = openSequencer(deps);
  const here: Door = { ...deps, sequencer };
  return {
    requestUpdates: (caller, updates) => requestUpdates(here, outbox, caller, updates),
    deliver: (caller, tokens, unable) => deliver(here, caller, tokens, unable),
    deliverOwn: async (tokens, unable) => {
      const views = await deliver(here, ownNode(deps.organisation), tokens, unable);
      return JSON.parse(JSON.stringify(views)) as unknown;
    },
    approve: (caller, id, reason) => approveRequest(here, caller, id, reason),
    reject: (caller, id, reason) => rejectByPerson(here, caller, id, reason),
    request: (caller, id) => readRequest(here, caller, id),
    pending: (book, first, after) => pendingOf(here, book, first, after),
    decided: async (view) =>
      (view.state === 'QUEUED' && view.id !== null && (await whenDecided(here, view.id))) || view,
    provisional: (book) => countProvisional(deps.pool, book),
    createBook: (caller, input) => createBook(here, outbox, caller, input),
    changeGrant: (caller, change) => changeGrant(here, outbox, caller, change),
    askAsOwner: async (caller, update) =>
      askAsOwner(here, outbox, caller, await ownedBook(here, update.book, 'book'), update),
    eraseRecords: (caller, erasure) => eraseRecords(here, outbox, caller, erasure),
    lockRecords: (caller, wanted) => lockRecords(here, outbox, caller, wanted),
    unlockRecords: (caller, given) => unlockRecords(here, outbox, caller, given),
    breakLock: (caller, given) => breakLock(here, outbox, caller, given),
    renewLocks: (caller, given) => renewLocks(here, caller, given, others.renew),
    renewedUntil: (book, { record, token }) => leaseOf(deps.pool, { book, lock: lockIdOf(record), token }),
    leases: openLeaseWatch(here, others.isLeading),
    sequencer,
  };
}

/** This node as it calls itself. */
function ownNode(organisation: string): Caller {
  return { organisation, clientId: organisation, own: true, roles: [], groups: [], expiresAt: Infinity };
}
