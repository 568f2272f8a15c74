import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { startMember, stepMember, type MemberState } from '../../api/authority/member.ts';
import { ALL_RULES } from '../../api/authority/rules.ts';
import { recordOf } from '../../api/authority/state.ts';
import { stepWitness, type WitnessState } from '../../api/authority/witness.ts';
import type { Message, Proposal } from '../../api/authority/words.ts';
import { TERM_REASONS } from '../../api/ledger/statements/term.ts';
import { at, MANDATE, member, registrar } from './support.ts';

const node = fc.constantFrom('P', 'B', 'W', 'T');
const n = fc.integer({ min: 0, max: 4 });
const head = fc
  .tuple(fc.integer({ min: 0, max: 6 }), fc.constantFrom('a', 'b'))
  .map(([len, name]) => at(len, name));
const time = fc.integer({ min: 0, max: 9000 });
const term = fc.record({
  n,
  m: fc.constant(1),
  holder: fc.constantFrom('P', 'B'),
  insync: fc.constantFrom(['P'], ['B'], ['B', 'P']),
  registrar: fc.constant('W'),
  why: fc.constantFrom(...TERM_REASONS),
});
const mandate = fc.constant(MANDATE);
const proposal: fc.Arbitrary<Proposal> = fc.oneof(
  fc.record({ kind: fc.constantFrom('drop' as const, 'hand-over' as const, 'resign' as const) }),
  fc.record({ kind: fc.constantFrom('add' as const, 'take-over' as const, 'resume' as const), has: head }),
);
const frames = fc.array(fc.record({ to: head, n }), { maxLength: 3 });
const askedAt = fc.option(time);
/** One arbitrary for each type of message: a new type does not compile before it is here. */
const MESSAGES: { [T in Message['type']]: fc.Arbitrary<Extract<Message, { type: T }>> } = {
  append: fc.record({ type: fc.constant('append'), term, mandate, prev: head, frames, final: head }),
  receipt: fc.record({ type: fc.constant('receipt'), n, at: head }),
  missing: fc.record({ type: fc.constant('missing'), n, end: head, final: head }),
  renew: fc.record({ type: fc.constant('renew'), n, at: time }),
  ask: fc.record({ type: fc.constant('ask'), at: time }),
  countersign: fc.record({ type: fc.constant('countersign'), n, from: head, to: head, all: fc.boolean() }),
  propose: fc.record({ type: fc.constant('propose'), n, proposal }),
  lease: fc.record({ type: fc.constant('lease'), n, at: time }),
  countersigned: fc.record({ type: fc.constant('countersigned'), n, at: head }),
  standing: fc.record({ type: fc.constant('standing'), term, mandate, head, askedAt }),
  term: fc.record({ type: fc.constant('term'), term, mandate }),
  unable: fc.record({ type: fc.constant('unable'), n }),
};
const message = fc.oneof(...(Object.values(MESSAGES) as fc.Arbitrary<Message>[]));
const event = fc.oneof(
  fc.record({ type: fc.constant('tick' as const) }),
  fc.record({ type: fc.constant('hand-over' as const) }),
  fc.record({ type: fc.constant('write' as const), from: head, to: head, all: fc.boolean() }),
  fc.record({
    type: fc.constant('message' as const),
    from: node,
    message,
    mine: fc.constant((len: number) => at(len).head),
  }),
);
const events = fc.array(fc.record({ event, after: fc.integer({ min: 0, max: 2000 }) }), { maxLength: 30 });

test('a member has an answer to every event in every state, never goes back a term and gives up nothing final', () => {
  fc.assert(
    fc.property(fc.constantFrom('P', 'B'), events, (self, list) => {
      let now = 0;
      let state: MemberState = member(self);
      for (const { event, after } of list) {
        now += after;
        const { state: next } = stepMember(state, event, now, ALL_RULES);
        expect(next.term.n).toBeGreaterThanOrEqual(state.term.n);
        expect(next.final.len).toBeGreaterThanOrEqual(state.final.len);
        expect(next.frozen ?? state.frozen).toBe(next.frozen);
        state = next;
      }
      const again = startMember(recordOf(state), now);
      expect(recordOf(again)).toEqual(recordOf(state));
    }),
  );
});

test('a registrar has an answer to every event in every state, and only adds to its terms and its head', () => {
  fc.assert(
    fc.property(events, (list) => {
      let now = 0;
      let state: WitnessState = registrar();
      for (const { event, after } of list) {
        now += after;
        const given = event.type === 'message' ? { ...event, leads: true } : ({ type: 'tick' } as const);
        const { state: next } = stepWitness(state, given, now, ALL_RULES);
        expect(next.term === state.term || next.term.n === state.term.n + 1).toBe(true);
        expect(next.head.len).toBeGreaterThanOrEqual(state.head.len);
        state = next;
      }
    }),
  );
});
