import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { validateRecord } from '../../api/events/record.ts';
import type { Fields } from '../../api/events/fields.ts';
import { boardOf, isOverdue, reconciled, upwardOf } from '../../api/recall/board.ts';
import { lifeFault } from '../../api/recall/case-life.ts';
import {
  afterStep,
  canReplyGo,
  NOTICE_STATES,
  NOTICE_STEPS,
  REPLY_STATES,
  type NoticeState,
} from '../../api/recall/notice-state.ts';
import { missingIn, type NoticeContent, type ReplyContent } from '../../api/recall/notice.ts';
import { scoreOf } from '../../api/recall/score.ts';

const NOW = Date.parse('2026-07-01T12:00:00Z');
const ID = 'urn:uuid:8d1b8a3e-7c59-4f0a-8a77-6f0f6f0f6f0f';
const LOT = 'https://id.gs1.org/01/09521234543213/10/a';
const reply = (more: Partial<ReplyContent>): ReplyContent => ({
  case: ID,
  notice: ID,
  recipient: 'shop.example',
  state: 'AWAITED',
  ...more,
});

describe('the states of a notice', () => {
  const steps = fc.array(fc.constantFrom(...NOTICE_STEPS), { maxLength: 30 });
  const walk = (taken: readonly (typeof NOTICE_STEPS)[number][]): NoticeState[] => {
    const states: NoticeState[] = ['DRAFT'];
    for (const step of taken) {
      const next = afterStep(states.at(-1) as NoticeState, step);
      if (next) states.push(next);
    }
    return states;
  };

  it('have an answer to every step', () => {
    for (const state of NOTICE_STATES) {
      for (const step of NOTICE_STEPS) {
        const next = afterStep(state, step);
        expect(next === null || NOTICE_STATES.includes(next)).toBe(true);
      }
    }
  });

  test('whatever people do, nothing is issued but what is approved as it is, and nothing is taken back', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const states = walk(taken);
        const pairs = states.slice(1).map((state, at) => `${states[at] ?? ''} ${state}`);
        const wrong = pairs.filter(
          (pair) =>
            pair.endsWith(' ISSUED') !== /^(APPROVED|ISSUED) ISSUED$/.test(pair) ||
            pair.endsWith(' APPROVED') !== (pair === 'PROPOSED APPROVED') ||
            (pair.startsWith('ISSUED ') && !/ (ISSUED|CLOSED)$/.test(pair)) ||
            /^(CLOSED|CANCELLED) /.test(pair),
        );
        expect(wrong).toEqual([]);
      }),
    );
  });

  it.each(['APPROVED', 'ISSUED', 'CLOSED'])('let nobody approve his own: %s', (state) => {
    const by = (approvedBy?: string): Fields => ({
      state,
      draftedBy: 'a',
      ...(approvedBy && { approvedBy }),
    });
    expect(lifeFault('NOTICE', null, by('a'))).not.toBeNull();
    expect(lifeFault('NOTICE', null, by())).not.toBeNull();
    expect(lifeFault('NOTICE', null, by('b'))).toBeNull();
  });
});

