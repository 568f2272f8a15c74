import type { Cell, Table, TableFormat } from './workbook.ts';

/** Rows of a sheet, and characters of a cell, that spreadsheet programs take (ECMA-376; Excel specifications and limits). */
const MOST_ROWS = 1_048_576;
const MOST_CHARACTERS = 32_767;
/** A decimal of more digits is text: spreadsheet programs calculate with 15. */
const MOST_DIGITS = 15;

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';

/** Styles, in the order of `cellXfs` in `STYLES`. */
const HEAD = 1;
const QUOTED = 2;

/**
 * The sheets of a workbook (ECMA-376, part 1, SpreadsheetML). Texts are inline strings, which no program reads as a formula, also
 * not after an edit where they begin like one (`quotePrefix`); the head stays in sight, and every column can be sorted and filtered by.
 */
export const XLSX: TableFormat = {
  mostRows: MOST_ROWS,
  begin: (table) =>
    `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0">` +
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>' +
    `<cols><col min="1" max="${table.head.length}" width="24" customWidth="1"/></cols><sheetData>` +
    `<row r="1">${table.head.map((text, at) => inline(text, `${column(at + 1)}1`, HEAD)).join('')}</row>`,
  row: (cells, number) =>
    `<row r="${number}">${cells.map((cell, at) => cellOf(cell, `${column(at + 1)}${number}`)).join('')}</row>`,
  end: ({ head }, rows) => `</sheetData><autoFilter ref="A1:${column(head.length)}${rows}"/></worksheet>`,
};

function cellOf(cell: Cell, at: string): string {
  if (cell === null) return '';
  if (typeof cell === 'string') return inline(cell, at, /^[=+\-@\t\r]/.test(cell) ? QUOTED : 0);
  const digits = cell.number.replace(/^-/, '').replace('.', '').replace(/^0+/, '').length;
  return digits <= MOST_DIGITS ? `<c r="${at}"><v>${cell.number}</v></c>` : inline(cell.number, at, 0);
}

function inline(text: string, at: string, style: number): string {
  const cut = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 20)} ... (cut short)` : text;
  return `<c r="${at}" t="inlineStr"${style === 0 ? '' : ` s="${style}"`}><is><t xml:space="preserve">${escapeXml(cut)}</t></is></c>`;
}

const NEEDS_ESCAPE = /[\u0000-\u0008\u000B-\u001F\uFFFE\uFFFF&<>"]|_x[0-9A-Fa-f]{4}_|\p{Surrogate}/u;

/** As ST_Xstring has it: what XML cannot hold is written `_x0007_`, and what looks like that is escaped itself. */
function escapeXml(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return text;
  return text
    .replaceAll(/\p{Surrogate}/gu, '\uFFFD')
    .replaceAll(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    .replaceAll(/[\u0000-\u0008\u000B-\u001F\uFFFE\uFFFF]/g, (sign: string) => {
      return `_x${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
    })
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** 1 is A, 27 is AA. */
function column(number: number): string {
  const rest = (number - 1) % 26;
  const before = Math.floor((number - 1) / 26);
  return `${before === 0 ? '' : column(before)}${String.fromCharCode(65 + rest)}`;
}

const STYLES =
  `${XML}<styleSheet xmlns="${MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>` +
  '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>' +
  '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>' +
  '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>' +
  '<cellXfs count="3"><xf/><xf fontId="1" applyFont="1"/><xf quotePrefix="1"/></cellXfs></styleSheet>';

/** The parts of the package beside the sheets, by their names. */
export function workbookParts(
  sheets: readonly Pick<Table, 'title'>[],
): readonly (readonly [string, string])[] {
  const numbers = sheets.map((_, at) => at + 1);
  const types = numbers.map(
    (number) =>
      `<Override PartName="/xl/worksheets/sheet${number}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`,
  );
  const listed = sheets.map(
    ({ title }, at) => `<sheet name="${escapeXml(title)}" sheetId="${at + 1}" r:id="rId${at + 1}"/>`,
  );
  const relations = numbers.map(
    (number) =>
      `<Relationship Id="rId${number}" Type="${RELATIONS}/worksheet" Target="worksheets/sheet${number}.xml"/>`,
  );
  return [
    [
      '[Content_Types].xml',
      `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
        '<Default Extension="xml" ContentType="application/xml"/>' +
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>' +
        '<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>' +
        `${types.join('')}</Types>`,
    ],
    [
      '_rels/.rels',
      `${XML}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ],
    [
      'xl/workbook.xml',
      `${XML}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheets>${listed.join('')}</sheets></workbook>`,
    ],
    [
      'xl/_rels/workbook.xml.rels',
      `${XML}<Relationships xmlns="${PACKAGE}/relationships">${relations.join('')}` +
        `<Relationship Id="rId${sheets.length + 1}" Type="${RELATIONS}/styles" Target="styles.xml"/></Relationships>`,
    ],
    ['xl/styles.xml', STYLES],
  ];
}

/** Where the sheets are in the package, counted from 0. */
export function sheetPath(at: number): string {
  return `xl/worksheets/sheet${at + 1}.xml`;
}
