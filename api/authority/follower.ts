import { finalise } from './final.ts';
import type { Rules } from './rules.ts';
import { endOf, freeze, learn, truncate, type MemberState, type Received, type Step } from './state.ts';
import type { Frame, Head, HeadAt } from './words.ts';

/** The holder's log, from the other side. */
export function appended(
  state: MemberState,
  { from, message, mine }: Received<'append'>,
  now: number,
  rules: Rules,
): Step {
  if (message.term.n < state.term.n && rules('follow-higher')) {
    const { term, mandate } = state;
    return { state, out: [{ to: from, message: { type: 'term', term, mandate } }] };
  }
  const learnt = learn(state, message, now, rules);
  if (rules('follow-higher') && from !== learnt.term.holder) return { state: learnt, out: [] };
  const current = { ...learnt, heardAt: now };
  // A restored member may have promised more than it remembers: until it has left, it confirms nothing.
  const isMute = learnt.frozen !== null || (learnt.recovering && rules('restored-mute'));
  if (isMute) return { state: current, out: [] };
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
  return {
    state: finalise(followed, message.final, matched),
    out: [{ to: from, message: { type: 'receipt', n: message.term.n, at: matched } }],
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
  return { state: freeze(state, `the holder contradicts final entry ${len}`), out: [] };
}
