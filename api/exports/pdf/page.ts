import type { Faces } from './faces.ts';
import { wrap } from './wrap.ts';

export type Letters = { face: 'regular' | 'bold'; size: number; soft?: boolean };

/** Lines of text that are broken for a width, and how they look. */
export interface Block {
  lines: readonly string[];
  letters: Letters;
}

/** What is written on, page after page, from the top down. Lengths in points of 1/72 inch; `doc.y` is where it goes on. */
export interface Page {
  doc: PDFKit.PDFDocument;
  /** Between the margins. */
  left: number;
  width: number;
  height: number;
  /** Breaks any text into lines. */
  block(text: string, width: number, letters: Letters): Block;
  /** Writes one line, at a place of its own. */
  line(text: string, letters: Letters, place: { x: number; y: number; width: number; align?: Align }): void;
  /** What is left of the page. */
  room(): number;
  /** Goes to the next page where less than this is left. */
  keep(height: number): void;
}

export type Align = 'left' | 'right';

export const LEADING = 1.3;

export function heightOf({ lines, letters }: Block): number {
  return lines.length * letters.size * LEADING;
}

export function pageOf(doc: PDFKit.PDFDocument, faces: Faces): Page {
  const { margins } = doc.page;
  const height = doc.page.height - margins.top - margins.bottom;
  const room = () => doc.page.height - margins.bottom - doc.y;
  const widthOf =
    ({ face, size }: Letters) =>
    (text: string) =>
      faces[face].widthOf(text) * size;
  return {
    doc,
    left: margins.left,
    width: doc.page.width - margins.left - margins.right,
    height,
    block: (text, width, letters) => ({
      lines: wrap(faces.printable(text), width, widthOf(letters)),
      letters,
    }),
    line: (text, letters, { x, y, width, align }) => {
      if (text === '') return;
      const from = align === 'right' ? x + width - widthOf(letters)(text) : x;
      doc.font(letters.face).fontSize(letters.size);
      doc.fillColor(letters.soft ? '#555555' : '#111111').text(text, from, y, { lineBreak: false });
    },
    room,
    keep: (wanted) => {
      if (room() < Math.min(wanted, height)) doc.addPage();
    },
  };
}

/** Writes a block over the width of the page, and goes on on the next ones. */
export function drawBlock(page: Page, { lines, letters }: Block): void {
  const { doc, left: x, width } = page;
  const step = letters.size * LEADING;
  for (const text of lines) {
    page.keep(step);
    const { y } = doc;
    page.line(text, letters, { x, y, width });
    doc.y = y + step;
  }
}
