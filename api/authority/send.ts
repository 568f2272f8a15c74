import { endOf, isHolder, type MemberState, type Step } from './state.ts';
import { otherOf, type Head } from './words.ts';

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
  const { register, witnessed, term } = state;
  if (!isHolder(state) || register === null) return { state, out: [] };
  const isAlone = term.insync.length === 1;
  const to = isAlone ? endOf(state) : state.final;
  // Alone, it needs the answer itself: the one before may have been lost with the last stop.
  const done = isAlone ? witnessed : register;
  if (to.len < register.len || (done !== null && to.len <= done.len)) return { state, out: [] };
  return {
    state,
    out: [{ to: term.registrar, message: { type: 'countersign', n: term.n, from: register, to, all: true } }],
  };
}

/** The other member learns what became final with the next append, or at once when there is none under way. */
export function tellFinal(state: MemberState, before: Head): Step {
  return state.final.len > before.len ? sendFrom(state, endOf(state)) : { state, out: [] };
}
