import { openingDue, settle, truncate } from './final.ts';
import type { Rules } from './rules.ts';
import { tick } from './timers.ts';
import type { Frame, Head, HeadAt, Mandate, Message, NodeId, Output, Proposal, Term } from './words.ts';
import { otherOf } from './words.ts';

/** What a member keeps on disk: whatever it told anybody can be derived from it. */
export interface MemberRecord {
  readonly self: NodeId;
  readonly mandate: Mandate;
  readonly term: Term;
  /** The final part of the log. */
  readonly final: Head;
  /** What follows it: proposed here or received, final as soon as it is certified. */
  readonly tail: readonly Frame[];
  /** Where the log of the own term begins: the end of the opening entry, which holds the term itself. Null before. */
  readonly opening: Head | null;
  /** Restored from an older copy: what it once stored and told others of may be gone. */
  readonly recovering: boolean;
  /** Why it approves nothing until the owner decides; null in peace. */
  readonly frozen: string | null;
}

/** What a member knows beside that, and forgets when it stops. */
export interface MemberState extends MemberRecord {
  readonly startedAt: number;
  /** Current reads are allowed until then. */
  readonly leaseUntil: number;
  /** Leases for renewals that were sent up to then do not count. */
  readonly leaseAfter: number;
  /** When something of the current term was last heard from the holder. */
  readonly heardAt: number;
  /** What the holder knows of the other member in this term. */
  readonly other: { readonly at: Head | null; readonly sent: Head | null; readonly heardAt: number };
  /** What the registrar has countersigned in this term. */
  readonly witnessed: Head | null;
  /** Where the registrar's register stands. */
  readonly register: Head | null;
  readonly renewedAt: number;
  readonly beatAt: number;
  readonly asked: { readonly kind: Proposal['kind']; readonly at: number } | null;
  /** When a requester last said that the holder does not answer it. */
  readonly noticeAt: number | null;
  /** Since when it gives the right away. */
  readonly handing: { readonly since: number; readonly sentAt: number | null } | null;
}

/** `mine` answers for lengths that the event names, before the event. */
export type MemberEvent =
  | { readonly type: 'tick' }
  /** New entries at the end of the log, sealed in this term. The first of a term is its opening entry. */
  | { readonly type: 'write'; readonly from: Head; readonly to: Head }
  | { readonly type: 'message'; readonly from: NodeId; readonly message: Message; readonly mine: HeadAt }
  /** An operator, or the policy of the mandate, gives the right to the other member. */
  | { readonly type: 'hand-over' };

export interface Step {
  readonly state: MemberState;
  readonly out: readonly Output[];
}

export const NEVER = Number.NEGATIVE_INFINITY;

/** What is found on a disk that was restored from an older copy. */
export function restored(record: MemberRecord, rules: Rules): MemberRecord {
  return { ...record, recovering: rules('recovering') };
}

/** A member at its first start, and at every later one. */
export function startMember(record: MemberRecord, now: number): MemberState {
  return {
    ...record,
    startedAt: now,
    leaseUntil: NEVER,
    leaseAfter: NEVER,
    ...forTerm(now),
    register: null,
    renewedAt: NEVER,
    noticeAt: null,
  };
}

/** What begins anew with every term. */
function forTerm(now: number) {
  return {
    heardAt: now,
    other: { at: null, sent: null, heardAt: now },
    witnessed: null,
    beatAt: NEVER,
    asked: null,
    handing: null,
  };
}

export function endOf({ tail, final }: MemberRecord): Head {
  return tail[tail.length - 1]?.to ?? final;
}

export function isHolder({ self, term, recovering, frozen }: MemberRecord): boolean {
  return term.holder === self && !recovering && frozen === null;
}

/** Whether entries may be written now. */
export function mayWrite(state: MemberState): boolean {
  return isHolder(state) && state.handing === null && !openingDue(state);
}

/** Whether what is final here is all that is final: only then is it shown as current. */
export function mayRead(state: MemberState, now: number, rules: Rules): boolean {
  const { final, opening, leaseUntil } = state;
  if (!isHolder(state)) return false;
  if (rules('fence-reads') && now >= leaseUntil) return false;
  return !rules('certified-reads') || (opening !== null && final.len >= opening.len);
}

