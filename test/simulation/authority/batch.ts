import { ALL_RULES, without, type Rule } from '../../../api/authority/rules.ts';
import { planOf, type Plan } from './plan.ts';
import { runSchedule } from './schedule.ts';

/** Which schedules of a seed to run, and with which rule taken away. */
export interface Batch {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly rule: Rule | null;
}

export interface BatchResult {
  readonly from: number;
  readonly schedules: number;
  readonly events: number;
  readonly terms: number;
  /** Schedules that ended with the owner's turn. */
  readonly stopped: number;
  readonly violations: readonly { readonly schedule: number; readonly text: string }[];
}

/** The plan of one schedule: number and seed alone decide it. */
export function planOfSchedule(seed: number, schedule: number): Plan {
  return planOf((Math.imul(seed, 0x9e3779b1) + schedule) >>> 0);
}

export function rulesOf(rule: Rule | null) {
  return rule === null ? ALL_RULES : without(rule);
}

export function runBatch({ seed, from, to, rule }: Batch): BatchResult {
  const rules = rulesOf(rule);
  const violations: { schedule: number; text: string }[] = [];
  let [events, terms, stopped] = [0, 0, 0];
  for (let schedule = from; schedule < to; schedule++) {
    const outcome = runSchedule(planOfSchedule(seed, schedule), rules);
    events += outcome.events;
    terms += outcome.terms - 1;
    if (outcome.stopped) stopped += 1;
    if (outcome.violation !== null) violations.push({ schedule, text: outcome.violation });
  }
  return { from, schedules: to - from, events, terms, stopped, violations };
}
