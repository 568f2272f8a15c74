import { describe, expect, it } from 'vitest';
import type { Fields } from '../../api/events/fields.ts';
import { lifeFault } from '../../api/recall/case-life.ts';
import { dueSteps } from '../../api/recall/reminders.ts';
import type { ReplyContent } from '../../api/recall/notice.ts';

const proposed: Fields = {
  case: 'our case',
  state: 'PROPOSED',
  reason: 'Listeria',
  rules: ['urn:lotbook:grant:emergency-rule-receipts'],
  parties: ['packer.example'],
  until: '2026-07-02T00:00:00Z',
  proposedBy: 'shop.example/people/1',
};
const declared: Fields = { ...proposed, state: 'DECLARED', approvedBy: 'shop.example/people/2' };
const fault = (before: Fields | null, after: Fields) => lifeFault('EMERGENCY', before, after);

describe('a declared recall', () => {
  it('is proposed, declared by a second person, and ended', () => {
    expect(fault(null, proposed)).toBeNull();
    expect(fault(proposed, declared)).toBeNull();
    expect(fault(declared, { ...declared, state: 'ENDED' })).toBeNull();
    expect(fault(proposed, { ...proposed, state: 'ENDED' })).toBeNull();
  });

  it('does not come to be in any other way', () => {
    const { proposedBy } = proposed;
    const ended = { ...declared, state: 'ENDED' };
    for (const [before, after] of [
      [null, declared],
      [null, { ...proposed, approvedBy: 'shop.example/people/2' }],
      [proposed, { ...proposed, state: 'DECLARED' }],
      [proposed, { ...proposed, state: 'DECLARED', approvedBy: proposedBy }],
      [proposed, { ...declared, proposedBy: 'shop.example/people/3' }],
      [proposed, { ...declared, parties: ['packer.example', 'farm.example'] }],
      [proposed, { ...declared, until: '2027-07-02T00:00:00Z' }],
      [declared, { ...declared, case: 'another case' }],
      [declared, proposed],
      [declared, { ...ended, approvedBy: 'shop.example/people/3' }],
      [ended, declared],
      [ended, ended],
    ] as [Fields | null, Fields][])
      expect(fault(before, after)).not.toBeNull();
  });
});

describe('what is due of a reply', () => {
  const reply: ReplyContent = {
    case: 'urn:uuid:1',
    notice: 'urn:uuid:2',
    recipient: 'shop.example',
    state: 'AWAITED',
    acknowledgeBy: '2026-07-01T12:00:00Z',
    respondBy: '2026-07-02T12:00:00Z',
  };
  const due = (more: Partial<ReplyContent>, at: string) => dueSteps({ ...reply, ...more }, Date.parse(at));
  const [nothing, remind] = [
    { remind: false, escalate: false },
    { remind: true, escalate: false },
  ];

  it('is a reminder for each deadline that is over, unless there was one since', () => {
    expect(due({}, '2026-07-01T12:00:00Z')).toEqual(nothing);
    expect(due({}, '2026-07-01T12:00:01Z')).toEqual(remind);
    // Reminded by somebody before the time was over: that was another reminder.
    expect(due({ remindedAt: '2026-07-01T11:00:00Z' }, '2026-07-01T13:00:00Z')).toEqual(remind);
    expect(due({ remindedAt: '2026-07-01T12:30:00Z' }, '2026-07-01T13:00:00Z')).toEqual(nothing);
    expect(due({ state: 'ACKNOWLEDGED' }, '2026-07-01T13:00:00Z')).toEqual(nothing);
  });

  it('is an escalation when the time to answer is over, once', () => {
    const late = '2026-07-02T13:00:00Z';
    expect(due({ remindedAt: '2026-07-01T12:30:00Z' }, late)).toEqual({ remind: true, escalate: true });
    expect(due({ state: 'ACKNOWLEDGED' }, late)).toEqual({ remind: true, escalate: true });
    const done = { remindedAt: '2026-07-02T12:30:00Z', escalatedAt: '2026-07-02T12:30:00Z' };
    expect(due(done, late)).toEqual(nothing);
    for (const state of ['ANSWERED', 'CONFIRMED'] as const) expect(due({ state }, late)).toEqual(nothing);
  });
});