describe('a reply', () => {
  const state = fc.constantFrom(...REPLY_STATES);

  test('goes on, and never back', () => {
    fc.assert(
      fc.property(state, state, (from, to) => {
        expect(canReplyGo(from, to) && canReplyGo(to, from)).toBe(from === to);
      }),
    );
  });

  it.each([
    [{ state: 'AWAITED' }, { state: 'ACKNOWLEDGED' }, true],
    [{ state: 'AWAITED' }, { state: 'ANSWERED' }, false],
    [{ state: 'AWAITED' }, { state: 'ANSWERED', impact: 'NONE' }, true],
    [{ state: 'ANSWERED', impact: 'NONE' }, { state: 'ACKNOWLEDGED', impact: 'NONE' }, false],
    [{ state: 'ANSWERED' }, { state: 'CONFIRMED', impact: 'INVESTIGATING' }, false],
    [{ state: 'AWAITED' }, { state: 'ANSWERED', impact: 'NONE', 'found[].lot': [LOT] }, false],
  ])('from %o may become %o: %s', (before, after, isGood) => {
    expect(lifeFault('REPLY', before, after) === null).toBe(isGood);
  });

  it('is overdue when its time is over and nothing came, by the clock that is given', () => {
    const due = { acknowledgeBy: '2026-07-01T12:00:00Z', respondBy: '2026-07-02T14:00:00+02:00' };
    expect(isOverdue(reply(due), NOW)).toBe(false);
    expect(isOverdue(reply(due), NOW + 1)).toBe(true);
    expect(isOverdue(reply({ ...due, state: 'ACKNOWLEDGED' }), NOW + 1)).toBe(false);
    expect(isOverdue(reply({ ...due, state: 'ACKNOWLEDGED' }), NOW + 86_400_001)).toBe(true);
    expect(isOverdue(reply({ ...due, state: 'ANSWERED' }), NOW + 86_400_001)).toBe(false);
  });
});

describe('what goes up from a lower tier', () => {
  const amount = fc
    .tuple(fc.nat(1_000_000), fc.constantFrom('KGM', 'GRM', 'CS'), fc.constantFrom('SOLD', 'DESTROYED'))
    .map(([units, uom, disposition]) => ({
      lot: LOT,
      quantity: (units / 1000).toString(),
      uom,
      disposition,
    }));
  const replies = fc.array(
    fc.record({
      recipient: fc.constantFrom('secret-one.example', 'secret-two.example'),
      state: fc.constantFrom(...REPLY_STATES),
      found: fc.array(amount, { maxLength: 3 }),
      upward: fc.constantFrom('TOTALS' as const, 'COUNT' as const),
      remark: fc.constant('secret remark'),
    }),
    { maxLength: 6 },
  );

  test('holds sums alone: nobody, no lot, and nothing of those who tell only that they answered', () => {
    fc.assert(
      fc.property(replies, (given) => {
        const list = given.map(reply);
        const told = JSON.stringify(upwardOf(list));
        expect(told).not.toMatch(/secret|id\.gs1\.org/);
        const shown = list.filter(({ upward }) => upward === 'TOTALS');
        expect(upwardOf(list).foundBelow).toEqual(upwardOf(shown).foundBelow);
        expect(upwardOf(list).below.notified).toBe(String(list.length));
        expect(upwardOf(list.toReversed())).toEqual(upwardOf(list));
      }),
    );
  });

  it('is summed exactly, each unit for itself', () => {
    const found = [
      { lot: LOT, quantity: '0.1', uom: 'KGM', disposition: 'SOLD' },
      { lot: LOT, quantity: '200', uom: 'GRM', disposition: 'SOLD' },
      { lot: LOT, quantity: '3', uom: 'CS', disposition: 'SOLD' },
    ];
    expect(upwardOf([reply({ state: 'ANSWERED', found })])).toEqual({
      below: { notified: '1', acknowledged: '1', answered: '1', confirmed: '0' },
      foundBelow: [
        { quantity: '3', uom: 'CS', disposition: 'SOLD' },
        { quantity: '0.3', uom: 'KGM', disposition: 'SOLD' },
      ],
    });
  });
});

describe('a notice that is checked', () => {
  const draft: NoticeContent = {
    case: ID,
    type: 'INITIAL',
    action: 'RECALL',
    drill: false,
    state: 'DRAFT',
    title: 'Salad',
  };

  it('is told everything that is missing, by name', () => {
    expect(missingIn(draft, NOW).map(({ field }) => field)).toEqual([
      'class',
      'depth',
      'reason',
      'hazard',
      'instructions',
      'contact',
      'afterHoursContact',
      'lots',
      'recipients',
      'acknowledgeBy',
      'respondBy',
    ]);
  });

  it('needs a way to reach its contacts, and times that are not over', () => {
    const more = { contact: { name: 'Ada' }, respondBy: '2026-07-01T11:59:59Z', type: 'UPDATE' as const };
    expect(missingIn({ ...draft, ...more }, NOW)).toEqual(
      expect.arrayContaining([
        { field: 'contact', message: expect.stringContaining('telephone') },
        { field: 'respondBy', message: expect.stringContaining('over') },
        { field: 'updates', message: expect.any(String) },
      ]),
    );
  });
});

