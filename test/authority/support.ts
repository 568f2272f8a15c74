import {
  startMember,
  stepMember,
  type MemberEvent,
  type MemberRecord,
  type MemberState,
} from '../../api/authority/member.ts';
import { ALL_RULES } from '../../api/authority/rules.ts';
import {
  stepWitness,
  startWitness,
  type WitnessRecord,
  type WitnessState,
} from '../../api/authority/witness.ts';
import type { Head, Mandate, Message, NodeId, Term } from '../../api/authority/words.ts';
import type { TermReason } from '../../api/ledger/statements/term.ts';

export const MANDATE: Mandate = {
  m: 1,
  primary: 'P',
  backup: 'B',
  witness: 'W',
  leaseMs: 1000,
  drift: 0.01,
  takeoverMs: 1500,
  handBack: true,
  acceptLoss: null,
};

/** Head of a log, by its length; `name` tells one history from another. */
export function at(len: number, name = 'a'): Head {
  return { len, head: len === 0 ? '' : `${name}${len}` };
}

export function termOf(n: number, holder: NodeId, insync: NodeId[], why: TermReason = 'appoint'): Term {
  return { n, m: 1, holder, insync, registrar: 'W', why };
}

const PEACE = { final: at(0), tail: [], opening: null, recovering: false, frozen: null };

/** A member of term 1, in which P holds the right and both are in sync, unless told otherwise. */
export function member(self: NodeId, record: Partial<MemberRecord> = {}, now = 0): MemberState {
  const term = termOf(1, 'P', ['B', 'P']);
  return startMember({ self, mandate: MANDATE, term, ...PEACE, ...record }, now);
}

/** P, whose opening entry and one more are final and known to both. */
export function holder(record: Partial<MemberRecord> = {}): MemberState {
  return {
    ...member('P', { final: at(2), opening: at(1), ...record }),
    other: { at: at(2), sent: at(2), heardAt: 0, gainedAt: 0 },
  };
}

/** The log below the final place, as a driver reads it. */
const mine = (len: number): string => at(len).head;

export function tell(state: MemberState, from: NodeId, message: Message, now = 0) {
  return stepMember(state, { type: 'message', from, message, mine }, now, ALL_RULES);
}

export function step(state: MemberState, event: MemberEvent, now = 0) {
  return stepMember(state, event, now, ALL_RULES);
}

export function append(term: Term, prev: Head, tos: Head[], final = at(0)): Message {
  const frames = tos.map((to) => ({ to, n: term.n }));
  return { type: 'append', term, mandate: MANDATE, prev, frames, final };
}

export function registrar(record: Partial<WitnessRecord> = {}, now = 0): WitnessState {
  const term = termOf(1, 'P', ['B', 'P']);
  const whole = { self: 'W', mandate: MANDATE, next: null, term, head: at(0), covers: false, ...record };
  return { ...startWitness(whole, now, ALL_RULES), unknownUntil: now };
}

export function ask(state: WitnessState, from: NodeId, message: Message, now = 0, leads = true) {
  return stepWitness(state, { type: 'message', from, message, leads }, now, ALL_RULES);
}
