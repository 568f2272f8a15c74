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

/** Entries by which the other member may be behind a holder that waits for it. */
const NEAR = 1_000;

/** Has the registrar countersign: all that is proposed where the holder is alone, else what is final. */
export function countersign(state: MemberState, now: number): Step {
  const { register, witnessed, term } = state;
  if (!isHolder(state) || register === null) return { state, out: [] };
  const isAlone = term.insync.length === 1;
  const end = endOf(state);
  const to = isAlone ? (returning(state, now) ?? end) : state.final;
  // Alone, it needs the answer itself: the one before may have been lost with the last stop.
  const done = isAlone ? witnessed : register;
  if (to.len < register.len || (done !== null && to.len <= done.len)) return { state, out: [] };
  const all = to.len === end.len;
  return {
    state,
    out: [{ to: term.registrar, message: { type: 'countersign', n: term.n, from: register, to, all } }],
  };
}

/**
 * How far the other member is that catches up: a holder that is alone goes no faster for a while, or the register would always be
 * ahead of it, and it could never be counted in. Null: nobody is worth waiting for.
 */
function returning(state: MemberState, now: number): Head | null {
  const { at, gainedAt } = state.other;
  const isNear = at !== null && endOf(state).len - at.len <= NEAR;
  return isNear && now - gainedAt <= state.mandate.takeoverMs ? at : null;
}

/** The other member learns what became final with the next append, or at once when there is none under way. */
export function tellFinal(state: MemberState, before: Head): Step {
  return state.final.len > before.len ? sendFrom(state, endOf(state)) : { state, out: [] };
}
