import type { Rules } from './rules.ts';
import {
  leasePeriodMs,
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
  /** Until when a lease of the holder may run. */
  readonly leaseUntil: number;
  /** When the last renewal of this term was sent for which it gave a lease, by the holder's clock. */
  readonly leasedAt: number;
  /** Until when leases may run that were given before the last start. */
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

const NEVER = Number.NEGATIVE_INFINITY;

export function startWitness(record: WitnessRecord, now: number, rules: Rules): WitnessState {
  const waitMs = rules('restart-wait') ? leasePeriodMs(record.mandate) : 0;
  return { ...record, leaseUntil: now + waitMs, leasedAt: NEVER, unknownUntil: now + waitMs };
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

/** Whether leases must be over before the next mandate is in force: it takes the right away, or counts leases as shorter. */
function endsLeases(state: WitnessState): boolean {
  const { next, mandate } = state;
  return next !== null && (isReplaced(state) || leasePeriodMs(next) < leasePeriodMs(mandate));
}

/** Whether the next mandate takes the right away from the holder. */
function isReplaced({ next, term }: WitnessState): boolean {
  return next !== null && next.primary !== term.holder && next.backup !== term.holder;
}

function renewed(
  state: WitnessState,
  from: NodeId,
  { n, at }: Extract<Message, { type: 'renew' }>,
  now: number,
): WitnessStep {
  const { term, mandate } = state;
  if (n !== term.n || from !== term.holder || endsLeases(state))
    return { state, out: [standing(state, from, null)] };
  const until = now + leasePeriodMs(mandate);
  return {
    state: {
      ...state,
      leaseUntil: Math.max(state.leaseUntil, until),
      leasedAt: Math.max(state.leasedAt, at),
    },
    out: [{ to: from, message: { type: 'lease', n, at } }],
  };
}

function countersign(
  state: WitnessState,
  from: NodeId,
  { n, from: begin, to }: Extract<Message, { type: 'countersign' }>,
  leads: boolean,
  rules: Rules,
): WitnessStep {
  const { term, head } = state;
  const isCurrent = (n === term.n && from === term.holder) || !rules('follow-higher');
  if (!isCurrent) return { state, out: [standing(state, from, null)] };
  const follows = leads && begin.len === head.len && begin.head === head.head && to.len > head.len;
  if (follows) {
    return {
      state: { ...state, head: to, covers: state.covers || term.insync.length === 1 },
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
  const named = isCurrent ? nextTerm(state, from, proposal, now, rules) : null;
  if (named === null) return { state, out: [standing(state, from, null)] };
  // Without the rule a number is given again: what a dishonest registrar does.
  const number = rules('one-next-term') ? state.term.n + 1 : n + 1;
  const term: Term = { ...state.term, ...named, n: number, why: proposal.kind };
  const next = { ...state, term, covers: state.covers && term.insync.length === 1, leasedAt: NEVER };
  const to = [state.mandate.primary, state.mandate.backup].filter((member) => member !== null);
  return { state: next, out: to.map((member) => standing(next, member, null)) };
}

/** Who holds the right after a proposal; null: not now. */
function nextTerm(
  { term, head, covers, mandate, leaseUntil, leasedAt, unknownUntil, next }: WitnessState,
  from: NodeId,
  proposal: Proposal,
  now: number,
  rules: Rules,
): { holder: NodeId; insync: readonly NodeId[] } | null {
  const other = otherOf(mandate, from);
  const isIn = (node: NodeId | null): boolean => node !== null && term.insync.includes(node);
  const isOver = now >= leaseUntil || !rules('lease-over');
  const has = (at: Head): boolean =>
    (at.len === head.len && at.head === head.head) || !rules('registrar-head');
  if (next !== null || (from !== term.holder && from !== otherOf(mandate, term.holder))) return null;
  switch (proposal.kind) {
    case 'drop':
      return from === term.holder && isIn(other) ? { holder: from, insync: [from] } : null;
    case 'add': {
      const reaches = proposal.has.len > head.len || has(proposal.has);
      return from === term.holder && other !== null && !isIn(other) && reaches
        ? { holder: from, insync: [from, other].sort() }
        : null;
    }
    case 'hand-over': {
      // No lease is running, or none that the holder will still use.
      const isFenced =
        isOver || !rules('lease-of-the-term') || (now >= unknownUntil && leasedAt <= proposal.at);
      return from === term.holder && other !== null && isIn(other) && isFenced
        ? { holder: other, insync: [from, other].sort() }
        : null;
    }
    case 'take-over':
      return from !== term.holder && (isIn(from) || !rules('in-sync-only')) && isOver && has(proposal.has)
        ? { holder: from, insync: [from] }
        : null;
    case 'resign':
      if (from !== term.holder) return isIn(from) ? { holder: term.holder, insync: [term.holder] } : null;
      return other !== null && isIn(other) && isOver ? { holder: other, insync: [other] } : null;
    case 'resume':
      return from === term.holder &&
        term.insync.length === 1 &&
        has(proposal.has) &&
        (covers || !rules('resume-covered'))
        ? { holder: from, insync: [from] }
        : null;
  }
}

/** Brings the next mandate into force, once no lease of a holder that it replaces can run. */
function change(state: WitnessState, now: number, rules: Rules): WitnessState {
  const { next, term, leaseUntil } = state;
  if (next === null) return state;
  const waits = endsLeases(state) && now < leaseUntil && rules('mandate-waits');
  if (waits) return state;
  const members = [next.primary, next.backup].filter((member) => member !== null);
  const insync = term.insync.filter((member) => members.includes(member));
  const holder = isReplaced(state) ? (insync[0] ?? (next.acceptLoss ? next.primary : null)) : term.holder;
  // Nobody left who holds everything: the owner has to accept that, or to name somebody who does.
  if (holder === null) return state;
  return {
    ...state,
    mandate: next,
    next: null,
    covers: state.covers && insync.length < 2,
    leasedAt: NEVER,
    term: {
      n: term.n + 1,
      m: next.m,
      holder,
      insync: insync.includes(holder) ? insync : [holder],
      registrar: next.witness ?? next.primary,
      why: 'mandate',
    },
  };
}
