import { countersign, endOf, isHolder, sendFrom, type MemberState, type Step } from './member.ts';
import type { Rules } from './rules.ts';
import type { Output, Proposal } from './words.ts';
import { otherOf } from './words.ts';

/** What a member does by itself, in this order; each part adds to what is sent. */
export function tick(state: MemberState, now: number, rules: Rules): Step {
  const parts = [renew, ask, leave, drop, takeBack, giveAway, takeOver, beat];
  const out: Output[] = [];
  let current = state;
  for (const part of parts) {
    const step = part(current, now, rules);
    current = step.state;
    out.push(...step.out);
  }
  return { state: current, out };
}

function nothing(state: MemberState): Step {
  return { state, out: [] };
}

function isDue(lastAt: number, everyMs: number, now: number): boolean {
  return now - lastAt >= everyMs;
}

/** Asks the registrar for something, and again after a pause: the answer may be lost. */
function propose(state: MemberState, proposal: Proposal, now: number): Step {
  const { asked, term, mandate } = state;
  if (asked?.kind === proposal.kind && !isDue(asked.at, mandate.leaseMs / 4, now)) return nothing(state);
  return {
    state: { ...state, asked: { kind: proposal.kind, at: now } },
    out: [{ to: term.registrar, message: { type: 'propose', n: term.n, proposal } }],
  };
}

function renew(state: MemberState, now: number): Step {
  const { term, mandate, renewedAt, handing } = state;
  const isGiving = handing !== null && handing.sentAt !== null;
  if (!isHolder(state) || isGiving || !isDue(renewedAt, mandate.leaseMs / 3, now)) return nothing(state);
  return {
    state: { ...state, renewedAt: now },
    out: [{ to: term.registrar, message: { type: 'renew', n: term.n, at: now } }],
  };
}

/** How does the register stand? Asked by who hears nothing, and by a holder that does not know. */
function ask(state: MemberState, now: number): Step {
  const { term, mandate, renewedAt, heardAt, register, asked } = state;
  const wonders = isHolder(state)
    ? register === null
    : state.recovering ||
      now - heardAt > mandate.leaseMs ||
      (asked?.kind === 'take-over' && register === null);
  const everyMs = isHolder(state) ? mandate.leaseMs / 4 : mandate.leaseMs / 2;
  const lastAt = isHolder(state) ? state.beatAt : renewedAt;
  if (!wonders || !isDue(lastAt, everyMs, now)) return nothing(state);
  return {
    state: isHolder(state) ? state : { ...state, renewedAt: now },
    out: [{ to: term.registrar, message: { type: 'ask', at: now } }],
  };
}

/** Restored from an older copy: what others believe to be stored here may be missing. */
function leave(state: MemberState, now: number): Step {
  const { recovering, term, self } = state;
  if (!recovering || term.insync.length < 2 || !term.insync.includes(self)) {
    return nothing(state);
  }
  return propose(state, { kind: 'resign' }, now);
}

/** Goes on without a member that does not answer. */
function drop(state: MemberState, now: number): Step {
  const { term, mandate, other } = state;
  const isSilent = now - other.heardAt > mandate.takeoverMs;
  if (!isHolder(state) || term.insync.length < 2 || !isSilent) return nothing(state);
  return propose({ ...state, handing: null }, { kind: 'drop' }, now);
}

/** Counts the other member in again once it holds all that the registrar knows to be there. */
function takeBack(state: MemberState, now: number): Step {
  const { term, mandate, other, register, final, opening } = state;
  const isCertified = opening !== null && final.len >= opening.len;
  if (!isHolder(state) || term.insync.length > 1 || !isCertified || other.at === null || register === null) {
    return nothing(state);
  }
  const isSilent = now - other.heardAt > mandate.takeoverMs;
  if (isSilent || other.at.len < register.len) return nothing(state);
  return propose(state, { kind: 'add', has: other.at }, now);
}

/** Gives the right to the other member: first nothing more is written, then all is final, then the registrar is asked. */
function giveAway(state: MemberState, now: number): Step {
  const { term, mandate, other, tail, self, handing } = state;
  if (!isHolder(state) || term.insync.length < 2) return nothing({ ...state, handing: null });
  const isSettled = tail.length === 0 && other.at !== null && other.at.len >= endOf(state).len;
  if (handing === null) {
    const mayGoBack = mandate.handBack && mandate.primary !== self && isSettled;
    return mayGoBack ? giveAway({ ...state, handing: { since: now, sentAt: null } }, now) : nothing(state);
  }
  if (handing.sentAt === null && now - handing.since > mandate.takeoverMs)
    return nothing({ ...state, handing: null });
  if (!isSettled) return nothing(state);
  // From here on the other one may hold the right: no lease that was asked for until now is used.
  const at = handing.sentAt ?? now;
  const fenced = {
    ...state,
    leaseUntil: Number.NEGATIVE_INFINITY,
    leaseAfter: at,
    handing: { ...handing, sentAt: at },
  };
  if (now - handing.since > 3 * mandate.takeoverMs) return nothing({ ...fenced, handing: null });
  return propose(fenced, { kind: 'hand-over', at }, now);
}

/** Takes the right when the holder is silent here too, and a requester has said that it does not get an answer either. */
function takeOver(state: MemberState, now: number, rules: Rules): Step {
  const { self, term, mandate, heardAt, noticeAt, register, recovering, frozen } = state;
  const isCandidate =
    term.holder !== self &&
    !recovering &&
    frozen === null &&
    otherOf(mandate, self) !== null &&
    (term.insync.includes(self) || !rules('in-sync-only'));
  const isAsked = noticeAt !== null && now - noticeAt <= 4 * mandate.takeoverMs;
  const isSilent = now - heardAt > mandate.takeoverMs || !rules('silence');
  if (!isCandidate || !isAsked || !isSilent) return nothing(state);
  if (register === null) {
    return isDue(state.beatAt, mandate.leaseMs / 10, now)
      ? { state: { ...state, beatAt: now }, out: [{ to: term.registrar, message: { type: 'ask', at: now } }] }
      : nothing(state);
  }
  if (!isDue(state.beatAt, mandate.leaseMs / 10, now)) return nothing(state);
  const proposal: Proposal = { kind: 'take-over', has: register };
  return {
    state: { ...state, beatAt: now, asked: { kind: 'take-over', at: now } },
    out: [{ to: term.registrar, message: { type: 'propose', n: term.n, proposal } }],
  };
}

/** A sign of life to the other member, which says what it lacks; and to the registrar what is to be countersigned. */
function beat(state: MemberState, now: number): Step {
  const { mandate, beatAt } = state;
  if (!isHolder(state) || !isDue(beatAt, mandate.leaseMs / 4, now)) return nothing(state);
  const sent = sendFrom(state, endOf(state));
  const witness = countersign(sent.state);
  return { state: { ...witness.state, beatAt: now }, out: [...sent.out, ...witness.out] };
}
