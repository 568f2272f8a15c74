import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { create, type Font } from 'fontkit';

export interface Face {
  bytes: Buffer;
  /** How wide a text is, in parts of the size of its letters. */
  widthOf(text: string): number;
}

/** DejaVu Sans: Latin of every language, Greek, Cyrillic, Armenian, Georgian, Hebrew, Arabic, and signs. No Chinese, Japanese, Korean. */
export interface Faces {
  regular: Face;
  bold: Face;
  /** Text as these faces can show it: what they have no shape for is told by its code point, `[U+8336]`, and nothing is lost unseen. */
  printable(text: string): string;
}

let loaded: Promise<Faces> | undefined;

/** Read once, when the first document is made. */
export function loadFaces(): Promise<Faces> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Faces> {
  const require = createRequire(import.meta.url);
  const [regular, bold] = await Promise.all([
    readFile(require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')),
    readFile(require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf')),
  ]);
  const shapes = fontOf(regular);
  return {
    regular: faceOf(regular, shapes),
    bold: faceOf(bold, fontOf(bold)),
    printable: (text) => printable(shapes, text),
  };
}

function fontOf(bytes: Buffer): Font {
  const font = create(bytes);
  if (!('characterSet' in font)) throw new Error('a file of these holds one font');
  return font;
}

function faceOf(bytes: Buffer, font: Font): Face {
  const known = new Map<string, number>();
  const widthOfOne = (character: string): number => {
    const width = font.glyphForCodePoint(character.codePointAt(0) ?? 0).advanceWidth / font.unitsPerEm;
    known.set(character, width);
    return width;
  };
  return {
    bytes,
    widthOf: (text) => {
      let width = 0;
      for (const character of text) width += known.get(character) ?? widthOfOne(character);
      return width;
    },
  };
}

const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]+/g;

function printable(shapes: Font, text: string): string {
  const plain = text.replace(/\r\n?/g, '\n').replace(CONTROLS, ' ');
  return Array.from(plain, (character) => {
    const point = character.codePointAt(0) ?? 0;
    if (character === '\n' || shapes.hasGlyphForCodePoint(point)) return character;
    return `[U+${point.toString(16).toUpperCase().padStart(4, '0')}]`;
  }).join('');
}
