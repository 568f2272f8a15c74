import type { Rules } from './rules.ts';
import {
  leasePeriodMs,
  membersOf,
  otherOf,
  type Head,
  type Mandate,
  type Message,
  type NodeId,
  type Proposal,
  type Sent,
  type Term,
} from './words.ts';

/** What the registrar of a book keeps on disk: hashes and names, no value. */
export interface WitnessRecord {
  readonly self: NodeId;
  readonly mandate: Mandate;
  /** A newer mandate, in force as soon as its term can be made. */
  readonly next: Mandate | null;
  readonly term: Term;
  /** What it has countersigned. */
  readonly head: Head;
  /** Whether nothing can be final that it has not countersigned: so it is once a holder that is alone has begun to write. */
  readonly covers: boolean;
}

export interface WitnessState extends WitnessRecord {
  /** Until when a lease of each node may run that it has given since its start. */
  readonly leases: Readonly<Record<NodeId, number>>;
  /** Until when leases of any member may run that it gave before. */
  readonly unknownUntil: number;
}

export type WitnessEvent =
  | { readonly type: 'tick' }
  | {
      readonly type: 'message';
      readonly from: NodeId;
      readonly message: Message;
      /** For `countersign`: whether the entries that came with it lead from `from` to `to`. */
      readonly leads: boolean;
    }
  /** A mandate signed by the owner, the next after the one that is known. */
  | { readonly type: 'mandate'; readonly mandate: Mandate };

export interface WitnessStep {
  readonly state: WitnessState;
  readonly out: readonly Sent[];
}

export function startWitness(record: WitnessRecord, now: number, rules: Rules): WitnessState {
  const waitMs = rules('restart-wait') ? leasePeriodMs(record.mandate) : 0;
  return { ...record, leases: {}, unknownUntil: now + waitMs };
}

/** One event of the registrar. A new term is stored before anybody hears of it. */
export function stepWitness(
  state: WitnessState,
  event: WitnessEvent,
  now: number,
  rules: Rules,
): WitnessStep {
  if (event.type === 'tick') return { state: change(state, now, rules), out: [] };
  if (event.type === 'mandate') {
    const isNext = event.mandate.m > (state.next ?? state.mandate).m;
    return { state: isNext ? change({ ...state, next: event.mandate }, now, rules) : state, out: [] };
  }
  const { from, message } = event;
  switch (message.type) {
    case 'renew':
      return renewed(state, from, message, now);
    case 'ask':
      return { state, out: [standing(state, from, message.at)] };
    case 'countersign':
      return countersign(state, from, message, event.leads, rules);
    case 'propose':
      return proposed(state, from, message, now, rules);
    default:
      return { state, out: [] };
  }
}

function standing({ term, mandate, head }: WitnessState, to: NodeId, askedAt: number | null): Sent {
  return { to, message: { type: 'standing', term, mandate, head, askedAt } };
}

/** Whether a node that is not among these may still have a lease: then it would go on showing what is not current. */
function leavesOut(state: WitnessState, insync: readonly NodeId[], now: number, rules: Rules): boolean {
  const { leases, unknownUntil, mandate } = state;
  if (!rules('lease-over')) return false;
  const mayRun = Object.entries(leases).some(([node, until]) => now < until && !insync.includes(node));
  return mayRun || (now < unknownUntil && membersOf(mandate).some((member) => !insync.includes(member)));
}

function renewed(
  state: WitnessState,
  from: NodeId,
  { n, at }: Extract<Message, { type: 'renew' }>,
  now: number,
): WitnessStep {
  const { term, mandate, next, leases } = state;
  const isEnding = next !== null && !isUnchanged(state, next);
  if (n !== term.n || from !== term.holder || isEnding) return { state, out: [standing(state, from, null)] };
  const until = Math.max(leases[from] ?? 0, now + leasePeriodMs(mandate));
  return {
    state: { ...state, leases: { ...leases, [from]: until } },
    out: [{ to: from, message: { type: 'lease', n, at } }],
  };
}

/** Whether the leases that were given count on under a new mandate. */
function isUnchanged({ term, mandate }: WitnessState, next: Mandate): boolean {
  return membersOf(next).includes(term.holder) && leasePeriodMs(next) >= leasePeriodMs(mandate);
}

