import { canonicalIdentifier } from '../events/identifiers.ts';
import type { JsonValue } from '../events/value.ts';
import { LotbookError } from '../errors.ts';
import { hasRole, type Caller } from '../sharing/caller.ts';
import { askAsOwner, stillWaits, whenDecided } from './ask-as-owner.ts';
import { ownedBook, readCurrent } from './here.ts';
import { checkHolder, bookOpenTo, knownBook, renewHere, termHere, type LockToken } from './lock-leases.ts';
import type { Outbox } from './outbox.ts';
import { idsToRead } from './prepare.ts';
import { decideOrQueue } from './request-updates.ts';
import { isReason } from './shape.ts';
import type { Door } from './signed-update.ts';
import type { RequestView, UpdateInput } from './update.ts';

const MOST_RECORDS = 100;
/** A lock that is granted later than this is granted to nobody, ms. Clocks of two nodes may differ by minutes. */
const GIVEN_UP_MS = 300_000;

export interface LocksWanted {
  book: string;
  records: readonly string[];
  leaseSeconds?: number | null | undefined;
  /** The name of the caller, for people. */
  name: string | null;
}

/**
 * Takes the locks of records, all of them or none. Nobody else can change these records then, until the locks end. Throws
 * LOCKED, NOT_PERMITTED, NOT_FOUND, UNABLE where the node with the right to approve is not reached in time.
 */
export async function lockRecords(
  door: Door,
  outbox: Outbox,
  caller: Caller,
  { book, records, leaseSeconds, name }: LocksWanted,
): Promise<LockToken[]> {
  const ids = records.map(canonicalIdentifier);
  checkList(ids);
  const fields = {
    do: 'TAKE',
    holder: caller.clientId,
    ...(name && { name }),
    ...(leaseSeconds && { leaseSeconds }),
    notAfter: new Date(door.clock() + GIVEN_UP_MS).toISOString(),
  };
  const { outcome } = await ask(door, outbox, caller, book, changesOf(ids.map((record) => [record, fields])));
  return ids.map((record, index) => ({ record, token: outcome[index]?.seq ?? 0 }));
}

/** Gives locks back without a save. Throws LOCK_LOST, UNABLE. */
export async function unlockRecords(
  door: Door,
  outbox: Outbox,
  caller: Caller,
  { book, locks: given }: { book: string; locks: readonly LockToken[] },
): Promise<RequestView> {
  const locks = given.map(({ record, token }) => ({ record: canonicalIdentifier(record), token }));
  checkList(locks.map(({ record }) => record));
  await checkHolder(door, caller, book, locks);
  const changes = changesOf(locks.map(({ record, token }) => [record, { do: 'RELEASE', token }]));
  return ask(door, outbox, caller, book, changes);
}

/** Ends somebody's lock: its late save will be refused. Throws NOT_PERMITTED, CONFLICT where nobody holds the record, UNABLE. */
export async function breakLock(
  door: Door,
  outbox: Outbox,
  caller: Caller,
  { book: id, record, reason }: { book: string; record: string; reason: string },
): Promise<RequestView> {
  const book = await ownedBook(door, id, 'book');
  if (!hasRole(caller, 'ADMINISTRATOR', id))
    throw new LotbookError('NOT_PERMITTED', 'Administrators break locks.');
  if (!isReason(reason))
    throw new LotbookError('BAD_INPUT', 'Say why in plain words: the reason stays.', { place: 'reason' });
  const changes = changesOf([[canonicalIdentifier(record), { do: 'BREAK', reason }]]);
  return approved(await askAsOwner(door, outbox, caller, book, { book: id, key: door.uuid(), changes }));
}

/** Lets leases begin anew, here or at the node with the right to approve. Throws LOCK_LOST, UNREACHABLE, NOT_AUTHORITY. */
export async function renewLocks(
  door: Door,
  caller: Caller,
  { book: id, locks: given }: { book: string; locks: readonly LockToken[] },
  send: (to: string, book: string, locks: readonly LockToken[]) => Promise<Date>,
): Promise<Date> {
  const locks = given.map(({ record, token }) => ({ record: canonicalIdentifier(record), token }));
  checkList(locks.map(({ record }) => record));
  const book = await (caller.own ? knownBook(door, id) : bookOpenTo(door, caller, id));
  if (!caller.own || termHere(door, book) !== null) return renewHere(door, caller, book, locks);
  await checkHolder(door, caller, id, locks);
  return send(book.authority, id, locks);
}

type Wanted = Record<string, JsonValue>;

function changesOf(wanted: readonly (readonly [string, Wanted])[]): UpdateInput['changes'] {
  return wanted.map(([record, fields]) => ({ record, kind: 'LOCK', base: null, fields }));
}

async function ask(
  door: Door,
  outbox: Outbox,
  caller: Caller,
  id: string,
  changes: UpdateInput['changes'],
): Promise<RequestView> {
  const book = await knownBook(door, id);
  const update = { book: id, key: door.uuid(), changes };
  const current = () => readCurrent(door.pool, id, idsToRead(update));
  const view = await decideOrQueue(door, outbox, caller, { book, update, place: 'input' }, current);
  if (view.state !== 'QUEUED' || view.id === null) return approved(view);
  const decided = await whenDecided(door, view.id);
  if (!decided) throw stillWaits(book);
  return approved(decided);
}

function approved(view: RequestView): RequestView {
  const { error } = view;
  if (error) throw new LotbookError(error.code, error.message, error);
  return view;
}

function checkList(records: readonly string[]): void {
  if (records.length < 1 || records.length > MOST_RECORDS)
    throw new LotbookError('BAD_INPUT', `Name 1 to ${MOST_RECORDS} records.`, { place: 'records' });
  if (new Set(records).size < records.length)
    throw new LotbookError('BAD_INPUT', 'Name a record once.', { place: 'records' });
}
