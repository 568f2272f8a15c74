import { readIdentifier } from '../events/element-string.ts';
import { LotbookError } from '../errors.ts';
import { shortIdentifier } from './sheet/places.ts';

/** QR: a QR code with the GS1 Digital Link that a node resolves; DATAMATRIX: a GS1 DataMatrix with the element string. */
export const LABEL_CODES = ['QR', 'DATAMATRIX'] as const;
export type LabelCode = (typeof LABEL_CODES)[number];

/** A code to be printed, and what stands beside it for people. */
export interface Label {
  /** Application identifiers in brackets, or the identifier itself. */
  text: string;
  /** What the code holds. */
  holds: string;
  code: LabelCode;
}

/** Points of 1/72 inch: a module is 0.75 mm wide, more than the GS1 General Specifications ask for on logistic units. */
const SCALE = 3;
const QUIET = 4;

/**
 * The label of a lot or of another thing, given in any of the usual notations.
 *
 * @param host where its Digital Link is resolved, such as `https://lotbook.packer.example`
 * @throws LotbookError BAD_INPUT for what is no identifier, or no GS1 key where a DataMatrix is asked for
 */
export function labelOf(given: string, code: LabelCode, host: string): Label {
  const { canonical, fault } = readIdentifier(given);
  if (fault) throw new LotbookError('BAD_INPUT', `${fault.message}.`, { place: 'text' });
  const [, path] = /^https:\/\/id\.gs1\.org(\/.+)$/.exec(canonical) ?? [];
  const text = shortIdentifier(canonical);
  if (code === 'QR')
    return { text, holds: path === undefined ? canonical : `${host.replace(/\/$/, '')}${path}`, code };
  if (path !== undefined) return { text, holds: text, code };
  throw new LotbookError('BAD_INPUT', 'Only a GS1 key has a GS1 DataMatrix: ask for a QR code.', {
    place: 'code',
  });
}

/** A picture of the code in SVG. */
export async function labelSvg(label: Label): Promise<string> {
  const { toSVG } = await writer();
  return toSVG(optionsOf(label));
}

/** A picture of the code in PNG, with 288 dots to the inch. */
export async function labelPng(label: Label): Promise<Buffer> {
  const { toBuffer } = await writer();
  return toBuffer({ ...optionsOf(label), scale: SCALE * 4 });
}

const [WIDTH, HEIGHT, MARGIN] = [216, 144, 12];

/** A page of 3 by 2 inches, as label printers take it: the code, and beside it what it says. */
export async function labelPdf(label: Label): Promise<Buffer> {
  const [{ default: PDFDocument }, { buffer }, png] = await Promise.all([
    import('pdfkit'),
    import('node:stream/consumers'),
    labelPng(label),
  ]);
  const doc = new PDFDocument({ size: [WIDTH, HEIGHT], margin: MARGIN, info: { Title: label.text } });
  const bytes = buffer(doc);
  const side = HEIGHT - 3 * MARGIN;
  doc.image(png, MARGIN, MARGIN, { fit: [side, side] });
  doc.font('Helvetica').fontSize(9);
  doc.text(label.text.replaceAll('(', '\n(').trim(), side + 2 * MARGIN, MARGIN, {
    width: WIDTH - side - 3 * MARGIN,
  });
  doc.end();
  return bytes;
}

/** Loaded when somebody prints: it is large. */
function writer() {
  return import('bwip-js/node');
}

function optionsOf({ code, holds }: Label) {
  return {
    bcid: code === 'QR' ? 'qrcode' : 'gs1datamatrix',
    text: holds,
    scale: SCALE,
    padding: QUIET * SCALE,
    backgroundcolor: 'FFFFFF',
    ...(code === 'QR' && { eclevel: 'M' }),
  };
}
