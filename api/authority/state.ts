import type { Rules } from './rules.ts';
import type { Frame, Head, HeadAt, Mandate, Message, NodeId, Output, Proposal, Term } from './words.ts';

/** What a member keeps on disk: whatever it told anybody can be derived from it. */
export interface MemberRecord {
  readonly self: NodeId;
  readonly mandate: Mandate;
  readonly term: Term;
  /** The final part of the log. */
  readonly final: Head;
  /** What follows it: proposed here or received, final as soon as it is certified. */
  readonly tail: readonly Frame[];
  /** Where the log of the own term begins: the end of the opening entry, which holds the term itself. Null before. */
  readonly opening: Head | null;
  /** Restored from an older copy: what it once stored and told others of may be gone. */
  readonly recovering: boolean;
  /** Why it approves nothing until the owner decides; null in peace. */
  readonly frozen: string | null;
}

/** What a member knows beside that, and forgets when it stops. */
export interface MemberState extends MemberRecord {
  readonly startedAt: number;
  /** Current reads are allowed until then. */
  readonly leaseUntil: number;
  /** When something of the current term was last heard from the holder. */
  readonly heardAt: number;
  /** What the holder knows of the other member in this term. */
  readonly other: {
    readonly at: Head | null;
    readonly sent: Head | null;
    readonly heardAt: number;
    /** When it last had all that there was, or more than before. */
    readonly gainedAt: number;
  };
  /** What the registrar has countersigned in this term. */
  readonly witnessed: Head | null;
  /** Where the registrar's register stands. */
  readonly register: Head | null;
  readonly renewedAt: number;
  readonly beatAt: number;
  readonly asked: { readonly kind: Proposal['kind']; readonly at: number } | null;
  /** When a requester last said that the holder does not answer it. */
  readonly noticeAt: number | null;
  /** Since when it gives the right away. */
  readonly handing: number | null;
  /** When it last tried that in vain. */
  readonly handedAt: number;
}

export interface Step {
  readonly state: MemberState;
  readonly out: readonly Output[];
}

/** A message and what is needed to judge it. */
export interface Received<M extends Message['type']> {
  from: NodeId;
  message: Extract<Message, { type: M }>;
  mine: HeadAt;
}

export const NEVER = Number.NEGATIVE_INFINITY;

/** What is found on a disk that was restored from an older copy. */
export function restored(record: MemberRecord, rules: Rules): MemberRecord {
  return { ...record, recovering: rules('recovering') };
}

/** A member at its first start, and at every later one. */
export function startMember(record: MemberRecord, now: number): MemberState {
  return {
    ...recordOf(record),
    startedAt: now,
    leaseUntil: NEVER,
    ...forTerm(now),
    register: null,
    noticeAt: null,
  };
}

/** What is to be stored of a state. */
export function recordOf(state: MemberRecord): MemberRecord {
  const { self, mandate, term, final, tail, opening, recovering, frozen } = state;
  return { self, mandate, term, final, tail, opening, recovering, frozen };
}

/** What begins anew with every term. */
function forTerm(now: number) {
  return {
    heardAt: now,
    other: { at: null, sent: null, heardAt: now, gainedAt: NEVER },
    witnessed: null,
    renewedAt: NEVER,
    beatAt: NEVER,
    asked: null,
    handing: null,
    handedAt: NEVER,
  };
}

export function endOf({ tail, final }: MemberRecord): Head {
  return tail[tail.length - 1]?.to ?? final;
}

export function isHolder({ self, term, recovering, frozen }: MemberRecord): boolean {
  return term.holder === self && !recovering && frozen === null;
}

/** Takes up a higher term. The tail stays: what in it is not in the new holder's log will be contradicted. */
export function learn(
  state: MemberState,
  { term, mandate }: { term: Term; mandate: Mandate },
  now: number,
  rules: Rules,
): MemberState {
  if (term.n < state.term.n) return state;
  if (term.n === state.term.n)
    return isSame(term, state.term) ? state : freeze(state, `term ${term.n} was given twice`);
  const inherits = term.holder === state.self && state.term.holder !== state.self;
  const next: MemberState = {
    ...state,
    ...forTerm(now),
    mandate: mandate.m > state.mandate.m ? mandate : state.mandate,
    term,
    opening: null,
    recovering: state.recovering && !isResumed(state, term),
    leaseUntil: NEVER,
    register: term.holder === state.self && rules('register-first') ? null : state.register,
    noticeAt: null,
  };
  if (mandate.m > state.mandate.m && mandate.acceptLoss && mandate.primary === state.self)
    return beginAnew(next, mandate.acceptLoss);
  return inherits && !rules('keep-inherited') ? truncate(next, next.final) : next;
}

type Settled = Pick<MemberRecord, 'final' | 'tail' | 'recovering' | 'frozen'>;

/** The owner has settled what is final: what the primary has, and nothing else. */
export function beginAnew<S extends Settled>(state: S, { len, head }: Head): S {
  const { final } = state;
  const isIt = final.len === len && final.head === head;
  const settled = { ...state, tail: [], recovering: false, frozen: null };
  return isIt ? settled : freeze(settled, `the owner has accepted a log of ${len} entries that is not here`);
}

function isSame(a: Term, b: Term): boolean {
  return (
    a.holder === b.holder &&
    a.registrar === b.registrar &&
    a.m === b.m &&
    a.why === b.why &&
    a.insync.length === b.insync.length
  );
}

/** The term that this member asked for after it had heard, since its start, that it holds all that the registrar knows. */
function isResumed({ self, term: { n }, asked }: MemberState, term: Term): boolean {
  return asked?.kind === 'resume' && term.why === 'resume' && term.holder === self && term.n === n + 1;
}

/** Approves nothing any more until the owner decides: two signed statements contradict each other. */
export function freeze<S extends Pick<MemberRecord, 'frozen'>>(state: S, why: string): S {
  return state.frozen === null ? { ...state, frozen: why } : state;
}

/** Gives up what lies behind `end`. That it is never before the final part is the rule `final-stays`. */
export function truncate(state: MemberState, end: Head): MemberState {
  const final = end.len < state.final.len ? end : state.final;
  return { ...state, final, tail: state.tail.filter(({ to }) => to.len <= end.len) };
}
