import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { RULES, type Rule } from '../../api/authority/rules.ts';
import { planOfSchedule, rulesOf, type BatchResult } from './authority/batch.ts';
import { runJobs, serveJobs } from './authority/jobs.ts';
import { shrink } from './authority/shrink.ts';

/*
 * npm run simulate -- [--schedules 20000] [--seed 7] [--without RULE] [--json FILE] [--jobs N] | --only SCHEDULE | --list-rules
 *
 * Runs the authority of books, with the very machines that nodes run, through so many schedules of faults, and checks the
 * invariants of schema/PROTOCOL.md. With --without it ends at the first violation; --only shows one schedule, made as small
 * as possible. Ends with 1 where there is a violation.
 */
const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '7' },
    without: { type: 'string' },
    only: { type: 'string' },
    json: { type: 'string' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    'list-rules': { type: 'boolean', default: false },
    job: { type: 'boolean', default: false },
  },
});
const say = (text: string): void => console.log(text);
const schedules = Number(values.schedules);
const seed = Number(values.seed);
const jobs = Number(values.jobs);
const rule = values.without === undefined ? null : ruleOf(values.without);
if (!(schedules > 0) || !Number.isInteger(seed) || !(jobs > 0)) throw new Error('see the head of this file');

/** What only the exhaustive check of the safety core finds to be missed: it takes a restore between two rare messages. */
const BY_SPIN: ReadonlySet<string> = new Set<Rule>(['current-receipts', 'register-first']);

if (values.job) serveJobs();
else if (values['list-rules']) list();
else if (values.only === undefined) await simulate();
else show(Number(values.only));

function list(): void {
  say(
    'Without any one of these, 20,000 schedules show a violation; without one marked *, npm run spin does.',
  );
  for (const [name, text] of Object.entries(RULES)) {
    say(`${BY_SPIN.has(name) ? '*' : ' '} ${name.padEnd(20)} ${text}`);
  }
}

function ruleOf(text: string): Rule {
  const rule = (Object.keys(RULES) as Rule[]).find((name) => name === text);
  if (rule === undefined) throw new Error(`no rule ${text}; --list-rules names them`);
  return rule;
}

async function simulate(): Promise<void> {
  const startedAt = performance.now();
  const script = fileURLToPath(import.meta.url);
  const sum = { schedules: 0, events: 0, terms: 0, stopped: 0 };
  const found: BatchResult['violations'][number][] = [];
  await runJobs({ seed, from: 0, to: schedules, rule }, { script, jobs }, (result) => {
    sum.schedules += result.schedules;
    sum.events += result.events;
    sum.terms += result.terms;
    sum.stopped += result.stopped;
    found.push(...result.violations);
    return rule !== null && found.length > 0;
  });
  const seconds = (performance.now() - startedAt) / 1000;
  found.sort((a, b) => a.schedule - b.schedule);
  const perSecond = Math.round(sum.schedules / seconds);
  const figures = { seed, without: rule, ...sum, seconds: Math.round(seconds), perSecond };
  say(JSON.stringify(figures));
  if (values.json) {
    await writeFile(
      values.json,
      `${JSON.stringify({ ...figures, violations: found.length, found }, null, 2)}\n`,
    );
  }
  for (const { schedule, text } of found.slice(0, 10)) say(`seed ${seed} schedule ${schedule}: ${text}`);
  if (found[0]) show(found[0].schedule);
  say(`violations ${found.length}`);
  if (found.length > 0) process.exitCode = 1;
}

function show(schedule: number): void {
  const { plan, violation, trace } = shrink(planOfSchedule(seed, schedule), rulesOf(rule));
  say(
    `seed ${seed} schedule ${schedule}, with ${plan.faults.length} faults and ${plan.requests.length} requests left:`,
  );
  for (const line of trace.slice(-120)) say(`  ${line}`);
  say(`  ${violation === '' ? 'no violation' : violation}`);
}
