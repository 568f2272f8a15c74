import { BOX, type Scene, type SceneNode, STUB, STUB_RISE } from './scene.ts';

export interface Colours {
  page: string;
  box: string;
  line: string;
  text: string;
  soft: string;
  edge: string;
  start: string;
  chosen: string;
  chosenBox: string;
  open: string;
  mixed: string;
}

/** Each with enough contrast beside what it stands on: text 4.5 : 1, lines 3 : 1. */
export const COLOURS: Readonly<Record<'light' | 'dark', Colours>> = {
  light: {
    page: '#ffffff',
    box: '#f6f8f7',
    line: '#7b8790',
    text: '#1b2227',
    soft: '#4d565e',
    edge: '#8a949c',
    start: '#17683a',
    chosen: '#0b5cad',
    chosenBox: '#e3effb',
    open: '#b3400a',
    mixed: '#7a3fb0',
  },
  dark: {
    page: '#242424',
    box: '#2c3330',
    line: '#8c979f',
    text: '#eef1f3',
    soft: '#b4bcc4',
    edge: '#77828a',
    start: '#63b07a',
    chosen: '#7cb8f5',
    chosenBox: '#1d3248',
    open: '#f0905a',
    mixed: '#c79bf0',
  },
};

/** From the layout to the screen: first moved, then scaled. */
export interface View {
  x: number;
  y: number;
  scale: number;
}

export interface Shown {
  scene: Scene;
  /** Ids of nodes. */
  chosen: ReadonlySet<string>;
  focus: string | null;
  colours: Colours;
}

const FONT = '12px system-ui, sans-serif';
const SMALL = '10.5px system-ui, sans-serif';
/** Below this no word can be read. */
const READABLE = 0.45;

/** Paints what is in sight; a few ms for thousands of lots. */
export function paint(
  context: CanvasRenderingContext2D,
  { scene, chosen, focus, colours }: Shown,
  view: View,
  size: { width: number; height: number },
): void {
  const { x, y, scale } = view;
  context.fillStyle = colours.page;
  context.fillRect(0, 0, size.width, size.height);
  context.save();
  context.scale(scale, scale);
  context.translate(x, y);
  const sight = {
    left: -x - BOX.width - STUB * 3,
    right: size.width / scale - x + BOX.width + STUB * 3,
    top: -y - BOX.height,
    bottom: size.height / scale - y + BOX.height,
  };
  paintEdges(context, scene, chosen, colours, sight);
  for (const node of scene.nodes.values()) {
    const isOut = node.x < sight.left || node.x > sight.right || node.y < sight.top || node.y > sight.bottom;
    if (!isOut)
      paintNode(context, node, { isChosen: chosen.has(node.id), isFocus: node.id === focus }, colours, scale);
  }
  context.restore();
}

type Sight = Scene['bounds'];

function paintEdges(
  context: CanvasRenderingContext2D,
  { nodes, edges }: Scene,
  chosen: ReadonlySet<string>,
  colours: Colours,
  sight: Sight,
): void {
  const [plain, lit, thin] = [new Path2D(), new Path2D(), new Path2D()];
  for (const { from, to, kind } of edges) {
    const [a, b] = [nodes.get(from), nodes.get(to)];
    if (!a || !b) continue;
    const isOut =
      Math.max(a.x, b.x) < sight.left ||
      Math.min(a.x, b.x) > sight.right ||
      Math.max(a.y, b.y) < sight.top ||
      Math.min(a.y, b.y) > sight.bottom;
    if (isOut) continue;
    const path = chosen.has(from) && chosen.has(to) ? lit : kind === 'IN' ? thin : plain;
    const { x1, y1, x2, y2, bend } = curveOf(a, b);
    path.moveTo(x1, y1);
    path.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2);
  }
  context.lineWidth = 1.2;
  context.strokeStyle = colours.edge;
  context.stroke(plain);
  context.lineWidth = 0.6;
  context.stroke(thin);
  context.lineWidth = 2.2;
  context.strokeStyle = colours.chosen;
  context.stroke(lit);
}

