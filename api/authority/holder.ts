import { mayWrite, openingDue, settle } from './final.ts';
import type { Rules } from './rules.ts';
import { countersign, sendFrom, tellFinal } from './send.ts';
import { endOf, freeze, isHolder, type MemberState, type Received, type Step } from './state.ts';
import { otherOf, type Frame, type Head } from './words.ts';

export function written(
  state: MemberState,
  { from, to }: { from: Head; to: Head },
  now: number,
  rules: Rules,
): Step {
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
  // What is under way is followed by the rest, as soon as its receipt is there.
  const { at, sent: underWay } = settled.other;
  const isFree = underWay === null || (at !== null && at.len >= underWay.len);
  const sent = isFree ? sendFrom(settled, end) : { state: settled, out: [] };
  const witness = countersign(sent.state, now);
  return { state: witness.state, out: [...sent.out, ...witness.out] };
}

export function receipted(
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
  const isNews = before === null || at.len > before.len;
  const gainedAt = isNews || at.len === endOf(state).len ? now : state.other.gainedAt;
  const other = { ...state.other, at: isNews ? at : before, heardAt: now, gainedAt };
  if (!isNews) return { state: { ...state, other }, out: [] };
  const next = settle({ ...state, other }, rules);
  const end = endOf(next);
  const sent =
    at.len < end.len
      ? sendFrom(next, at)
      : tellFinal({ ...next, other: { ...other, sent: end } }, state.final);
  if (next.term.insync.length === 2) return sent;
  const witness = countersign(sent.state, now);
  return { state: witness.state, out: [...sent.out, ...witness.out] };
}

/** The other member lacks what was sent before: goes back to where both agree. */
export function missing(state: MemberState, { from, message, mine }: Received<'missing'>, now: number): Step {
  if (!isHolder(state) || message.n !== state.term.n || from !== otherOf(state.mandate, state.self)) {
    return { state, out: [] };
  }
  const { end, final } = message;
  // It lacks what it once confirmed: it was restored, and what it confirmed counts no more.
  const at = state.other.at && end.len < state.other.at.len ? null : state.other.at;
  const heard = { ...state, other: { ...state.other, at, heardAt: now } };
  if (mine(end.len) === end.head) return sendFrom(heard, end);
  if (mine(final.len) === final.head) return sendFrom(heard, final);
  // It has more that is final than this holder: this is an older copy of what approved it.
  if (final.len > state.final.len) return { state: { ...heard, recovering: true }, out: [] };
  return { state: freeze(heard, `the other member's final entry ${final.len} is another one`), out: [] };
}

export function leased(
  state: MemberState,
  { message: { n, at } }: Received<'lease'>,
  now: number,
  rules: Rules,
): Step {
  if (!isHolder(state) || n !== state.term.n) return { state, out: [] };
  const from = rules('lease-from-sending') ? at : now;
  return {
    state: { ...state, leaseUntil: Math.max(state.leaseUntil, from + state.mandate.leaseMs) },
    out: [],
  };
}

export function countersigned(
  state: MemberState,
  { message: { n, at }, mine }: Received<'countersigned'>,
  now: number,
  rules: Rules,
): Step {
  if (!isHolder(state) || mine(at.len) !== at.head) return { state, out: [] };
  // In a new term the register is known by its standing alone.
  const isKnown = state.register !== null || n === state.term.n;
  const register = isKnown ? longer(state.register, at) : null;
  if (n !== state.term.n && rules('current-receipts')) return { state: { ...state, register }, out: [] };
  const witnessed = longer(state.witnessed, at);
  const next = settle({ ...state, register, witnessed }, rules);
  const told = tellFinal(next, state.final);
  const more = countersign(told.state, now);
  return { state: more.state, out: [...told.out, ...more.out] };
}

function longer(before: Head | null, at: Head): Head {
  return before !== null && before.len > at.len ? before : at;
}