/** One event of a member of a book's authority. The state is stored before anything in `out` leaves. */
export function stepMember(state: MemberState, event: MemberEvent, now: number, rules: Rules): Step {
  switch (event.type) {
    case 'tick':
      return tick(state, now, rules);
    case 'write':
      return written(state, event, rules);
    case 'hand-over':
      return isHolder(state) && state.handing === null && state.term.insync.length === 2
        ? tick({ ...state, handing: { since: now, sentAt: null } }, now, rules)
        : { state, out: [] };
    case 'message':
      return HANDLERS[event.message.type](
        state,
        { from: event.from, message: event.message as never, mine: mineOf(state, event.mine) },
        now,
        rules,
      );
  }
}

/** The log as the state knows it, and below that as the driver read it. */
function mineOf({ final, tail }: MemberRecord, mine: HeadAt): HeadAt {
  return (len) => {
    if (len < final.len) return mine(len);
    if (len === final.len) return final.head;
    return tail.find(({ to }) => to.len === len)?.to.head ?? null;
  };
}

interface Received<M extends Message['type']> {
  from: NodeId;
  message: Extract<Message, { type: M }>;
  mine: HeadAt;
}

/** Every message that a member can get. What is for the registrar does nothing here. */
const HANDLERS: {
  readonly [M in Message['type']]: (
    state: MemberState,
    received: Received<M>,
    now: number,
    rules: Rules,
  ) => Step;
} = {
  append: appended,
  receipt: receipted,
  missing,
  term: (state, { message }, now, rules) => ({ state: learn(state, message, now, rules), out: [] }),
  standing: stood,
  lease: leased,
  countersigned,
  unable: (state, { message }, now) => ({
    state: message.n >= state.term.n ? { ...state, noticeAt: now } : state,
    out: [],
  }),
  renew: unchanged,
  ask: unchanged,
  countersign: unchanged,
  propose: unchanged,
};

function unchanged(state: MemberState): Step {
  return { state, out: [] };
}

/** Takes up a higher term. The tail stays: what in it is not in the new holder's log will be contradicted. */
export function learn(
  state: MemberState,
  { term, mandate }: { term: Term; mandate: Mandate },
  now: number,
  rules: Rules,
): MemberState {
  if (term.n <= state.term.n) return state;
  const inherits = term.holder === state.self && state.term.holder !== state.self;
  const next: MemberState = {
    ...state,
    ...forTerm(now),
    mandate: mandate.m > state.mandate.m ? mandate : state.mandate,
    term,
    opening: null,
    leaseUntil: NEVER,
    noticeAt: null,
  };
  return inherits && !rules('keep-inherited') ? truncate(next, next.final) : next;
}

function written(state: MemberState, { from, to }: { from: Head; to: Head }, rules: Rules): Step {
  const end = endOf(state);
  const isOpening = openingDue(state);
  if (!(isOpening || mayWrite(state)) || from.len !== end.len || from.head !== end.head) {
    return { state, out: [] };
  }
  const frame: Frame = { to, n: state.term.n };
  const next = {
    ...state,
    tail: [...state.tail, frame],
    opening: isOpening ? to : state.opening,
  };
  const settled = settle(next, rules);
  const { other } = settled;
  const streaming = other.sent?.len === end.len && other.sent.head === end.head;
  const sent = streaming ? sendFrom(settled, end) : { state: settled, out: [] };
  const witness = countersign(sent.state);
  return { state: witness.state, out: [...sent.out, ...witness.out] };
}

/** Sends the other member the log from `from` on. */
export function sendFrom(state: MemberState, from: Head): Step {
  const to = otherOf(state.mandate, state.self);
  if (to === null) return { state, out: [] };
  const append = { term: state.term, mandate: state.mandate, from, final: state.final };
  return {
    state: { ...state, other: { ...state.other, sent: endOf(state) } },
    out: [{ to, append }],
  };
}

