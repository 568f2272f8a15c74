import { describe, expect, test } from 'vitest';
import { ALL_RULES } from '../../api/authority/rules.ts';
import { startWitness, stepWitness } from '../../api/authority/witness.ts';
import type { Head, Message, Proposal } from '../../api/authority/words.ts';
import { leasePeriodMs } from '../../api/authority/words.ts';
import { ask, at, MANDATE, registrar, termOf } from './support.ts';

const propose = (proposal: Proposal, n = 1): Message => ({ type: 'propose', n, proposal });
const takeOver = propose({ kind: 'take-over', has: at(0) });
const leased = ask(registrar(), 'P', { type: 'renew', n: 1, at: 5 }).state;
const over = leasePeriodMs(MANDATE);

describe('the registrar', () => {
  test('gives the holder a lease, and nobody else', () => {
    const lease = { to: 'P', message: { type: 'lease', n: 1, at: 5 } };
    expect(ask(registrar(), 'P', { type: 'renew', n: 1, at: 5 }).out).toEqual([lease]);
    expect(ask(registrar(), 'B', { type: 'renew', n: 1, at: 5 }).out).toMatchObject([
      { message: { type: 'standing' } },
    ]);
  });

  test('makes each term once: the first valid proposal wins', () => {
    const dropped = ask(registrar(), 'P', propose({ kind: 'drop' })).state;
    expect(dropped.term).toEqual(termOf(2, 'P', ['P'], 'drop'));
    expect(ask(dropped, 'B', takeOver).state.term).toBe(dropped.term);
  });

  test('names no other holder while a lease may run', () => {
    expect(ask(leased, 'B', takeOver, over - 1).state.term.n).toBe(1);
    expect(ask(leased, 'B', takeOver, over).state.term).toEqual(termOf(2, 'B', ['B'], 'take-over'));
  });

  test('waits after its own start for the leases that it no longer remembers', () => {
    const started = startWitness(registrar(), 0, ALL_RULES);
    expect(ask(started, 'B', takeOver, over - 1).state.term.n).toBe(1);
    expect(ask(started, 'B', takeOver, over).state.term.n).toBe(2);
  });

  test('lets a holder hand over under its lease: both must agree to what comes then', () => {
    const { term } = ask(leased, 'P', propose({ kind: 'hand-over' })).state;
    expect(term).toEqual(termOf(2, 'B', ['B', 'P'], 'hand-over'));
    const given = ask(leased, 'P', propose({ kind: 'hand-over' })).state;
    expect(ask(given, 'B', propose({ kind: 'drop' }, 2), over - 1).state.term.n).toBe(2);
  });

  test('lets only a member take over that is in sync and has what was countersigned', () => {
    const alone = registrar({ term: termOf(1, 'P', ['P']) });
    expect(ask(alone, 'B', takeOver).state.term.n).toBe(1);
    expect(ask(registrar({ head: at(3) }), 'B', takeOver).state.term.n).toBe(1);
    expect(
      ask(registrar({ head: at(3) }), 'B', propose({ kind: 'take-over', has: at(3) })).state.term.n,
    ).toBe(2);
  });

  test('lets any member take over that has all that is countersigned, where nothing else can be final', () => {
    const covered = registrar({ term: termOf(1, 'P', ['P']), head: at(3), covers: true });
    const named = (has: Head) => ask(covered, 'B', propose({ kind: 'take-over', has })).state.term;
    expect(named(at(2)).n).toBe(1);
    expect(named(at(3))).toEqual(termOf(2, 'B', ['B'], 'take-over'));
  });

  test('goes on from the log that the owner accepts, in the hands of its primary alone', () => {
    const alone = registrar({ term: termOf(1, 'B', ['B']), head: at(3) });
    const mandate = { ...MANDATE, m: 2, acceptLoss: at(2) };
    const { state } = stepWitness(alone, { type: 'mandate', mandate }, over, ALL_RULES);
    expect(state).toMatchObject({
      head: at(2),
      covers: true,
      term: { n: 2, m: 2, holder: 'P', insync: ['P'] },
    });
  });

  test('adds a member that has what was countersigned, or more', () => {
    const alone = registrar({ term: termOf(1, 'P', ['P']), head: at(3) });
    expect(ask(alone, 'P', propose({ kind: 'add', has: at(2) })).state.term.n).toBe(1);
    expect(ask(alone, 'P', propose({ kind: 'add', has: at(4) })).state.term.insync).toEqual(['B', 'P']);
  });

  test('countersigns what leads on from its head, in the current term only', () => {
    const request: Message = { type: 'countersign', n: 1, from: at(0), to: at(2), all: true };
    expect(ask(registrar(), 'P', request).state.head).toEqual(at(2));
    expect(ask(registrar(), 'P', request, 0, false).state.head).toEqual(at(0));
    expect(ask(registrar(), 'B', request).state.head).toEqual(at(0));
    expect(ask(registrar(), 'P', { ...request, n: 0 }).state.head).toEqual(at(0));
  });

  test('lets a restored holder go on only where nothing can be final that it has not countersigned', () => {
    const alone = { term: termOf(1, 'P', ['P']), head: at(3) };
    const resume = propose({ kind: 'resume', has: at(3) });
    expect(ask(registrar(alone), 'P', resume).state.term.n).toBe(1);
    const signed = ask(registrar(alone), 'P', {
      type: 'countersign',
      n: 1,
      from: at(3),
      to: at(4),
      all: true,
    }).state;
    expect(signed.covers).toBe(true);
    expect(ask(signed, 'P', propose({ kind: 'resume', has: at(4) })).state.term.why).toBe('resume');
  });

  test('names the other member when a restored holder resigns, and the holder alone when the other one does', () => {
    expect(ask(registrar(), 'P', propose({ kind: 'resign' })).state.term).toEqual(
      termOf(2, 'B', ['B'], 'resign'),
    );
    expect(ask(registrar(), 'B', propose({ kind: 'resign' })).state.term).toEqual(
      termOf(2, 'P', ['P'], 'resign'),
    );
  });

  test('brings a mandate into force that replaces the holder once its lease is over', () => {
    const mandate = { ...MANDATE, m: 2, primary: 'N' };
    const told = stepWitness(leased, { type: 'mandate', mandate }, 1, ALL_RULES).state;
    expect(told.term.n).toBe(1);
    expect(ask(told, 'P', { type: 'renew', n: 1, at: 6 }, 1).out).toMatchObject([
      { message: { type: 'standing' } },
    ]);
    const changed = stepWitness(told, { type: 'tick' }, over, ALL_RULES).state;
    expect(changed.term).toEqual({ ...termOf(2, 'B', ['B'], 'mandate'), m: 2 });
  });

  test('brings no mandate into force under which nobody holds everything', () => {
    const alone = registrar({ term: termOf(1, 'P', ['P']) });
    const mandate = { ...MANDATE, m: 2, primary: 'N' };
    expect(stepWitness(alone, { type: 'mandate', mandate }, 0, ALL_RULES).state.term.n).toBe(1);
  });
});
