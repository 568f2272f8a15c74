/** Who held the right, from when on. */
export interface Held {
  n: number;
  holder: string;
  /** ms since 1970 */
  at: number;
}

export interface TimelineInput {
  /** In order. The last one goes on until the end. */
  terms: readonly Held[];
  lanes: readonly { organisation: string; name: string }[];
  from: number;
  to: number;
  /** When a node was not there. */
  down: { organisation: string; from: number; to: number };
  width: number;
}

/**
 * A lane of text for each member: the last digit of the term while it holds the right, `x` while its node is down, which
 * may be in both ways at once: then the node is what can be seen.
 */
export function timeline({ terms, lanes, from, to, down, width }: TimelineInput): string[] {
  const cellMs = (to - from) / width;
  const widest = Math.max(...lanes.map(({ name }) => name.length));
  return lanes.map(({ organisation, name }) => {
    const cells = Array.from({ length: width }, (_, cell) => {
      const [begins, ends] = [from + cell * cellMs, from + (cell + 1) * cellMs];
      const isDown = organisation === down.organisation && down.from < ends && down.to > begins;
      const term = terms.findLast(({ at }) => at < ends);
      if (isDown) return 'x';
      return term?.holder === organisation ? String(term.n % 10) : '.';
    });
    return `${name.padEnd(widest)}  ${cells.join('')}`;
  });
}
