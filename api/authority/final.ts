import type { Rules } from './rules.ts';
import { isHolder, type MemberState } from './state.ts';
import type { Head } from './words.ts';

/**
 * Whether the opening entry of the own term is to be written now: once the registrar has said in this term what it has
 * countersigned, and that is here. The right may have come by a question that was asked before this member was restored.
 */
export function openingDue(state: MemberState): boolean {
  return isHolder(state) && state.opening === null && state.register !== null;
}

/** Whether entries may be written now. */
export function mayWrite(state: MemberState): boolean {
  return isHolder(state) && state.handing === null && state.opening !== null;
}

/** Whether what is final here is all that is final: only then is it shown as current. */
export function mayRead(state: MemberState, now: number, rules: Rules): boolean {
  const { final, opening, leaseUntil } = state;
  if (!isHolder(state)) return false;
  if (rules('fence-reads') && now >= leaseUntil) return false;
  return !rules('certified-reads') || (opening !== null && final.len >= opening.len);
}

/**
 * Makes final what is certified: stored by every in-sync member in this term, or, where the holder is alone, countersigned
 * by the registrar.
 */
export function settle(state: MemberState, rules: Rules): MemberState {
  const { term, tail, final, other, witnessed } = state;
  const end = tail[tail.length - 1]?.to ?? final;
  const isAlone = term.insync.length === 1;
  const rule = isAlone ? 'witness-when-alone' : 'receipt-first';
  const certified = rules(rule) ? (isAlone ? witnessed : other.at) : end;
  if (certified === null || certified.len <= final.len) return state;
  const reached = tail.findIndex(({ to }) => to.len === certified.len && to.head === certified.head);
  return reached < 0 ? state : { ...state, final: certified, tail: tail.slice(reached + 1) };
}

/**
 * What the holder calls final is, as far as it is here: up to `matched` this log is the holder's, so that what lies before
 * the holder's final place is final, even if that place itself is not here yet.
 */
export function finalise(state: MemberState, final: Head, matched: Head): MemberState {
  const upTo = Math.min(final.len, matched.len);
  const reached = state.tail.findLastIndex(({ to }) => to.len <= upTo);
  const last = state.tail[reached];
  if (last === undefined || (last.to.len === final.len && last.to.head !== final.head)) return state;
  return { ...state, final: last.to, tail: state.tail.slice(reached + 1) };
}
