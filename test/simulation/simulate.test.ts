import { describe, expect, test } from 'vitest';
import { ALL_RULES, without, type Rule } from '../../api/authority/rules.ts';
import { planOfSchedule, runBatch } from './authority/batch.ts';
import { runSchedule } from './authority/schedule.ts';
import { shrink } from './authority/shrink.ts';

describe('simulated networks', () => {
  test('keep every promise through a few hundred schedules of faults', () => {
    const { violations, terms } = runBatch({ seed: 7, from: 0, to: 300, rule: null });
    expect(violations).toEqual([]);
    expect(terms).toBeGreaterThan(300);
  });

  test('do the same again for the same seed', () => {
    const traces = [0, 1].map(() => {
      const trace: string[] = [];
      runSchedule(planOfSchedule(7, 11), ALL_RULES, trace);
      return trace.join('\n');
    });
    expect(traces[0]).toBe(traces[1]);
    expect(traces[0]?.length).toBeGreaterThan(1000);
  });

  test.each<Rule>(['receipt-first', 'silence', 'fence-reads', 'once', 'answer-final', 'store-first'])(
    'break without the rule %s',
    (rule) => expect(firstViolation(rule)).not.toBeNull(),
  );

  test('show a violation with as few faults as bring it about', () => {
    const plan = planOfSchedule(7, firstViolation('silence') ?? 0);
    const { plan: least, violation } = shrink(plan, without('silence'));
    expect(violation).toMatch(/^deposed/);
    expect(least.faults.length).toBeLessThanOrEqual(plan.faults.length);
    expect(runSchedule(least, ALL_RULES).violation).toBeNull();
  });
});

/** The number of the first schedule of the first few hundred that shows what a rule prevents. */
function firstViolation(rule: Rule): number | null {
  for (let schedule = 0; schedule < 400; schedule++) {
    const { violation } = runSchedule(planOfSchedule(7, schedule), without(rule));
    if (violation !== null) return schedule;
  }
  return null;
}
