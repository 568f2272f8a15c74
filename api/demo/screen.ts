/** What the demo tells, on a terminal or in a file. */
export interface Screen {
  /** The next step of the story. */
  step(title: string): void;
  /** A paragraph, wrapped. */
  say(text?: string): void;
  /** Lines as they are, indented. */
  show(lines: readonly string[]): void;
  /** Rows in columns; cells that are too long are cut. */
  table(head: readonly string[], rows: readonly (readonly string[])[], widest?: number): void;
  /** What was checked, and if it does not hold, why. */
  check(holds: boolean, text: string): void;
}

type Style = 'bold' | 'dim' | 'green' | 'red';
const CODES: Record<Style, [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  green: [32, 39],
  red: [31, 39],
};
const WIDTH = 100;
const INDENT = '   ';

export function openScreen(out: { write(text: string): unknown; hasColors?: () => boolean }): Screen {
  const isColoured = out.hasColors?.() === true;
  let steps = 0;
  const style = (name: Style, text: string): string => {
    const [on, off] = CODES[name];
    return isColoured ? `\u001B[${on}m${text}\u001B[${off}m` : text;
  };
  const line = (text = ''): void => void out.write(`${text}\n`);
  return {
    step: (title) => {
      steps += 1;
      line();
      line(style('bold', `${steps}. ${title}`));
    },
    say: (text = '') =>
      wrap(text, WIDTH - INDENT.length).forEach((each) => line(`${INDENT}${each}`.trimEnd())),
    show: (lines) => lines.forEach((each) => line(`${INDENT}  ${each}`)),
    table: (head, rows, widest = 44) => {
      const cut = rows.map((row) => row.map((cell) => shorten(cell, widest)));
      const widths = head.map((title, column) =>
        Math.max(title.length, ...cut.map((row) => (row[column] ?? '').length)),
      );
      const join = (row: readonly string[]): string =>
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd();
      line(`${INDENT}${style('dim', join(head))}`);
      for (const row of cut) line(`${INDENT}${join(row)}`);
    },
    check: (holds, text) =>
      line(`${INDENT}${holds ? style('green', 'ok') : style('red', 'FAILED')}  ${text}`),
  };
}

function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 3)}...`;
}

export function countOf(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
}