describe('the score of a case', () => {
  const consigned = [{ lot: LOT, quantity: '10', uom: 'KGM' }];
  const found = [{ lot: LOT, quantity: '7500', uom: 'GRM', disposition: 'DESTROYED' }];

  it('counts from the start of its clock, and only what has come to its end', () => {
    const start = { clockStart: '2026-07-01T14:00:00+02:00', tracedAt: '2026-07-01T12:30:00Z' };
    const answers = [
      reply({ acknowledgedAt: '2026-07-01T13:00:00Z', answeredAt: '2026-07-01T14:00:00Z', consigned, found }),
      reply({ acknowledgedAt: '2026-07-01T13:30:00Z', consigned }),
    ];
    const checks = [
      { informed: true, acted: true },
      { informed: true, acted: false },
    ];
    expect(scoreOf(start, [], answers, checks)).toEqual({
      toTrace: 1800,
      toIssue: null,
      toAcknowledged: 5400,
      toAnswered: null,
      reconciled: 0.375,
      effective: 0.5,
    });
  });

  it('does not count what lower tiers found of what was passed on to them', () => {
    const foundBelow = [{ quantity: '100', uom: 'KGM', disposition: 'SOLD' }];
    const board = boardOf([reply({ consigned, found, foundBelow })], NOW);
    expect(board.totals.map((total) => [total.unit, Number(total.found), Number(total.foundBelow)])).toEqual([
      ['KGM', 7.5, 100],
    ]);
    expect(reconciled(board)).toBe(0.75);
  });

  it('is not known of what nobody told a quantity of', () => {
    expect(reconciled(boardOf([reply({})], NOW))).toBeNull();
  });
});

describe('records of a case', () => {
  const sound = {
    CASE_LINE: {
      case: ID,
      type: 'SAMPLE',
      at: '2026-07-01T08:00:00+02:00',
      result: 'POSITIVE',
      analyte: 'E. coli',
    },
    TASK: { case: ID, title: 'Ask the farm', assignee: 'Ada', due: '2026-07-02T08:00:00Z', state: 'OPEN' },
    SUSPECT: { case: ID, type: 'LOT', subject: LOT, why: 'in all legs', state: 'SUSPECTED' },
  } as const;

  it.each(Object.entries(sound))('are taken: %s', (kind, content) => {
    expect(validateRecord(kind as keyof typeof sound, ID, content)).toMatchObject({ ok: true });
  });

  it.each([
    ['a time without a zone', 'CASE_LINE', { at: '2026-07-01T08:00:00' }, 'at'],
    ['a word outside of the vocabulary', 'CASE_LINE', { result: 'MAYBE' }, 'result'],
    ['an amount without a unit', 'CASE_LINE', { amount: { quantity: '3' } }, 'amount.uom'],
    ['a number below zero', 'CASE_LINE', { count: -1 }, 'count'],
    ['a part of a person', 'CASE_LINE', { count: '1.5' }, 'count'],
    ['a field that there is not', 'TASK', { priority: 'high' }, 'priority'],
    ['an empty text', 'SUSPECT', { why: ' ' }, 'why'],
    ['another case than by its id', 'TASK', { case: 'the listeria one' }, 'case'],
  ] as const)('are refused with %s', (_, kind, more, field) => {
    const result = validateRecord(kind, ID, { ...sound[kind], ...more });
    expect(result).toMatchObject({ ok: false, problems: [expect.objectContaining({ field })] });
  });
});