/** Has the registrar countersign: all that is proposed where the holder is alone, else what is final. */
export function countersign(state: MemberState): Step {
  const { register, term, self } = state;
  const to = term.insync.length === 1 ? endOf(state) : state.final;
  if (!isHolder(state) || register === null || to.len <= register.len) return { state, out: [] };
  const message = { type: 'countersign', n: term.n, from: register, to } as const;
  return { state, out: term.holder === self ? [{ to: term.registrar, message }] : [] };
}

/** The holder's log, from the other side. */
function appended(
  state: MemberState,
  { from, message, mine }: Received<'append'>,
  now: number,
  rules: Rules,
): Step {
  if (message.term.n < state.term.n && rules('follow-higher')) {
    const { term, mandate } = state;
    return { state, out: [{ to: from, message: { type: 'term', term, mandate } }] };
  }
  const current = { ...learn(state, message, now, rules), heardAt: now };
  if (rules('follow-higher') && from !== current.term.holder) return { state, out: [] };
  const { prev, frames } = message;
  const known = mine(prev.len);
  if (known !== prev.head) {
    // Another head at the same final place is no gap that could be filled.
    if (prev.len <= current.final.len && known !== null && rules('final-stays'))
      return contradicted(current, prev);
    const answer = { type: 'missing', n: current.term.n, end: endOf(current), final: current.final } as const;
    return { state: current, out: [{ to: from, message: answer }] };
  }
  const followed = follow(current, prev, frames, mine, rules);
  if (followed.frozen !== null) return { state: followed, out: [] };
  const matched = frames[frames.length - 1]?.to ?? prev;
  const at = rules('matched-only') ? matched : endOf(followed);
  return {
    state: finalise(followed, message.final, matched),
    out: [{ to: from, message: { type: 'receipt', n: message.term.n, at } }],
  };
}

/** Puts the holder's frames behind `prev`. What contradicts them goes, with all behind it. */
function follow(
  state: MemberState,
  prev: Head,
  frames: readonly Frame[],
  mine: HeadAt,
  rules: Rules,
): MemberState {
  let next = state;
  let before = prev;
  let diverged = false;
  for (const frame of frames) {
    const known = diverged ? null : mine(frame.to.len);
    if (known === frame.to.head) {
      before = frame.to;
      continue;
    }
    if (before.len < next.final.len && rules('final-stays')) return contradicted(next, frame.to).state;
    if (!diverged) next = truncate(next, before);
    diverged = true;
    next = { ...next, tail: [...next.tail, frame] };
    before = frame.to;
  }
  return next;
}

function contradicted(state: MemberState, { len }: Head): Step {
  return { state: { ...state, frozen: `the holder contradicts final entry ${len}` }, out: [] };
}

/**
 * What the holder calls final is, as far as it is here: up to `matched` this log is the holder's, so that what lies before
 * the holder's final place is final, even if that place itself is not here yet.
 */
function finalise(state: MemberState, final: Head, matched: Head): MemberState {
  const upTo = Math.min(final.len, matched.len);
  const reached = state.tail.findLastIndex(({ to }) => to.len <= upTo);
  const last = state.tail[reached];
  if (last === undefined || (last.to.len === final.len && last.to.head !== final.head)) return state;
  return { ...state, final: last.to, tail: state.tail.slice(reached + 1) };
}

function receipted(
  state: MemberState,
  { from, message, mine }: Received<'receipt'>,
  now: number,
  rules: Rules,
): Step {
  const isCurrent = message.n === state.term.n || !rules('current-receipts');
  if (!isHolder(state) || !isCurrent || from !== otherOf(state.mandate, state.self))
    return { state, out: [] };
  const { at } = message;
  if (mine(at.len) !== at.head) return { state, out: [] };
  const before = state.other.at;
  const further = before === null || at.len > before.len ? at : before;
  // Only what was not sent yet, or was cut off by the driver, is sent on.
  const next = settle({ ...state, other: { ...state.other, at: further, heardAt: now } }, rules);
  const end = endOf(next);
  const upToDate = at.len >= end.len;
  if (upToDate) return tellFinal({ ...next, other: { ...next.other, sent: end } }, state.final);
  const { sent } = next.other;
  return sent === null || at.len < sent.len || before === null
    ? sendFrom(next, further)
    : { state: next, out: [] };
}

