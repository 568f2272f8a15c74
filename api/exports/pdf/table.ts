import { heightOf, LEADING, type Align, type Block, type Letters, type Page } from './page.ts';

export interface Column {
  head: string;
  /** Of the width of the page, in proportion to the shares of the other columns. */
  share: number;
  align?: Align;
}

const PADDING = 3;
const HEAD: Letters = { face: 'bold', size: 8 };
const BODY: Letters = { face: 'regular', size: 8 };
const LINE = BODY.size * LEADING;

/**
 * A table of any length. Its head stands on each page; a row goes to the next page whole, unless it is higher than a quarter of a
 * page: such a row is split.
 */
export function drawTable(
  page: Page,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): void {
  const { doc } = page;
  const cells = placed(page, columns);
  const blocksOf = (row: readonly string[], letters: Letters) =>
    cells.map(({ width }, at) => page.block(row[at] ?? '', width, letters));
  const head = blocksOf(
    columns.map(({ head }) => head),
    HEAD,
  );
  const turn = (): void => {
    doc.addPage();
    drawRow(page, cells, head);
  };
  page.keep(heightOfRow(head) + 3 * LINE);
  drawRow(page, cells, head);
  for (const row of rows) {
    let left = blocksOf(row, BODY);
    while (heightOfRow(left) > page.room()) {
      const lines = Math.floor((page.room() - 2 * PADDING) / LINE);
      if (heightOfRow(left) > page.height / 4 && lines > 0) {
        drawRow(
          page,
          cells,
          left.map((block) => ({ ...block, lines: block.lines.slice(0, lines) })),
        );
        left = left.map((block) => ({ ...block, lines: block.lines.slice(lines) }));
      }
      turn();
    }
    drawRow(page, cells, left);
  }
  doc.y += 8;
}

interface Cell {
  x: number;
  width: number;
  align: Align;
}

function placed({ left, width }: Page, columns: readonly Column[]): Cell[] {
  const shares = columns.reduce((sum, { share }) => sum + share, 0);
  let x = left;
  return columns.map(({ share, align = 'left' }) => {
    const outer = (width * share) / shares;
    const cell = { x: x + PADDING, width: outer - 2 * PADDING, align };
    x += outer;
    return cell;
  });
}

function drawRow(page: Page, cells: readonly Cell[], blocks: readonly Block[]): void {
  const { doc, left, width } = page;
  const top = doc.y;
  const bottom = top + heightOfRow(blocks);
  if (blocks[0]?.letters === HEAD) doc.rect(left, top, width, bottom - top).fill('#eeeeee');
  for (const [at, { lines, letters }] of blocks.entries()) {
    const cell = cells[at];
    if (!cell) continue;
    for (const [row, text] of lines.entries())
      page.line(text, letters, { ...cell, y: top + PADDING + row * LINE });
  }
  doc
    .moveTo(left, bottom)
    .lineTo(left + width, bottom)
    .lineWidth(0.5)
    .stroke('#bbbbbb');
  doc.y = bottom;
}

function heightOfRow(blocks: readonly Block[]): number {
  return Math.max(...blocks.map(heightOf)) + 2 * PADDING;
}
