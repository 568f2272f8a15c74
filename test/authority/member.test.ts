import { describe, expect, test } from 'vitest';
import { openingDue } from '../../api/authority/final.ts';
import { mayRead, mayWrite, restored } from '../../api/authority/member.ts';
import { ALL_RULES } from '../../api/authority/rules.ts';
import type { Head, Output } from '../../api/authority/words.ts';
import { append, at, holder, MANDATE, member, step, tell, termOf } from './support.ts';

const both = termOf(1, 'P', ['B', 'P']);
const later = termOf(2, 'B', ['B'], 'take-over');

describe('a holder', () => {
  test('writes nothing before the opening entry of its term', () => {
    const fresh = { ...member('P'), register: at(0) };
    expect(mayWrite(fresh)).toBe(false);
    const { state } = step(fresh, { type: 'write', from: at(0), to: at(1) });
    expect(state.opening).toEqual(at(1));
    expect(mayWrite(state)).toBe(true);
  });

  test('opens its term, and says anything to the other member, only once it knows what is countersigned', () => {
    const inherits = tell(member('B', { final: at(2) }), 'W', {
      type: 'term',
      term: later,
      mandate: MANDATE,
    }).state;
    expect(openingDue(inherits)).toBe(false);
    expect(step(inherits, { type: 'tick' }).out.map(({ to }) => to)).not.toContain('P');
    const standing = { type: 'standing', term: later, mandate: MANDATE, askedAt: null } as const;
    expect(openingDue(tell(inherits, 'W', { ...standing, head: at(2) }).state)).toBe(true);
    const old = tell(inherits, 'W', { ...standing, head: at(3) }).state;
    expect({ recovering: old.recovering, due: openingDue(old) }).toEqual({ recovering: true, due: false });
  });

  test('begins anew with what it has where the owner accepts a loss, and only with that', () => {
    const old = { ...member('P', { final: at(2), tail: [{ to: at(3), n: 1 }] }), recovering: true };
    const accepted = (acceptLoss: Head) => {
      const mandate = { ...MANDATE, m: 2, acceptLoss };
      const term = { ...termOf(2, 'P', ['P'], 'mandate'), m: 2 };
      return tell(old, 'W', { type: 'term', term, mandate }).state;
    };
    expect(accepted(at(2))).toMatchObject({ final: at(2), tail: [], recovering: false, frozen: null });
    expect(accepted(at(2, 'b')).frozen).toContain('a log of 2 entries that is not here');
  });

  test('makes final what the other member has stored', () => {
    const { state } = step(holder(), { type: 'write', from: at(2), to: at(3) });
    expect(state.final).toEqual(at(2));
    expect(tell(state, 'B', { type: 'receipt', n: 1, at: at(3) }).state.final).toEqual(at(3));
  });

  test('does not count a receipt for another log, or of another term', () => {
    const { state } = step(holder(), { type: 'write', from: at(2), to: at(3) });
    expect(tell(state, 'B', { type: 'receipt', n: 1, at: at(3, 'b') }).state.final).toEqual(at(2));
    expect(tell(state, 'B', { type: 'receipt', n: 0, at: at(3) }).state.final).toEqual(at(2));
  });

  test('that is alone makes final what the registrar has countersigned, and no receipt counts', () => {
    const alone = holder({ term: termOf(1, 'P', ['P']) });
    const { state } = step(alone, { type: 'write', from: at(2), to: at(3) });
    expect(tell(state, 'B', { type: 'receipt', n: 1, at: at(3) }).state.final).toEqual(at(2));
    expect(tell(state, 'W', { type: 'countersigned', n: 1, at: at(3) }).state.final).toEqual(at(3));
  });

  test('asks again for a countersignature whose answer was lost with a restart', () => {
    const tail = [{ to: at(3), n: 1 }];
    const alone = member('P', { term: termOf(1, 'P', ['P']), final: at(2), opening: at(1), tail });
    const standing = {
      type: 'standing',
      term: alone.term,
      mandate: MANDATE,
      head: at(3),
      askedAt: 0,
    } as const;
    const { out } = tell(alone, 'W', standing);
    expect(out).toEqual([
      { to: 'W', message: { type: 'countersign', n: 1, from: at(3), to: at(3), all: true } },
    ]);
  });

  test('that is alone goes no faster than a member that comes back, for as long as that gains', () => {
    const alone = holder({ term: termOf(1, 'P', ['P']), tail: [{ to: at(3), n: 1 }] });
    const known = { ...alone, register: at(2), other: { at: at(1), sent: at(3), heardAt: 0, gainedAt: 0 } };
    const toRegistrar = ({ out }: { out: readonly Output[] }) => out.filter(({ to }) => to === 'W');
    const countersign = (to: Head, all: boolean) =>
      ({ to: 'W', message: { type: 'countersign', n: 1, from: at(2), to, all } }) as const;
    const more = { type: 'write', from: at(3), to: at(4) } as const;
    const written = step(known, more);
    expect(toRegistrar(written)).toEqual([]);
    const gained = tell(written.state, 'B', { type: 'receipt', n: 1, at: at(3) });
    expect(toRegistrar(gained)).toEqual([countersign(at(3), false)]);
    expect(toRegistrar(step(known, more, MANDATE.takeoverMs + 1))).toEqual([countersign(at(4), true)]);
  });

  test('shows something as current only with a lease that counts from when it was asked for', () => {
    expect(mayRead(holder(), 0, ALL_RULES)).toBe(false);
    const { state } = tell(holder(), 'W', { type: 'lease', n: 1, at: 100 }, 600);
    expect(mayRead(state, 1099, ALL_RULES)).toBe(true);
    expect(mayRead(state, 1100, ALL_RULES)).toBe(false);
  });

  test('shows nothing as current before what it inherited is certified in its term', () => {
    const inheriting = holder({ opening: at(4), tail: [{ to: at(4), n: 1 }] });
    const { state } = tell(inheriting, 'W', { type: 'lease', n: 1, at: 0 });
    expect(mayRead(state, 1, ALL_RULES)).toBe(false);
  });

  test('drops a member that has been silent for too long', () => {
    const { out } = step(holder(), { type: 'tick' }, MANDATE.takeoverMs + 1);
    expect(out).toContainEqual({ to: 'W', message: { type: 'propose', n: 1, proposal: { kind: 'drop' } } });
  });

  test('gives the right away once all is final, and writes nothing meanwhile', () => {
    const { state } = step(holder(), { type: 'write', from: at(2), to: at(3) });
    const giving = step(state, { type: 'hand-over' });
    const proposal = { type: 'propose', n: 1, proposal: { kind: 'hand-over' } } as const;
    expect(mayWrite(giving.state)).toBe(false);
    expect(giving.out).not.toContainEqual({ to: 'W', message: proposal });
    const settled = tell(giving.state, 'B', { type: 'receipt', n: 1, at: at(3) });
    expect(step(settled.state, { type: 'tick' }).out).toContainEqual({ to: 'W', message: proposal });
  });

  test('that is the backup gives the right back to a primary in sync, unless people gave it away', () => {
    const backup = { ...holder(), self: 'B' };
    const sinceAdd = { ...backup, term: termOf(3, 'B', ['B', 'P'], 'add') };
    const sinceHandOver = { ...backup, term: termOf(3, 'B', ['B', 'P'], 'hand-over') };
    expect(step(sinceAdd, { type: 'tick' }).state.handing).toBe(0);
    expect(step(sinceHandOver, { type: 'tick' }).state.handing).toBeNull();
  });

  test('that lacks what the registrar countersigned stops as one that was restored', () => {
    const standing = { type: 'standing', term: both, mandate: MANDATE, head: at(9), askedAt: 0 } as const;
    expect(tell(holder(), 'W', standing).state.recovering).toBe(true);
  });

  test('that has proposals which others gave up is an older copy; that contradicts a final entry is a fork', () => {
    const copy = holder({ tail: [{ to: at(3, 'old'), n: 1 }] });
    const standing = { type: 'standing', term: both, mandate: MANDATE, askedAt: 0 } as const;
    const told = (head: Head) => tell(copy, 'W', { ...standing, head }).state;
    expect(told(at(3))).toMatchObject({ recovering: true, frozen: null });
    expect(told(at(2, 'other')).frozen).toBe('the registrar countersigned another entry 2');
  });
});