/** The other member learns what became final with the next append, or at once when there is none under way. */
function tellFinal(state: MemberState, before: Head): Step {
  return state.final.len > before.len ? sendFrom(state, endOf(state)) : { state, out: [] };
}

/** The other member lacks what was sent before: goes back to where both agree. */
function missing(state: MemberState, { from, message, mine }: Received<'missing'>, now: number): Step {
  if (!isHolder(state) || message.n !== state.term.n || from !== otherOf(state.mandate, state.self)) {
    return { state, out: [] };
  }
  const heard = { ...state, other: { ...state.other, heardAt: now } };
  const { end, final } = message;
  if (mine(end.len) === end.head) return sendFrom(heard, end);
  if (mine(final.len) === final.head) return sendFrom(heard, final);
  // It has more that is final than this holder has at all: this is an older copy of what approved it.
  if (final.len > endOf(state).len) return { state: { ...heard, recovering: true }, out: [] };
  return {
    state: { ...heard, frozen: `the other member's final entry ${final.len} is another one` },
    out: [],
  };
}

function leased(
  state: MemberState,
  { message: { n, at } }: Received<'lease'>,
  now: number,
  rules: Rules,
): Step {
  const counts = n === state.term.n && at > state.leaseAfter;
  if (!isHolder(state) || !counts) return { state, out: [] };
  const from = rules('lease-from-sending') ? at : now;
  return {
    state: { ...state, leaseUntil: Math.max(state.leaseUntil, from + state.mandate.leaseMs) },
    out: [],
  };
}

function countersigned(
  state: MemberState,
  { message: { n, at }, mine }: Received<'countersigned'>,
  _now: number,
  rules: Rules,
): Step {
  if (!isHolder(state) || mine(at.len) !== at.head) return { state, out: [] };
  const register = state.register && state.register.len > at.len ? state.register : at;
  if (n !== state.term.n && rules('current-receipts')) return { state: { ...state, register }, out: [] };
  const witnessed = state.witnessed && state.witnessed.len > at.len ? state.witnessed : at;
  const next = settle({ ...state, register, witnessed }, rules);
  const told = tellFinal(next, state.final);
  const more = countersign(told.state);
  return { state: more.state, out: [...told.out, ...more.out] };
}

/** How the register stands: the term, and a head that every holder must have. */
function stood(state: MemberState, { message, mine }: Received<'standing'>, now: number, rules: Rules): Step {
  const { term, head, askedAt } = message;
  let next = learn(state, message, now, rules);
  const isFresh = askedAt !== null && askedAt >= state.startedAt;
  if (term.n !== next.term.n) return { state: next, out: [] };
  if (next.recovering && isFresh && !term.insync.includes(next.self)) next = { ...next, recovering: false };
  if (mine(head.len) === head.head) {
    next = { ...next, register: head };
    if (next.recovering && isFresh) return resume(next, head, now);
    const more = countersign(next);
    return term.holder === next.self ? more : { state: next, out: [] };
  }
  const isBehind = head.len > endOf(next).len;
  if (term.holder !== next.self) return { state: next, out: [] };
  return { state: isBehind ? { ...next, recovering: true } : frozenBy(next, head), out: [] };
}

function frozenBy(state: MemberState, { len }: Head): MemberState {
  return { ...state, frozen: `the registrar countersigned another entry ${len}` };
}

/** The only copy, older than what it once was or not: it goes on in a new term if nothing that the registrar knows is missing. */
function resume(state: MemberState, has: Head, now: number): Step {
  const { term, self } = state;
  if (term.holder !== self || term.insync.length > 1) return { state, out: [] };
  const message = { type: 'propose', n: term.n, proposal: { kind: 'resume', has } } as const;
  return { state: { ...state, asked: { kind: 'resume', at: now } }, out: [{ to: term.registrar, message }] };
}
