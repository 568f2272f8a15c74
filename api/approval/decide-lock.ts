import type { RecordKind } from '../ledger/change.ts';
import type { EntryLock, LockState } from '../ledger/entry-lock.ts';
import { ORDINARY_PURPOSE, type Grant } from '../sharing/grant.ts';
import { showsHolder, someoneAt } from '../sharing/holder.ts';
import type { LockAct, PreparedChange, PreparedUpdate, RequestError, Requester } from './update.ts';

/**
 * The rules of entry locks, decided under the book's lock on the lock's current version.
 *
 * Invariants: of a record at most one lock is held; while one is, nobody changes the record without its fencing token, and a token
 * counts for the requester that it was given to and until its lock ends; a save ends its lock in the entry after it; a lock
 * ends by a save, its holder, its lease or an administrator, and by nothing else.
 */
export function lockRefusal(
  update: PreparedUpdate,
  change: PreparedChange,
  grants: readonly Grant[],
  now: number,
): RequestError | null {
  const { requester } = update;
  const place = `changes[${change.index}]`;
  const lock = change.lock?.now ?? null;
  const held = lock?.state === 'HELD' ? lock : null;
  if (change.act) {
    const refusal = refusalOfAct(change, change.act, requester, { grants, now });
    return refusal && { ...refusal, place };
  }
  // What the law wants gone is no editor's to keep.
  if (change.erases || change.same) return null;
  const token = change.token ?? null;
  if (token === null) return held && { ...lockedBy(held, change, requester, { grants, now }), place };
  if (isHeldUnder(held, token, requester)) return null;
  // What a person lets pass is safe by its base, as long as nobody else holds the record.
  if (update.approval && !held) return null;
  return { ...lost(lock, token, requester, change), place };
}

/** Whether the change is a save that ends its lock. */
export function endsLock({ requester }: PreparedUpdate, { act, token, lock }: PreparedChange): boolean {
  const held = lock?.now?.state === 'HELD' ? lock.now : null;
  return !act && typeof token === 'number' && isHeldUnder(held, token, requester);
}

/** The lock as it is after what was decided, at a place of the log. `longestS`: what the authority lets hold, s. */
export function lockAfter(
  before: EntryLock | null,
  act: LockAct | 'SAVE',
  given: { requester: Requester; of: string; seq: number; now: number; longestS: number },
): EntryLock {
  if (act !== 'SAVE' && act.do === 'TAKE') {
    const { record, holder, name } = act;
    const { of, seq: token, now: since } = given;
    const { organisation } = given.requester.audience;
    const leaseS = Math.min(act.leaseS ?? given.longestS, given.longestS);
    const until = since + leaseS * 1000;
    const none = { reason: null, brokenBy: null };
    return { state: 'HELD', record, of, organisation, holder, name, token, since, until, leaseS, ...none };
  }
  if (!before) throw new Error('only a lock that is held ends');
  if (act === 'SAVE') return { ...before, state: 'SAVED' };
  const broken = act.do === 'BREAK' && { reason: act.reason, brokenBy: given.requester.id };
  return { ...before, state: STATE_AFTER[act.do], ...broken };
}

const STATE_AFTER = {
  RELEASE: 'RELEASED',
  EXPIRE: 'EXPIRED',
  BREAK: 'BROKEN',
} as const satisfies Record<string, LockState>;

function refusalOfAct(
  change: PreparedChange,
  act: LockAct,
  requester: Requester,
  rules: Rules,
): RequestError | null {
  const lock = change.lock?.now ?? null;
  const held = lock?.state === 'HELD' ? lock : null;
  switch (act.do) {
    case 'TAKE':
      if (!mayHold(act.holder, requester))
        return { code: 'NOT_PERMITTED', message: 'A lock is taken in your own name.' };
      if (rules.now > act.notAfter) return { code: 'UNABLE', message: 'The lock was not to be had in time.' };
      // Whoever holds it may take it anew, after a crash of the browser for one: the old token is then worth nothing.
      if (!held || (isOf(held, requester) && held.holder === act.holder)) return null;
      return lockedBy(held, change, requester, rules);
    case 'RELEASE':
      return isHeldUnder(held, act.token, requester) ? null : lost(lock, act.token, requester, change);
    case 'BREAK':
      if (!requester.administrator)
        return { code: 'NOT_PERMITTED', message: "Only the owner's administrators break locks." };
      return held ? null : { code: 'CONFLICT', message: 'Nobody holds this record.' };
    case 'EXPIRE':
      return held?.token === act.token && held.until <= rules.now
        ? null
        : { code: 'CONFLICT', message: 'This lock has not expired.' };
  }
}

function isHeldUnder(held: EntryLock | null, token: number, requester: Requester): boolean {
  return held !== null && held.token === token && isOf(held, requester);
}

/** People and programs of the owner are known one by one; of another organisation its node answers for who of it that is. */
export function isOf({ holder, organisation }: EntryLock, requester: Requester): boolean {
  return requester.id === holder || (requester.id === organisation && !isOwners(requester));
}

function mayHold(holder: string, requester: Requester): boolean {
  const { id } = requester;
  return holder === id || (!isOwners(requester) && holder.startsWith(`${id}/`));
}

function isOwners({ administrator, audience }: Requester): boolean {
  return administrator || audience.roles.length > 0;
}

interface Rules {
  grants: readonly Grant[];
  /** ms */
  now: number;
}

function lockedBy(held: EntryLock, change: PreparedChange, requester: Requester, rules: Rules): RequestError {
  const { since, until } = held;
  const who = shownHolder(held, change, requester, rules);
  const message =
    `${who} holds this record since ${new Date(since).toISOString()}, ` +
    `until ${new Date(until).toISOString()} if it is not renewed.`;
  return { code: 'LOCKED', message, ...versionOf(change) };
}

/** The holder's name where it may be told; else that it is a user of an organisation. */
function shownHolder(
  { record: id, of, organisation, holder, name }: EntryLock,
  { before }: PreparedChange,
  requester: Requester,
  { grants, now }: Rules,
): string {
  const none = { products: [], lots: [], time: null };
  const locked = { ...none, ...before, id, kind: of as RecordKind };
  const { audience } = requester;
  const question = { audience, purpose: ORDINARY_PURPOSE, now };
  const isTold = isOwners(requester) || showsHolder(grants, locked, organisation, question);
  return (isTold && (name ?? holder)) || someoneAt(organisation);
}

/** Only whose lock it was is told what became of it. */
function lost(
  lock: EntryLock | null,
  token: number,
  requester: Requester,
  change: PreparedChange,
): RequestError {
  const how = lock && lock.token === token && isOf(lock, requester) ? HOW_IT_ENDED[lock.state] : '';
  return {
    code: 'LOCK_LOST',
    message: `The lock is not yours any more${how}: nothing was changed.`,
    ...versionOf(change),
  };
}

/** Of the record, for whoever compares a draft with it. */
function versionOf({ seenVersion, act }: PreparedChange): { currentVersion?: number } {
  return act ? {} : { currentVersion: seenVersion };
}

const HOW_IT_ENDED: Record<LockState, string> = {
  HELD: '',
  SAVED: ', since it ended with a save',
  RELEASED: ', since it was given back',
  EXPIRED: ', since its lease ran out',
  BROKEN: ', since an administrator broke it',
};
