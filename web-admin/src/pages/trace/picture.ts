import { type Colours, curveOf, fitted, halfOf, paint, type Shown } from './paint.ts';
import { BOX, type Scene, type SceneNode, STUB, STUB_RISE } from './scene.ts';

const MARGIN = 48;
/** Browsers refuse larger pictures. */
const MOST_PIXELS = 8_000;

function frameOf({ bounds }: Scene): { x: number; y: number; width: number; height: number } {
  const { left, top, right, bottom } = bounds;
  const [x, y] = [left - MARGIN, top - MARGIN];
  return { x, y, width: right - left + 2 * MARGIN, height: bottom - top + 2 * MARGIN };
}

/** The whole graph as a drawing, whose words stay words. */
export function svgOf({ scene, chosen, colours }: Shown, title: string): string {
  const { x, y, width, height } = frameOf(scene);
  const edges = scene.edges.map(({ from, to, kind }) => {
    const [a, b] = [scene.nodes.get(from), scene.nodes.get(to)];
    if (!a || !b) return '';
    const { x1, y1, x2, y2, bend } = curveOf(a, b);
    const isLit = chosen.has(from) && chosen.has(to);
    const stroke = `stroke="${isLit ? colours.chosen : colours.edge}" stroke-width="${isLit ? 2.2 : kind === 'IN' ? 0.6 : 1.2}"`;
    return `<path d="M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}" fill="none" ${stroke}/>`;
  });
  const nodes = [...scene.nodes.values()].map((node) => drawn(node, chosen.has(node.id), colours));
  const box = `viewBox="${x} ${y} ${width} ${height}" width="${width}" height="${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${box} font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title><rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${colours.page}"/>`,
    ...edges,
    ...nodes,
    '</svg>\n',
  ].join('\n');
}

function drawn(node: SceneNode, isChosen: boolean, colours: Colours): string {
  const { x, y, kind, title, subtitle, isStart, mixed } = node;
  const word = (text: string, at: string, colour: string, more = ''): string =>
    `<text ${at} fill="${colour}" ${more}>${escaped(text)}</text>`;
  const ends = (
    [
      [-1, node.openBack],
      [1, node.openForward],
    ] as const
  ).map(([side, words]) => {
    if (words === '') return '';
    const start = x + side * halfOf(node);
    const line = `<path d="M${start} ${y - STUB_RISE}h${side * STUB}" stroke="${colours.open}" stroke-width="1.6" stroke-dasharray="4 3"/>`;
    const anchor = `text-anchor="${side < 0 ? 'end' : 'start'}" font-size="10.5"`;
    return line + word(words, `x="${start + side * 3}" y="${y - STUB_RISE - 3}"`, colours.open, anchor);
  });
  if (kind === 'MIXING') {
    const shape = `<path d="M${x - 11} ${y}l11 -11l11 11l-11 11z" fill="${colours.page}" stroke="${isChosen ? colours.chosen : colours.mixed}"/>`;
    return (
      shape +
      word(String(mixed), `x="${x}" y="${y + 4}"`, colours.mixed, 'text-anchor="middle" font-size="10.5"')
    );
  }
  const [left, top] = [x - BOX.width / 2, y - BOX.height / 2];
  const stroke = isChosen ? colours.chosen : isStart ? colours.start : colours.line;
  const shape =
    `<rect x="${left}" y="${top}" width="${BOX.width}" height="${BOX.height}" rx="${kind === 'GROUP' ? 18 : 5}" ` +
    `fill="${isChosen ? colours.chosenBox : colours.box}" stroke="${stroke}" stroke-width="${isChosen || isStart ? 2 : 1}"/>`;
  const first = word(
    fitted(title, 24),
    `x="${left + 10}" y="${subtitle ? y - 3 : y + 4}"`,
    colours.text,
    'font-weight="600"',
  );
  return [
    ...ends,
    shape,
    first,
    word(fitted(subtitle, 28), `x="${left + 10}" y="${y + 13}"`, colours.soft, 'font-size="10.5"'),
  ].join('');
}

/** The whole graph in pixels. */
export async function pngOf(shown: Shown): Promise<Blob> {
  const { x, y, width, height } = frameOf(shown.scene);
  const scale = Math.min(2, MOST_PIXELS / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(width * scale);
  canvas.height = Math.ceil(height * scale);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser paints no pictures.');
  paint(context, { ...shown, focus: null }, { x: -x, y: -y, scale }, canvas);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('The picture is too large.'))),
      'image/png',
    );
  });
}

/** Hands a file to the browser, which saves it where the person wants it. */
export function save(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
