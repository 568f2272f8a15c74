/** Where a line may end within a word: identifiers are long. */
const PIECES = /\s+|[^\s/\-.:;,_&?=]+[/\-.:;,_&?=]*|[/\-.:;,_&?=]+/gu;

/**
 * The lines of a text, none wider than `width`. Words that are wider than a line are cut; nothing but spaces at the ends of lines
 * is left out. At least one line.
 */
export function wrap(text: string, width: number, widthOf: (text: string) => number): string[] {
  return text.split('\n').flatMap((paragraph) => wrapOne(paragraph, width, widthOf));
}

function wrapOne(text: string, width: number, widthOf: (text: string) => number): string[] {
  const lines: string[] = [];
  let line = '';
  let used = 0;
  const put = (piece: string, wide: number): void => {
    line += piece;
    used += wide;
  };
  const turn = (): void => {
    lines.push(line.trimEnd());
    line = '';
    used = 0;
  };
  for (const piece of text.match(PIECES) ?? []) {
    const wide = widthOf(piece);
    const isSpace = piece.trim() === '';
    if (used + wide > width && line !== '' && !isSpace) turn();
    if (isSpace && line === '' && lines.length > 0) continue;
    if (isSpace || wide <= width) put(piece, wide);
    else
      for (const character of piece) {
        const one = widthOf(character);
        if (used + one > width && line !== '') turn();
        put(character, one);
      }
  }
  turn();
  return lines;
}
