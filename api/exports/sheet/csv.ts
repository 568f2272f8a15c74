import type { Cell, TableFormat } from './workbook.ts';

const BEGINS_A_FORMULA = /^[=+\-@\t\r]/;

/**
 * RFC 4180, in UTF-8 with a byte order mark, by which spreadsheet programs know it. A text that a spreadsheet program would take for a
 * formula has an apostrophe before it (OWASP, CSV injection); a decimal number has none.
 */
export const CSV: TableFormat = {
  mostRows: Number.POSITIVE_INFINITY,
  begin: ({ head }) => `\uFEFF${line(head)}`,
  row: (cells) => line(cells),
  end: () => '',
};

function line(cells: readonly Cell[]): string {
  return `${cells.map(field).join(',')}\r\n`;
}

function field(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return cell.number;
  const safe = BEGINS_A_FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
