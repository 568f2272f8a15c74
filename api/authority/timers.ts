import type { Rules } from './rules.ts';
import { countersign, sendFrom } from './send.ts';
import { endOf, isHolder, type MemberState, type Step } from './state.ts';
import type { Output, Proposal } from './words.ts';
import { otherOf } from './words.ts';

/** What a member does by itself, in this order; each part adds to what is sent. */
export function tick(state: MemberState, now: number, rules: Rules): Step {
  const out: Output[] = [];
  let current = state;
  for (const part of PARTS) {
    const step = part(current, now, rules);
    if (step === null) continue;
    current = step.state;
    out.push(...step.out);
  }
  return { state: current, out };
}

/** Null where there is nothing to do. */
type Part = (state: MemberState, now: number, rules: Rules) => Step | null;
const PARTS: readonly Part[] = [renew, ask, leave, drop, takeBack, giveAway, takeOver, beat];

function isDue(lastAt: number, everyMs: number, now: number): boolean {
  return now - lastAt >= everyMs;
}

/** Asks the registrar for something, and again after a pause: the answer may be lost. */
function propose(state: MemberState, proposal: Proposal, now: number): Step | null {
  const { asked, term, mandate } = state;
  if (asked?.kind === proposal.kind && !isDue(asked.at, mandate.leaseMs / 4, now)) return null;
  return {
    state: { ...state, asked: { kind: proposal.kind, at: now } },
    out: [{ to: term.registrar, message: { type: 'propose', n: term.n, proposal } }],
  };
}

function renew(state: MemberState, now: number): Step | null {
  const { term, mandate, renewedAt } = state;
  if (!isHolder(state) || !isDue(renewedAt, mandate.leaseMs / 3, now)) return null;
  return {
    state: { ...state, renewedAt: now },
    out: [{ to: term.registrar, message: { type: 'renew', n: term.n, at: now } }],
  };
}

/** How does the register stand? Asked by who hears nothing, and by a holder that does not know. */
function ask(state: MemberState, now: number): Step | null {
  const { term, mandate, renewedAt, heardAt, register, asked } = state;
  const wonders = isHolder(state)
    ? register === null
    : state.recovering ||
      now - heardAt > mandate.leaseMs ||
      (asked?.kind === 'take-over' && register === null);
  const everyMs = isHolder(state) ? mandate.leaseMs / 4 : mandate.leaseMs / 2;
  const lastAt = isHolder(state) ? state.beatAt : renewedAt;
  if (!wonders || !isDue(lastAt, everyMs, now)) return null;
  return {
    state: isHolder(state) ? state : { ...state, renewedAt: now },
    out: [{ to: term.registrar, message: { type: 'ask', at: now } }],
  };
}

/** Restored from an older copy: what others believe to be stored here may be missing. */
function leave(state: MemberState, now: number): Step | null {
  const { recovering, term, self } = state;
  if (!recovering || term.insync.length < 2 || !term.insync.includes(self)) {
    return null;
  }
  return propose(state, { kind: 'resign' }, now);
}

/** Goes on without a member that does not answer. */
function drop(state: MemberState, now: number): Step | null {
  const { term, mandate, other, handing } = state;
  const isSilent = now - other.heardAt > mandate.takeoverMs;
  if (!isHolder(state) || term.insync.length < 2 || !isSilent) return null;
  return propose(handing === null ? state : { ...state, handing: null }, { kind: 'drop' }, now);
}

/** Counts the other member in again once it holds all that the registrar knows to be there. */
function takeBack(state: MemberState, now: number, rules: Rules): Step | null {
  const { term, mandate, other, register, final, opening } = state;
  const isCertified = opening !== null && final.len >= opening.len;
  if (!isHolder(state) || term.insync.length > 1 || !isCertified || other.at === null || register === null) {
    return null;
  }
  const isSilent = now - other.heardAt > mandate.takeoverMs;
  if (isSilent || (other.at.len < register.len && rules('registrar-head'))) return null;
  return propose(state, { kind: 'add', has: other.at }, now);
}

/** Gives the right to the other member: first nothing more is written, then all is final, then the registrar is asked. */
function giveAway(state: MemberState, now: number): Step | null {
  const { term, mandate, other, tail, handing } = state;
  const isOff = !isHolder(state) || term.insync.length < 2;
  if (handing === null) {
    if (isOff || !goesBack(state, now)) return null;
    const begun = { ...state, handing: now };
    return giveAway(begun, now) ?? { state: begun, out: [] };
  }
  if (isOff || now - handing > 2 * mandate.takeoverMs) {
    return { state: { ...state, handing: null, handedAt: now }, out: [] };
  }
  if (tail.length > 0 || other.at === null || other.at.len < endOf(state).len) return null;
  return propose(state, { kind: 'hand-over' }, now);
}

/** The right goes back to the primary once that is in sync again; where people gave it away, people give it back. */
function goesBack({ mandate, self, term, other, final, handedAt }: MemberState, now: number): boolean {
  if (!mandate.handBack || mandate.primary === self || term.why === 'hand-over') return false;
  const isNear = other.at !== null && other.at.len >= final.len;
  return isNear && isDue(handedAt, 4 * mandate.takeoverMs, now);
}

/** Takes the right when the holder is silent here too, and a requester has said that it does not get an answer either. */
function takeOver(state: MemberState, now: number, rules: Rules): Step | null {
  const { self, term, mandate, heardAt, noticeAt, register, recovering, frozen } = state;
  const isCandidate =
    term.holder !== self && !recovering && frozen === null && otherOf(mandate, self) !== null;
  const isAsked = noticeAt !== null && now - noticeAt <= 4 * mandate.takeoverMs;
  const isSilent = now - heardAt > mandate.takeoverMs || !rules('silence');
  if (!isCandidate || !isAsked || !isSilent) return null;
  if (register === null) {
    return isDue(state.beatAt, mandate.leaseMs / 10, now)
      ? { state: { ...state, beatAt: now }, out: [{ to: term.registrar, message: { type: 'ask', at: now } }] }
      : null;
  }
  if (!isDue(state.beatAt, mandate.leaseMs / 10, now)) return null;
  const proposal: Proposal = { kind: 'take-over', has: register };
  return {
    state: { ...state, beatAt: now, asked: { kind: 'take-over', at: now } },
    out: [{ to: term.registrar, message: { type: 'propose', n: term.n, proposal } }],
  };
}

/** A sign of life to the other member, which says what it lacks; and to the registrar what is to be countersigned. */
function beat(state: MemberState, now: number): Step | null {
  const { mandate, beatAt } = state;
  if (!isHolder(state) || !isDue(beatAt, mandate.leaseMs / 4, now)) return null;
  // Before it knows the register, a new holder may be an older copy of what it was when it asked for the right.
  const isSure = state.opening !== null || state.register !== null;
  const sent = isSure ? sendFrom(state, endOf(state)) : { state, out: [] };
  const witness = countersign(sent.state, now);
  return { state: { ...witness.state, beatAt: now }, out: [...sent.out, ...witness.out] };
}
