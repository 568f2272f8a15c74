import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { check, flagOf, removableRules, type Bounds, type Found } from './check.ts';

const USAGE = `npm run spin -- [--deep] [--without RULE[,RULE]] [--list-rules]
Looks at every state of the safety core of the authority protocol (authority.pml) within bounds of terms, entries and restores.
Without a rule it must find a violation, and prints the shortest way to it. Needs spin and gcc, and 6 GB of memory at most.`;

const BOUNDS: readonly Bounds[] = [
  { terms: 5, entries: 3, restores: 0 },
  { terms: 4, entries: 2, restores: 1 },
  { terms: 4, entries: 2, restores: 2 },
];
const DEEP: readonly Bounds[] = [
  { terms: 6, entries: 4, restores: 0 },
  { terms: 5, entries: 2, restores: 1 },
  { terms: 4, entries: 3, restores: 1 },
];
/** Large enough for each rule's violation, and searched breadth first, so that the shortest one is shown. */
const SMALL: Bounds = { terms: 4, entries: 2, restores: 1 };

function main(): boolean {
  const { values } = parseArgs({
    options: {
      deep: { type: 'boolean' },
      without: { type: 'string' },
      'list-rules': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return say(USAGE);
  const rules = removableRules();
  if (values['list-rules']) return say(rules.join('\n'));
  const removed = values.without?.split(',') ?? [];
  const unknown = removed.filter((rule) => !rules.includes(rule));
  if (unknown.length > 0) throw new Error(`no rule ${unknown.join(', ')} in authority.pml\n${USAGE}`);
  if (spawnSync('spin', ['-V']).error)
    return say('spin is not here, so nothing was checked: apt-get install spin gcc');
  if (removed.length > 0) {
    const found = check(SMALL, { removed: removed.map(flagOf), search: 'shortest' });
    say(`without ${removed.join(', ')}: ${figures(SMALL, found)}${found.trace}`);
    return found.trace.includes('violated:');
  }
  return (values.deep ? DEEP : BOUNDS).map(checkAll).every(Boolean);
}

function checkAll(bounds: Bounds): boolean {
  const found = check(bounds, { removed: [], search: 'all' });
  say(figures(bounds, found) + found.trace);
  return found.errors === 0 && found.isComplete;
}

function figures({ terms, entries, restores }: Bounds, found: Found): string {
  const { states, depth, errors, seconds, isComplete, memoryMb } = found;
  const sizes = `${terms} terms, ${entries} entries, ${restores} restores`;
  const cut = isComplete || errors > 0 ? '' : ' (not all)';
  return `${sizes}: states ${states}${cut}, depth ${depth}, errors ${errors}, ${seconds} s, ${memoryMb} MB`;
}

function say(text: string): true {
  console.log(text);
  return true;
}

if (!main()) process.exitCode = 1;
