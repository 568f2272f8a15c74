import type { Rules } from '../../../api/authority/rules.ts';
import type { Plan } from './plan.ts';
import { runSchedule } from './schedule.ts';

/** The same schedule with as few faults and requests as still show a violation, and what happens in it. */
export function shrink(plan: Plan, rules: Rules): { plan: Plan; violation: string; trace: string[] } {
  const fails = (one: Plan): boolean => runSchedule(one, rules).violation !== null;
  let least = plan;
  for (const list of ['faults', 'requests'] as const) {
    for (let index = least[list].length - 1; index >= 0; index--) {
      const fewer = { ...least, [list]: least[list].toSpliced(index, 1) };
      if (fails(fewer)) least = fewer;
    }
  }
  const trace: string[] = [];
  const { violation } = runSchedule(least, rules, trace);
  return { plan: least, violation: violation ?? '', trace };
}
