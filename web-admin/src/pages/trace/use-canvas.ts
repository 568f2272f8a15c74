import { type RefObject, useCallback, useEffect, useRef } from 'react';
import { paint, type Shown, type View } from './paint.ts';

const SMALLEST = 0.05;
const LARGEST = 3;

/** A canvas that paints in the next frame after something changed, whatever its size and the screen's. */
export function useCanvas(shown: Shown) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<View>({ x: 0, y: 0, scale: 1 });
  const latest = useRef(shown);
  const frame = useRef(0);
  latest.current = shown;
  const draw = useCallback((): void => {
    frame.current = 0;
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    const { clientWidth: width, clientHeight: height } = element;
    const ratio = window.devicePixelRatio || 1;
    if (element.width !== Math.round(width * ratio) || element.height !== Math.round(height * ratio)) {
      element.width = Math.round(width * ratio);
      element.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint(context, latest.current, view.current, { width, height });
  }, []);
  const redraw = useCallback((): void => {
    if (frame.current === 0) frame.current = requestAnimationFrame(draw);
  }, [draw]);
  const fit = useCallback((): void => {
    const element = canvas.current;
    if (!element) return;
    const { left, right, top, bottom } = latest.current.scene.bounds;
    const [width, height] = [right - left, bottom - top];
    const scale = Math.max(
      SMALLEST,
      Math.min(1, element.clientWidth / (width + 40), element.clientHeight / (height + 40)),
    );
    view.current = {
      scale,
      x: element.clientWidth / scale / 2 - (left + right) / 2,
      y: element.clientHeight / scale / 2 - (top + bottom) / 2,
    };
    redraw();
  }, [redraw]);
  const zoom = useCallback(
    (by: number, x?: number, y?: number): void => {
      const element = canvas.current as HTMLCanvasElement;
      const [atX, atY] = [x ?? element.clientWidth / 2, y ?? element.clientHeight / 2];
      const before = view.current;
      const scale = Math.min(LARGEST, Math.max(SMALLEST, before.scale * by));
      view.current = {
        scale,
        x: before.x + atX / scale - atX / before.scale,
        y: before.y + atY / scale - atY / before.scale,
      };
      redraw();
    },
    [redraw],
  );
  useEffect(redraw, [redraw, shown.scene, shown.chosen, shown.focus, shown.colours]);
  const { bounds } = shown.scene;
  useEffect(fit, [fit, bounds.left, bounds.right, bounds.top, bounds.bottom]);
  useListeners(canvas, fit, zoom);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  return { canvas, view, redraw, fit, zoom };
}

function useListeners(
  canvas: RefObject<HTMLCanvasElement | null>,
  fit: () => void,
  zoom: (by: number, x: number, y: number) => void,
): void {
  useEffect(() => {
    const element = canvas.current as HTMLCanvasElement;
    const observer = new ResizeObserver(fit);
    observer.observe(element);
    // Not by React: its listener may not keep the page from scrolling. Without a key the wheel is the page's.
    const onWheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 300), event.offsetX, event.offsetY);
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => {
      observer.disconnect();
      element.removeEventListener('wheel', onWheel);
    };
  }, [canvas, fit, zoom]);
}
