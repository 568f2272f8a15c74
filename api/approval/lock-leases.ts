import { LotbookError } from '../errors.ts';
import type { JsonValue } from '../events/value.ts';
import { lockIdOf, lockOf, type EntryLock } from '../ledger/entry-lock.ts';
import { ownerOf } from '../identity/request-token.ts';
import type { Caller } from '../sharing/caller.ts';
import { isAddressed } from '../sharing/grant.ts';
import { bookById, type StoredBook } from '../store/books.ts';
import { audienceIn } from '../store/introductions.ts';
import { dropLease, heldLocks, putLease, type HeldLock } from '../store/lock-leases.ts';
import { isOf } from './decide-lock.ts';
import { decideHere, noBook, readCurrent } from './here.ts';
import type { Door } from './signed-update.ts';
import { requesterOf } from './update.ts';

/** The lock of a record, as its holder names it. */
export interface LockToken {
  record: string;
  token: number;
}

/** Leases are looked through so often. */
const LOOK_MS = 1_000;

/** The authority on whose word a lease counts here: the term in which this node decides, null where it does not. */
export function termHere({ authority, organisation, seatOf }: Door, book: StoredBook): number | null {
  const part = authority.standing(book.id);
  if (part === 'SOLO') return book.authority === organisation ? 1 : null;
  return part === 'HOLDER' ? (seatOf(book.id)?.term ?? null) : null;
}

/**
 * Lets the leases of locks begin anew, all of them or none. Not logged: that a lock has ended is what counts, and only the
 * log says so. Answers until when they are held. Throws LOCK_LOST; NOT_AUTHORITY where another node holds the right.
 */
export async function renewHere(
  door: Door,
  caller: Caller,
  book: StoredBook,
  locks: readonly LockToken[],
): Promise<Date> {
  const term = termHere(door, book);
  if (term === null) {
    const message = `The right to approve for this book is with ${book.authority}.`;
    throw new LotbookError('NOT_AUTHORITY', message, { place: 'book' });
  }
  const asking = caller.own
    ? requesterOf(caller, book.id)
    : { ...requesterOf(caller, book.id), id: caller.organisation };
  const held = await locksOf(door, book.id, locks);
  for (const [index, { token }] of locks.entries()) {
    const lock = held[index];
    if (lock?.state !== 'HELD' || lock.token !== token || !isOf(lock, asking)) throw lockLost(index);
  }
  const now = door.clock();
  const untils = held.flatMap((lock) => (lock ? now + lock.leaseS * 1000 : []));
  for (const [index, { record, token }] of locks.entries()) {
    const until = new Date(untils[index] as number);
    await putLease(door.pool, { book: book.id, lock: lockIdOf(record), token, term, until });
  }
  return new Date(Math.min(...untils));
}

/**
 * The node with the right to approve knows of other organisations' people only that they are that organisation's: their own node
 * sees to it that nobody of it uses somebody else's lock. Throws LOCK_LOST.
 */
export async function checkHolder(
  door: Door,
  caller: Caller,
  book: string,
  locks: readonly LockToken[],
): Promise<void> {
  if (locks.length === 0) return;
  const held = await locksOf(door, book, locks);
  for (const [index, { token }] of locks.entries()) {
    const lock = held[index];
    const isOthers = lock?.token === token && lock.holder !== null && lock.holder !== caller.clientId;
    if (isOthers) throw lockLost(index);
  }
}

/** Looks for leases that have run out, and has their ends logged. */
export interface LeaseWatch {
  start(): void;
  stop(): Promise<void>;
}

export function openLeaseWatch(door: Door, isLeading: () => boolean): LeaseWatch {
  let timer: NodeJS.Timeout | undefined;
  let isStopping = false;
  let running: Promise<void> = Promise.resolve();
  const next = (): void => {
    timer = setTimeout(() => {
      running = look(door, isLeading)
        .catch((err: unknown) => door.log.error({ err }, 'the leases of locks could not be looked through'))
        .finally(() => isStopping || next());
    }, LOOK_MS);
  };
  return {
    start: next,
    stop: async () => {
      isStopping = true;
      clearTimeout(timer);
      await running;
    },
  };
}

async function look(door: Door, isLeading: () => boolean): Promise<void> {
  for (const held of await heldLocks(door.pool, door.organisation)) {
    const book = await bookById(door.pool, held.book);
    const term = book && termHere(door, book);
    const isOurs = term !== null && (door.authority.standing(held.book) === 'HOLDER' || isLeading());
    if (isOurs) await judge(door, held, term);
  }
}

/**
 * A lease counts in the term in which it was renewed. Seen for the first time, after a take-over too, it begins anew: nobody could
 * renew it while nobody had the right.
 */
async function judge(door: Door, { book, lock: id, state, lease }: HeldLock, term: number): Promise<void> {
  const lock = lockOf(JSON.parse(state) as Record<string, JsonValue>);
  if (!lock) return;
  const now = door.clock();
  if (lease?.token !== lock.token || lease.term !== term) {
    const until = new Date(now + lock.leaseS * 1000);
    return putLease(door.pool, { book, lock: id, token: lock.token, term, until });
  }
  if (lease.until.getTime() > now) return;
  const { error } = await expire(door, book, lock, term);
  if (error) return;
  await dropLease(door.pool, book, id);
  door.log.info({ book, record: lock.record, token: lock.token }, 'a lock has expired');
}

function expire(door: Door, book: string, { record, token }: EntryLock, term: number) {
  const { organisation } = door;
  const audience = { organisation, groups: [], roles: [] };
  const changes = [{ record, kind: 'LOCK' as const, base: null, fields: {}, expired: token }];
  const key = `lock-expired ${lockIdOf(record)} ${token} ${term}`;
  return decideHere(
    door,
    { id: organisation, audience, administrator: false },
    { book, key, changes },
    'lock',
  );
}

async function locksOf(door: Door, book: string, locks: readonly LockToken[]): Promise<(EntryLock | null)[]> {
  const ids = locks.map(({ record }) => lockIdOf(record));
  const current = await readCurrent(door.pool, book, ids);
  return ids.map((id) => lockOf(current.get(id)?.state));
}

function lockLost(index: number): LotbookError {
  return new LotbookError('LOCK_LOST', 'The lock is not yours any more.', { place: `locks[${index}]` });
}

/** Throws NOT_FOUND. */
export async function knownBook(door: Door, id: string): Promise<StoredBook> {
  const book = await bookById(door.pool, id);
  if (!book) throw noBook('book');
  return book;
}

/** A book in which some rule addresses the caller; every other one is as if it were not there. Throws NOT_FOUND. */
export async function bookOpenTo(door: Door, caller: Caller, id: string): Promise<StoredBook> {
  const { grants, organisation: self, pool } = door;
  const [book, rules] = [await bookById(pool, id), await grants.of(id)];
  const audience = await audienceIn(pool, { id, owner: ownerOf(id), self }, caller);
  if (!book || !audience || !rules.some((rule) => isAddressed(rule, audience))) throw noBook('book');
  return book;
}
