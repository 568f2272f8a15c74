import { RULES, type Rule } from '../../../api/authority/rules.ts';

/** Within how many schedules a violation shows without a rule, where 20,000 are too few. */
const RARE: Partial<Record<Rule, number>> = {};

export function schedulesFor(rule: Rule): number {
  return RARE[rule] ?? 20_000;
}

/** Throws for anything but the name of a rule. */
export function ruleOf(text: string): Rule {
  const rule = (Object.keys(RULES) as Rule[]).find((name) => name === text);
  if (rule === undefined) throw new Error(`no rule ${text}; --list-rules names them`);
  return rule;
}
