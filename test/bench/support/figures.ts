/** One line of the table: a figure beside its limit, medians over the rounds of one run. */
export interface Figure {
  section: 'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'i';
  name: string;
  unit: string;
  value: number;
  rounds: number[];
  /** The ratio is that of the rounds, each beside its own limit: both had the same share of the machine. */
  limit?: { name: string; value: number; rounds: number[]; ratio: number };
  target?: { text: string; met: boolean };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** The value below which that share of the values lies; NaN without any. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function figure(section: Figure['section'], name: string, unit: string, rounds: number[]): Figure {
  return { section, name, unit, value: median(rounds), rounds };
}

/** Adds the limit and, where it says how much of the limit is wanted, whether that is met. */
export function beside(of: Figure, limitName: string, rounds: number[], share?: number): Figure {
  const ratio = median(rounds.map((value, round) => (of.rounds[round] ?? Number.NaN) / value));
  const limit = { name: limitName, value: median(rounds), rounds, ratio };
  const target = share && {
    text: `at least ${Math.round(share * 100)}% of it`,
    met: ratio >= share,
  };
  return { ...of, limit, ...(target && { target }) };
}

export function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ section, name, unit, value, limit, target }) => [
    section,
    name,
    `${shown(value)} ${unit}`,
    limit ? `${limit.name}: ${shown(limit.value)}` : '',
    limit ? limit.ratio.toPrecision(2) : '',
    target?.text ?? '',
    target ? (target.met ? 'met' : 'NOT MET') : '',
  ]);
  const lines = [['', 'figure', 'median', 'limit, same run', 'ratio', 'target', ''], ...rows];
  const widths =
    lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function shown(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