describe('the other member', () => {
  test('stores what follows its log and gives a receipt', () => {
    const { state, out } = tell(member('B'), 'P', append(both, at(0), [at(1), at(2)]));
    expect(state.tail.map(({ to }) => to)).toEqual([at(1), at(2)]);
    expect(out).toEqual([{ to: 'P', message: { type: 'receipt', n: 1, at: at(2) } }]);
  });

  test('says what it has when there is a gap', () => {
    const { out } = tell(member('B'), 'P', append(both, at(5), [at(6)]));
    expect(out).toEqual([{ to: 'P', message: { type: 'missing', n: 1, end: at(0), final: at(0) } }]);
  });

  test('makes final what the holder calls so, as far as it has it', () => {
    const { state } = tell(member('B'), 'P', append(both, at(0), [at(1), at(2)], at(5)));
    expect(state.final).toEqual(at(2));
  });

  test('gives up proposals of an old term that the holder lacks', () => {
    const behind = member('B', {
      tail: [
        { to: at(1), n: 1 },
        { to: at(2, 'old'), n: 1 },
      ],
    });
    const { state } = tell(behind, 'P', append(termOf(3, 'P', ['P']), at(1), [at(2)]));
    expect(state.tail.map(({ to }) => to)).toEqual([at(1), at(2)]);
  });

  test('gives up no final entry and raises the alarm', () => {
    const { state, out } = tell(member('B', { final: at(2) }), 'P', append(both, at(1), [at(2, 'other')]));
    expect(state).toMatchObject({ final: at(2), frozen: 'the holder contradicts final entry 2' });
    expect(out).toEqual([]);
  });

  test('answers an earlier term with the current one', () => {
    const { out } = tell(member('B', { term: later }), 'P', append(both, at(0), [at(1)]));
    expect(out).toEqual([{ to: 'P', message: { type: 'term', term: later, mandate: MANDATE } }]);
  });

  test('asks for the right only when it hears nothing and a requester does not either', () => {
    const standing = { type: 'standing', term: both, mandate: MANDATE, head: at(0), askedAt: 0 } as const;
    const knowing = tell(member('B'), 'W', standing).state;
    const noticed = tell(knowing, 'T', { type: 'unable', n: 1 }, 1000).state;
    const asks = (state: typeof noticed, now: number) =>
      step(state, { type: 'tick' }, now).out.some(
        (one) =>
          'message' in one && one.message.type === 'propose' && one.message.proposal.kind === 'take-over',
      );
    expect(asks(knowing, 2000)).toBe(false);
    expect(asks(noticed, 1400)).toBe(false);
    expect(asks(noticed, 1600)).toBe(true);
  });

  test('takes up a higher term and keeps what it inherits', () => {
    const inheriting = member('B', { tail: [{ to: at(1), n: 1 }] });
    const { state } = tell(inheriting, 'W', { type: 'term', term: later, mandate: MANDATE });
    expect(state).toMatchObject({ term: later, opening: null, tail: [{ to: at(1) }] });
  });

  test('freezes when it sees two terms of one number', () => {
    const twice = { type: 'term', term: termOf(2, 'P', ['P'], 'drop'), mandate: MANDATE } as const;
    expect(tell(member('B', { term: later }), 'W', twice).state.frozen).toBe('term 2 was given twice');
  });
});

