import { Box, Button, Group, Text, useComputedColorScheme, VisuallyHidden } from '@mantine/core';
import { type KeyboardEvent, type PointerEvent, type RefObject, useRef, useState } from 'react';
import { COLOURS, halfOf, type Shown, type View } from './paint.ts';
import { pngOf, save, svgOf } from './picture.ts';
import { BOX, type Scene, type SceneNode } from './scene.ts';
import { useCanvas } from './use-canvas.ts';

interface Props {
  scene: Scene;
  chosen: ReadonlySet<string>;
  /** With `isMore`, beside what is chosen already. */
  onChoose: (node: SceneNode | null, isMore: boolean) => void;
  onHide: (node: SceneNode) => void;
}

const KEYS =
  'Arrow keys go from lot to lot, Enter chooses, with Shift one more, h hides, plus and minus zoom, 0 shows all. The table below has the same lots.';

/** Lots from left to right, as they were made of one another. */
export function GraphView({ scene, chosen, onChoose, onHide }: Props) {
  const scheme = useComputedColorScheme('light');
  const [focus, setFocus] = useState<string | null>(null);
  const at = focus === null ? undefined : scene.nodes.get(focus);
  const shown: Shown = { scene, chosen, focus: at ? focus : null, colours: COLOURS[scheme] };
  const { canvas, view, redraw, fit, zoom } = useCanvas(shown);

  const show = (node: SceneNode): void => {
    setFocus(node.id);
    const { clientWidth, clientHeight } = canvas.current as HTMLCanvasElement;
    const { x, y, scale } = view.current;
    const [left, top] = [(node.x + x) * scale, (node.y + y) * scale];
    if (left < 80 || left > clientWidth - 80) view.current.x = clientWidth / scale / 2 - node.x;
    if (top < 30 || top > clientHeight - 30) view.current.y = clientHeight / scale / 2 - node.y;
    redraw();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const { key } = event;
    const next = key.startsWith('Arrow') ? nextOf(scene, at, key) : undefined;
    if (next) show(next);
    else if (key === 'Enter' || key === ' ') onChoose(at ?? null, event.shiftKey);
    else if (key === 'Escape') onChoose(null, false);
    else if (key === 'h' && at) onHide(at);
    else if (key === '+' || key === '=') zoom(1.25);
    else if (key === '-') zoom(0.8);
    else if (key === '0') fit();
    else return;
    event.preventDefault();
  };
  const pointer = usePointer(view, redraw, (left, top, isMore) => {
    const node = nodeAt(scene, view.current, left, top);
    setFocus(node?.id ?? null);
    onChoose(node ?? null, isMore);
  });
  return (
    <Box>
      <Toolbar shown={shown} fit={fit} zoom={zoom} />
      <div
        className="canvas"
        role="application"
        aria-label={`Graph of ${scene.nodes.size} lots`}
        aria-describedby="graph-keys"
        tabIndex={0}
        onKeyDown={onKeyDown}
        {...pointer}
      >
        <canvas ref={canvas} />
      </div>
      <VisuallyHidden id="graph-keys">{KEYS}</VisuallyHidden>
      <VisuallyHidden role="status">{at ? spoken(at, chosen.has(at.id)) : ''}</VisuallyHidden>
    </Box>
  );
}

/** Drags the picture; where it was not dragged, it was a click. */
function usePointer(
  view: RefObject<View>,
  redraw: () => void,
  onClick: (left: number, top: number, isMore: boolean) => void,
) {
  const drag = useRef<{ x: number; y: number; moved: number } | null>(null);
  return {
    onPointerDown: (event: PointerEvent): void => {
      event.currentTarget.setPointerCapture(event.pointerId);
      drag.current = { x: event.clientX, y: event.clientY, moved: 0 };
    },
    onPointerMove: (event: PointerEvent): void => {
      const from = drag.current;
      if (!from) return;
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      drag.current = { x: event.clientX, y: event.clientY, moved: from.moved + Math.abs(dx) + Math.abs(dy) };
      view.current.x += dx / view.current.scale;
      view.current.y += dy / view.current.scale;
      redraw();
    },
    onPointerUp: (event: PointerEvent): void => {
      const isClick = drag.current !== null && drag.current.moved < 5;
      drag.current = null;
      if (!isClick) return;
      const { left, top } = event.currentTarget.getBoundingClientRect();
      const isMore = event.shiftKey || event.ctrlKey || event.metaKey;
      onClick(event.clientX - left, event.clientY - top, isMore);
    },
  };
}

/** Zoom, and the picture to take away. */
function Toolbar({ shown, fit, zoom }: { shown: Shown; fit: () => void; zoom: (by: number) => void }) {
  return (
    <Group gap="xs" mb={6} justify="space-between">
      <Text size="sm" c="dimmed">
        {shown.scene.nodes.size} in the picture
      </Text>
      <Group gap={6}>
        <Button size="compact-sm" variant="default" aria-label="Zoom in" onClick={() => zoom(1.25)}>
          +
        </Button>
        <Button size="compact-sm" variant="default" aria-label="Zoom out" onClick={() => zoom(0.8)}>
          −
        </Button>
        <Button size="compact-sm" variant="default" onClick={fit}>
          Show all
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() =>
            save('trace.svg', new Blob([svgOf(shown, document.title)], { type: 'image/svg+xml' }))
          }
        >
          SVG
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => void pngOf(shown).then((picture) => save('trace.png', picture))}
        >
          PNG
        </Button>
      </Group>
    </Group>
  );
}

function nodeAt({ nodes }: Scene, view: View, left: number, top: number): SceneNode | undefined {
  const [x, y] = [left / view.scale - view.x, top / view.scale - view.y];
  return [...nodes.values()].find(
    (node) => Math.abs(node.x - x) <= halfOf(node) && Math.abs(node.y - y) <= BOX.height / 2,
  );
}

/** Left and right along what it was made of and what was made of it, up and down to the next one. */
function nextOf({ nodes, edges }: Scene, at: SceneNode | undefined, key: string): SceneNode | undefined {
  const all = [...nodes.values()];
  if (!at) return all.find(({ isStart }) => isStart) ?? all[0];
  const near = (some: readonly (SceneNode | undefined)[]): SceneNode | undefined =>
    some.filter((node) => node !== undefined).sort((a, b) => Math.abs(a.y - at.y) - Math.abs(b.y - at.y))[0];
  if (key === 'ArrowLeft')
    return near(edges.filter(({ to }) => to === at.id).map(({ from }) => nodes.get(from)));
  if (key === 'ArrowRight')
    return near(edges.filter(({ from }) => from === at.id).map(({ to }) => nodes.get(to)));
  const isDown = key === 'ArrowDown';
  return near(all.filter((node) => node.x === at.x && (isDown ? node.y > at.y : node.y < at.y)));
}

function spoken({ title, subtitle, openBack, openForward, isStart }: SceneNode, isChosen: boolean): string {
  const parts = [
    title,
    subtitle,
    isStart ? 'start' : '',
    openBack && `open before it: ${openBack}`,
    openForward && `open after it: ${openForward}`,
    isChosen ? 'chosen' : '',
  ];
  return parts.filter(Boolean).join(', ');
}
