import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MODEL = join(import.meta.dirname, 'authority.pml');

/** How far the model goes. */
export interface Bounds {
  readonly terms: number;
  readonly entries: number;
  readonly restores: number;
}

/**
 * `all`: depth first, which needs the least. `shortest`: breadth first, so that the first violation is one of the shortest.
 */
export type Search = 'all' | 'shortest';

export interface Found {
  readonly states: number;
  readonly depth: number;
  readonly errors: number;
  readonly seconds: number;
  readonly memoryMb: number;
  /** Whether the search came to its end. */
  readonly isComplete: boolean;
  /** What happens, step by step, up to the violation; empty where there is none. */
  readonly trace: string;
}

const COMPILED: Record<Search, readonly string[]> = {
  all: ['-DCOLLAPSE', '-DMEMLIM=5500'],
  shortest: ['-DCOLLAPSE', '-DMEMLIM=5500', '-DBFS'],
};
const RUN: Record<Search, readonly string[]> = {
  all: ['-m1000000', '-w26'],
  shortest: ['-w24'],
};

/** The rules that the model can do without; those of api/authority/rules.ts by their names there. */
export function removableRules(): string[] {
  const flags = readFileSync(MODEL, 'utf8').matchAll(/(?:ifdef |defined\()NO_([A-Z_]+)/g);
  return [
    ...new Set(Array.from(flags, ([, flag = '']) => flag.toLowerCase().replaceAll('_', '-'))),
  ].toSorted();
}

/** What takes a rule out of the model: `NO_IN_SYNC_ONLY` for `in-sync-only`. */
export function flagOf(rule: string): string {
  return `NO_${rule.toUpperCase().replaceAll('-', '_')}`;
}

/** Searches the model. @throws Error when spin or gcc refuses it */
export function check(bounds: Bounds, how: { removed: readonly string[]; search: Search }): Found {
  const dir = mkdtempSync(join(tmpdir(), 'lotbook-spin-'));
  const { terms, entries, restores } = bounds;
  const sizes = [`-DTERMS=${terms}`, `-DENTRIES=${entries}`, `-DRESTORES=${restores}`];
  const model = [...sizes, ...how.removed.map((flag) => `-D${flag}`), 'authority.pml'];
  try {
    copyFileSync(MODEL, join(dir, 'authority.pml'));
    execFileSync('spin', ['-a', ...model], { cwd: dir, stdio: ['ignore', 'ignore', 'inherit'] });
    const compiled = ['-O2', '-w', '-DSAFETY', ...COMPILED[how.search], '-o', 'pan', 'pan.c'];
    execFileSync('gcc', compiled, { cwd: dir });
    const { stdout } = spawnSync(join(dir, 'pan'), ['-E', ...RUN[how.search]], {
      cwd: dir,
      encoding: 'utf8',
    });
    const isBroken = existsSync(join(dir, 'authority.pml.trail'));
    return { ...figuresOf(stdout), trace: isBroken ? traceOf(dir, model) : '' };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function figuresOf(report: string): Omit<Found, 'trace'> {
  const number = (pattern: RegExp): number => Number(pattern.exec(report)?.[1] ?? Number.NaN);
  return {
    states: number(/(\d\S*) states, stored/),
    depth: number(/depth reached (\d+)/),
    errors: number(/errors: (\d+)/),
    seconds: number(/elapsed time (\S+) seconds/),
    memoryMb: Math.round(number(/(\S+)\s+total actual memory usage/)),
    isComplete: !/Search not completed|max search depth too small/.test(report),
  };
}

function traceOf(dir: string, model: readonly string[]): string {
  const { stdout } = spawnSync('spin', ['-t', '-B', ...model], { cwd: dir, encoding: 'utf8' });
  const steps = stdout.split('\n').filter((line) => /^ +(?:[PBW]|a copy|violated:)/.test(line));
  return steps.map((line) => `\n  ${line.trim()}`).join('');
}
