import type { Rules } from './rules.ts';
import { countersign } from './send.ts';
import { freeze, learn, type MemberState, type Received, type Step } from './state.ts';
import type { Head } from './words.ts';

/** How the register stands: the term, and a head that every holder must have. */
export function stood(
  state: MemberState,
  { message, mine }: Received<'standing'>,
  now: number,
  rules: Rules,
): Step {
  const { term, head, askedAt } = message;
  let next = learn(state, message, now, rules);
  const isFresh = askedAt !== null && askedAt >= state.startedAt;
  if (term.n !== next.term.n) return { state: next, out: [] };
  if (next.recovering && isFresh && !term.insync.includes(next.self)) next = { ...next, recovering: false };
  if (mine(head.len) === head.head || !rules('registrar-head')) {
    next = { ...next, register: head };
    if (next.recovering && isFresh) return resume(next, head, now);
    const more = countersign(next, now);
    return term.holder === next.self ? more : { state: next, out: [] };
  }
  if (term.holder !== next.self) return { state: next, out: [] };
  // What is not final here may be what a later holder gave up, in an older copy of the disk.
  const isBehind = head.len > next.final.len;
  return { state: isBehind ? { ...next, recovering: true } : frozenBy(next, head), out: [] };
}

function frozenBy(state: MemberState, { len }: Head): MemberState {
  return freeze(state, `the registrar countersigned another entry ${len}`);
}

/** The only copy, older than what it once was or not: it goes on in a new term if nothing that the registrar knows is missing. */
function resume(state: MemberState, has: Head, now: number): Step {
  const { term, self } = state;
  if (term.holder !== self || term.insync.length > 1) return { state, out: [] };
  const message = { type: 'propose', n: term.n, proposal: { kind: 'resume', has } } as const;
  return { state: { ...state, asked: { kind: 'resume', at: now } }, out: [{ to: term.registrar, message }] };
}