function countersign(
  state: WitnessState,
  from: NodeId,
  { n, from: begin, to, all }: Extract<Message, { type: 'countersign' }>,
  leads: boolean,
  rules: Rules,
): WitnessStep {
  const { term, head } = state;
  const isCurrent = (n === term.n && from === term.holder) || !rules('follow-higher');
  if (!isCurrent) return { state, out: [standing(state, from, null)] };
  const follows = leads && begin.len === head.len && begin.head === head.head && to.len > head.len;
  if (follows) {
    return {
      state: { ...state, head: to, covers: state.covers || (all && term.insync.length === 1) },
      out: [{ to: from, message: { type: 'countersigned', n, at: to } }],
    };
  }
  const isSame = to.len === head.len && to.head === head.head;
  return isSame
    ? { state, out: [{ to: from, message: { type: 'countersigned', n, at: head } }] }
    : { state, out: [standing(state, from, null)] };
}

function proposed(
  state: WitnessState,
  from: NodeId,
  { n, proposal }: Extract<Message, { type: 'propose' }>,
  now: number,
  rules: Rules,
): WitnessStep {
  const isCurrent = n === state.term.n || !rules('one-next-term');
  const named = isCurrent ? nextTerm(state, from, proposal, rules) : null;
  if (named === null || leavesOut(state, named.insync, now, rules)) {
    return { state, out: [standing(state, from, null)] };
  }
  // Without the rule a number is given again: what a dishonest registrar does.
  const number = rules('one-next-term') ? state.term.n + 1 : n + 1;
  const term: Term = { ...state.term, ...named, n: number, why: proposal.kind };
  const next = { ...state, term, covers: state.covers && term.insync.length === 1 };
  const to = [state.mandate.primary, state.mandate.backup].filter((member) => member !== null);
  return { state: next, out: to.map((member) => standing(next, member, null)) };
}

/** Who holds the right after a proposal; null: it is not allowed. */
function nextTerm(
  { term, head, covers, mandate, next }: WitnessState,
  from: NodeId,
  proposal: Proposal,
  rules: Rules,
): { holder: NodeId; insync: readonly NodeId[] } | null {
  const { holder } = term;
  const other = otherOf(mandate, from);
  const both = other === null ? [from] : [from, other].sort();
  const isIn = (node: NodeId | null): node is NodeId => node !== null && term.insync.includes(node);
  const has = (at: Head): boolean =>
    (at.len === head.len && at.head === head.head) || !rules('registrar-head');
  const isHolder = from === holder;
  if (next !== null || (!isHolder && from !== otherOf(mandate, holder))) return null;
  switch (proposal.kind) {
    case 'drop':
      return isHolder && isIn(other) ? { holder, insync: [holder] } : null;
    case 'add': {
      const reaches = proposal.has.len > head.len || has(proposal.has);
      return isHolder && other !== null && !isIn(other) && reaches ? { holder, insync: both } : null;
    }
    case 'hand-over':
      return isHolder && isIn(other) ? { holder: other, insync: both } : null;
    case 'take-over': {
      // Where all that can be final is countersigned, whoever holds that holds everything, counted in or not.
      const isComplete = isIn(from) || covers || !rules('in-sync-only');
      return !isHolder && isComplete && has(proposal.has) ? { holder: from, insync: [from] } : null;
    }
    case 'resign': {
      const stays = isHolder ? other : holder;
      return isIn(from) && isIn(stays) ? { holder: stays, insync: [stays] } : null;
    }
    case 'resume': {
      const isSafe = covers || !rules('resume-covered');
      return isHolder && !isIn(other) && isSafe && has(proposal.has) ? { holder, insync: [holder] } : null;
    }
  }
}

/** Brings the next mandate into force, once no lease can run of a node that it leaves out. */
function change(state: WitnessState, now: number, rules: Rules): WitnessState {
  const { next, term } = state;
  if (next === null) return state;
  const anew = next.acceptLoss;
  const stays = term.insync.filter((member) => membersOf(next).includes(member));
  const insync = anew ? [next.primary] : stays;
  const holder = [term.holder, ...insync].find((member) => insync.includes(member));
  // Nobody left who holds everything: the owner has to accept that, or to name somebody who does.
  if (holder === undefined) return state;
  if (leavesOut(state, isUnchanged(state, next) ? insync : [], now, rules)) return state;
  const n = term.n + 1;
  const registrar = next.witness ?? next.primary;
  return {
    ...state,
    mandate: next,
    next: null,
    head: anew ?? state.head,
    covers: anew !== null || (state.covers && insync.length === 1),
    term: { n, m: next.m, holder, insync, registrar, why: 'mandate' },
  };
}
