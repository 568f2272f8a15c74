import type { MemberState } from './member.ts';
import type { Rules } from './rules.ts';
import type { Head } from './words.ts';

/** Whether the opening entry of the own term is still to be written. */
export function openingDue({ self, term, opening, recovering, frozen }: MemberState): boolean {
  return term.holder === self && opening === null && !recovering && frozen === null;
}

/**
 * Makes final what is certified: stored by every in-sync member in this term, or, where the holder is alone, countersigned
 * by the registrar. Never a part of what was inherited without the opening entry of the own term.
 */
export function settle(state: MemberState, rules: Rules): MemberState {
  const { opening, term, tail, final, other, witnessed } = state;
  const end = tail[tail.length - 1]?.to ?? final;
  const isAlone = term.insync.length === 1;
  const rule = isAlone ? 'witness-when-alone' : 'receipt-first';
  const certified = rules(rule) ? (isAlone ? witnessed : other.at) : end;
  if (certified === null || certified.len <= final.len) return state;
  if (rules('own-term-first') && (opening === null || certified.len < opening.len)) return state;
  const reached = tail.findIndex(({ to }) => to.len === certified.len && to.head === certified.head);
  return reached < 0 ? state : { ...state, final: certified, tail: tail.slice(reached + 1) };
}

/** Gives up what lies behind `end`. That it is never before the final part is the rule `final-stays`. */
export function truncate(state: MemberState, end: Head): MemberState {
  const final = end.len < state.final.len ? end : state.final;
  return { ...state, final, tail: state.tail.filter(({ to }) => to.len <= end.len) };
}
