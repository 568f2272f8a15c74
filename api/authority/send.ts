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
  const { register, term, self } = state;
  const to = term.insync.length === 1 ? endOf(state) : state.final;
  if (!isHolder(state) || register === null || to.len <= register.len) return { state, out: [] };
  const message = { type: 'countersign', n: term.n, from: register, to } as const;
  return { state, out: term.holder === self ? [{ to: term.registrar, message }] : [] };
}

/** The other member learns what became final with the next append, or at once when there is none under way. */
export function tellFinal(state: MemberState, before: Head): Step {
  return state.final.len > before.len ? sendFrom(state, endOf(state)) : { state, out: [] };
}
