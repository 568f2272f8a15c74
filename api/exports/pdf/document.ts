import { buffer } from 'node:stream/consumers';
import type Writer from 'pdfkit';
import { loadFaces, type Faces } from './faces.ts';
import { drawBlock, heightOf, LEADING, pageOf, type Letters, type Page } from './page.ts';
import { drawTable, type Column } from './table.ts';

/** What stands on every page of a document, and in its properties. */
export interface DocumentTerms {
  title: string;
  /** The organisation whose node makes it. */
  author: string;
  /** When it is made, ms since 1970. */
  at: number;
  /** The language of its words (BCP 47). */
  language?: string;
  /** At the foot of each page, beside "page 3 of 12": a verification code, for one. */
  foot: string;
}

/** A4, top to bottom; what does not fit goes on on the next page. Any text may be given: see `Faces.printable`. */
export interface PrintedDocument {
  /** 1: of a part of the document, also in its outline; 2: below it. */
  heading(text: string, level: 1 | 2): void;
  paragraph(text: string, options?: { soft?: boolean }): void;
  /** Names and their values, one pair a line. */
  pairs(pairs: readonly (readonly [name: string, value: string])[]): void;
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void;
  /** What comes next stands on a page of its own. */
  nextPage(): void;
  /** Writes the head and foot of the pages. Nothing can be added after it. */
  end(): Promise<Buffer>;
}

const MARGINS = { top: 64, bottom: 56, left: 48, right: 48 };
const TEXT: Letters = { face: 'regular', size: 9 };
const SOFT: Letters = { ...TEXT, soft: true };
const FRAME: Letters = { face: 'regular', size: 7.5, soft: true };
const HEADINGS: Record<1 | 2, Letters> = { 1: { face: 'bold', size: 14 }, 2: { face: 'bold', size: 10.5 } };

/** A document that is the same to the byte wherever its content and `at` are. */
export async function openDocument(terms: DocumentTerms): Promise<PrintedDocument> {
  // Loaded when somebody prints: few nodes do.
  const [{ default: PDFDocument }, faces] = await Promise.all([import('pdfkit'), loadFaces()]);
  const doc = newDocument(PDFDocument, terms, faces);
  const page = pageOf(doc, faces);
  const bytes = buffer(doc);
  return {
    heading: (text, level) => drawHeading(page, text, level),
    paragraph: (text, { soft = false } = {}) => {
      drawBlock(page, page.block(text, page.width, soft ? SOFT : TEXT));
      doc.y += 6;
    },
    pairs: (pairs) => drawPairs(page, pairs),
    table: (columns, rows) => drawTable(page, columns, rows),
    nextPage: () => {
      if (doc.y > MARGINS.top) doc.addPage();
    },
    end: () => {
      drawFrames(page, terms);
      doc.end();
      return bytes;
    },
  };
}

function newDocument(
  PDFDocument: typeof Writer,
  { title, author, at, language = 'en' }: DocumentTerms,
  { regular, bold }: Faces,
): PDFKit.PDFDocument {
  const moment = new Date(at);
  const doc = new PDFDocument({
    size: 'A4',
    margins: MARGINS,
    bufferPages: true,
    lang: language,
    displayTitle: true,
    info: { Title: title, Author: author, CreationDate: moment, ModDate: moment },
  });
  return doc.registerFont('regular', regular.bytes).registerFont('bold', bold.bytes);
}

function drawHeading(page: Page, text: string, level: 1 | 2): void {
  const { doc } = page;
  const words = page.block(text, page.width, HEADINGS[level]);
  // With something of what it is the heading of.
  page.keep(heightOf(words) + 60);
  drawBlock(page, words);
  doc.y += 4;
  if (level === 1) doc.outline.addItem(words.lines.join(' '));
}

function drawPairs(page: Page, pairs: readonly (readonly [string, string])[]): void {
  const { doc, left, width } = page;
  const names = width * 0.3;
  const step = TEXT.size * LEADING;
  for (const [name, value] of pairs) {
    const [label, text] = [page.block(name, names - 8, SOFT), page.block(value, width - names, TEXT)];
    for (let at = 0; at < Math.max(label.lines.length, text.lines.length); at += 1) {
      page.keep(step);
      const { y } = doc;
      page.line(label.lines[at] ?? '', SOFT, { x: left, y, width: names });
      page.line(text.lines[at] ?? '', TEXT, { x: left + names, y, width: width - names });
      doc.y = y + step;
    }
  }
  doc.y += 8;
}

/** The head and foot of each page, once it is known how many there are. */
function drawFrames(page: Page, { title, author, at, foot }: DocumentTerms): void {
  const { doc, left, width } = page;
  const { count } = doc.bufferedPageRange();
  for (let number = 0; number < count; number += 1) {
    doc.switchToPage(number);
    // Or what stands below the margin would begin a new page.
    doc.page.margins.bottom = 0;
    const [top, bottom] = [34, doc.page.height - 38];
    const first = (text: string, share: number) => page.block(text, width * share, FRAME).lines[0] ?? '';
    page.line(first(title, 0.5), FRAME, { x: left, y: top, width });
    const made = first(`${author}, ${new Date(at).toISOString()}`, 0.5);
    page.line(made, FRAME, { x: left, y: top, width, align: 'right' });
    page.line(first(foot, 0.8), FRAME, { x: left, y: bottom, width });
    page.line(`page ${number + 1} of ${count}`, FRAME, { x: left, y: bottom, width, align: 'right' });
  }
}
