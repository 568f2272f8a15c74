/** What came in and what became of it, in one unit. Decimals as the node tells them. */
export interface Account {
  in: readonly (readonly [string, string])[];
  out: readonly (readonly [string, string])[];
  unit: string;
}

export interface Band {
  name: string;
  /** Exact, with its sign. */
  quantity: string;
  side: 'IN' | 'OUT';
  /** Of the picture's height, 0 to 1: of this end, and of the bar in the middle. */
  at: number;
  middle: number;
  height: number;
  isUnexplained: boolean;
}

export const UNEXPLAINED = 'unexplained';
/** Between two bands at the sides: room for the words of the thinnest. */
const GAP = 0.09;

/** Bands of a Sankey diagram, as high as their quantities; what is 0 has none. Widths are approximate, the texts are exact. */
export function bandsOf(account: Account): Band[] {
  const given = { IN: parts(account.in), OUT: parts(account.out) };
  const most = Math.max(...(['IN', 'OUT'] as const).map((side) => sumOf(given[side])), Number.MIN_VALUE);
  const rows = Math.max(given.IN.length, given.OUT.length, 1);
  const scale = (1 - GAP * (rows - 1)) / most;
  return (['IN', 'OUT'] as const).flatMap((side) => {
    const used = sumOf(given[side]) * scale;
    let at = (1 - used - GAP * (given[side].length - 1)) / 2;
    let middle = (1 - used) / 2;
    return given[side].map(({ name, quantity, size }): Band => {
      const height = size * scale;
      const band = { name, quantity, side, at, middle, height, isUnexplained: name === UNEXPLAINED };
      at += height + GAP;
      middle += height;
      return band;
    });
  });
}

interface Part {
  name: string;
  quantity: string;
  size: number;
}

function parts(of: Account['in']): Part[] {
  return of
    .map(([name, quantity]) => ({ name, quantity, size: Math.abs(Number(quantity)) }))
    .filter(({ size }) => size > 0);
}

function sumOf(of: readonly Part[]): number {
  return of.reduce((sum, { size }) => sum + size, 0);
}