describe('a restored member', () => {
  const old = (record = {}) => member('B', restored(member('B', record), ALL_RULES), 100);
  const standing = { type: 'standing', mandate: MANDATE, head: at(2), askedAt: 100 } as const;

  test('gives no receipt and asks to leave', () => {
    expect(tell(old(), 'P', append(both, at(0), [at(1)])).out).toEqual([]);
    const resign = { type: 'propose', n: 1, proposal: { kind: 'resign' } } as const;
    expect(step(old(), { type: 'tick' }, 100).out).toContainEqual({ to: 'W', message: resign });
  });

  test('takes part again once it has heard, since its start, that nobody counts on it', () => {
    const left = { ...standing, term: termOf(2, 'P', ['P'], 'resign') };
    expect(tell(old(), 'W', { ...left, askedAt: 99 }, 101).state.recovering).toBe(true);
    expect(tell(old(), 'W', left, 101).state.recovering).toBe(false);
  });

  test('that is the only copy goes on in a new term, if it has what the registrar countersigned', () => {
    const alone = { term: later, final: at(2), opening: at(1) };
    const told = tell(old(alone), 'W', { ...standing, term: later }, 101);
    expect(told.out).toEqual([
      { to: 'W', message: { type: 'propose', n: 2, proposal: { kind: 'resume', has: at(2) } } },
    ]);
    const resumed = { ...standing, term: termOf(3, 'B', ['B'], 'resume') };
    expect(tell(told.state, 'W', resumed, 102).state.recovering).toBe(false);
    expect(
      tell(old({ ...alone, final: at(1) }), 'W', { ...standing, term: later, head: at(2, 'b') }, 101).out,
    ).toEqual([]);
  });
});