/** Out at the right of the one, in at the left of the other. */
export function curveOf(
  a: SceneNode,
  b: SceneNode,
): { x1: number; y1: number; x2: number; y2: number; bend: number } {
  const [x1, x2] = [a.x + halfOf(a), b.x - halfOf(b)];
  return { x1, y1: a.y, x2, y2: b.y, bend: Math.max(28, Math.abs(x2 - x1) / 2) };
}

export function halfOf({ kind }: SceneNode): number {
  return kind === 'MIXING' ? 11 : BOX.width / 2;
}

function paintNode(
  context: CanvasRenderingContext2D,
  node: SceneNode,
  { isChosen, isFocus }: { isChosen: boolean; isFocus: boolean },
  colours: Colours,
  scale: number,
): void {
  const { x, y, kind, isStart, mixed } = node;
  const [left, top] = [x - BOX.width / 2, y - BOX.height / 2];
  paintEnds(context, node, colours, scale);
  context.beginPath();
  if (kind === 'MIXING') {
    context.moveTo(x - 11, y);
    context.lineTo(x, y - 11);
    context.lineTo(x + 11, y);
    context.lineTo(x, y + 11);
    context.closePath();
  } else context.roundRect(left, top, BOX.width, BOX.height, kind === 'GROUP' ? 18 : 5);
  context.fillStyle = isChosen ? colours.chosenBox : kind === 'MIXING' ? colours.page : colours.box;
  context.fill();
  context.lineWidth = isChosen || isStart ? 2 : 1;
  context.strokeStyle = isChosen ? colours.chosen : isStart ? colours.start : colours.line;
  if (kind === 'MIXING' && !isChosen) context.strokeStyle = colours.mixed;
  context.stroke();
  if (isFocus) {
    context.lineWidth = 2 / scale;
    context.strokeStyle = colours.text;
    context.strokeRect(x - halfOf(node) - 5, y - BOX.height / 2 - 5, halfOf(node) * 2 + 10, BOX.height + 10);
  }
  if (scale < READABLE) return;
  context.textBaseline = 'middle';
  if (kind === 'MIXING') {
    context.textAlign = 'center';
    context.font = SMALL;
    context.fillStyle = colours.mixed;
    context.fillText(String(mixed), x, y + 0.5);
    return;
  }
  context.textAlign = 'left';
  context.font = `600 ${FONT}`;
  context.fillStyle = colours.text;
  context.fillText(fitted(node.title, 24), left + 10, node.subtitle ? y - 7 : y);
  context.font = SMALL;
  context.fillStyle = colours.soft;
  context.fillText(fitted(node.subtitle, 28), left + 10, y + 9);
}

/** Where the story is open: a dashed line that leads on, with the reason. */
function paintEnds(
  context: CanvasRenderingContext2D,
  node: SceneNode,
  colours: Colours,
  scale: number,
): void {
  const { x, y, openBack, openForward } = node;
  for (const [side, words] of [
    [-1, openBack],
    [1, openForward],
  ] as const) {
    if (words === '') continue;
    const start = x + side * halfOf(node);
    context.beginPath();
    context.setLineDash([4, 3]);
    context.moveTo(start, y - STUB_RISE);
    context.lineTo(start + side * STUB, y - STUB_RISE);
    context.lineWidth = 1.6;
    context.strokeStyle = colours.open;
    context.stroke();
    context.setLineDash([]);
    if (scale < READABLE) continue;
    context.font = SMALL;
    context.fillStyle = colours.open;
    context.textBaseline = 'bottom';
    context.textAlign = side < 0 ? 'right' : 'left';
    context.fillText(fitted(words, 14), start + side * 3, y - STUB_RISE - 2);
  }
}

export function fitted(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
