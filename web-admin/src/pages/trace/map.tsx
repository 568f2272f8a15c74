import { Text, useComputedColorScheme } from '@mantine/core';
import { useEffect, useState } from 'react';
import atlas from 'world-atlas/countries-50m.json?url';
import { type Named, shortOf } from '../../components/names.ts';
import type { Flow } from './chain.ts';
import { COLOURS, type Colours, fitted } from './paint.ts';
import { type Outline, outlineOf } from './outline.ts';

export interface Site {
  id: string;
  /** Identifiers of lots that were there. */
  lots: ReadonlySet<string>;
}

interface Props {
  sites: readonly Site[];
  flows: readonly Flow[];
  chosen: ReadonlySet<string>;
  names: ReadonlyMap<string, Named>;
  onChoose: (site: string, isMore: boolean) => void;
}

type Placed = Site & { name: string; x: number; y: number; isChosen: boolean };

const [WIDTH, HEIGHT] = [600, 420];
let known: Promise<Outline> | undefined;

/** The outline comes with the page, from this node: nobody else learns what is looked at. */
function useOutline(): Outline {
  const [outline, setOutline] = useState<Outline>([]);
  useEffect(() => {
    known ??= fetch(atlas).then(async (answer) =>
      outlineOf((await answer.json()) as Parameters<typeof outlineOf>[0]),
    );
    void known.then(setOutline).catch(() => (known = undefined));
  }, []);
  return outline;
}

/** Where lots were, and from where to where they went. */
export function SiteMap({ sites, flows, chosen, names, onChoose }: Props) {
  const colours = COLOURS[useComputedColorScheme('light')];
  const outline = useOutline();
  const located = sites.flatMap((site) => {
    const at = names.get(site.id)?.at;
    return at ? [{ ...site, at, name: names.get(site.id)?.name ?? shortOf(site.id) }] : [];
  });
  const lost = sites.filter(({ id }) => !names.get(id)?.at);
  if (located.length === 0)
    return <Text c="dimmed">No place that you may see tells where on earth it is.</Text>;
  const project = projection(located.map(({ at }) => at));
  const placed = located.map(({ at, ...site }): Placed => {
    const [x, y] = project(at.longitude, at.latitude);
    return { ...site, x, y, isChosen: [...site.lots].some((id) => chosen.has(id)) };
  });
  const byId = new Map(placed.map((site) => [site.id, site]));
  return (
    <div>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width="100%" role="group" aria-label="Map" className="map">
        <rect width={WIDTH} height={HEIGHT} fill={colours.box} />
        <path d={pathOf(outline, project)} fill="none" stroke={colours.line} strokeWidth={0.8} />
        {flows.map(({ from, to, lots }) => {
          const [a, b] = [byId.get(from), byId.get(to)];
          const isChosen = [...lots].some((id) => chosen.has(id));
          return a && b ? (
            <Arc key={`${from} ${to}`} a={a} b={b} isChosen={isChosen} colours={colours} />
          ) : null;
        })}
        {placed.map((site) => (
          <Dot key={site.id} site={site} colours={colours} onChoose={onChoose} />
        ))}
        {labelled(placed).map(({ id, name, x, y }) => (
          <text
            key={id}
            x={x > WIDTH - 150 ? x - 9 : x + 9}
            y={y + 4}
            fontSize={11}
            textAnchor={x > WIDTH - 150 ? 'end' : 'start'}
            fill={colours.text}
            stroke={colours.box}
            strokeWidth={3}
            paintOrder="stroke"
            aria-hidden
          >
            {fitted(name, 26)}
          </text>
        ))}
      </svg>
      {lost.length > 0 && (
        <Text size="sm" c="dimmed">
          Not on the map: {lost.map(({ id }) => names.get(id)?.name ?? shortOf(id)).join(', ')}.
        </Text>
      )}
    </div>
  );
}

function Dot({ site, colours, onChoose }: { site: Placed; colours: Colours; onChoose: Props['onChoose'] }) {
  const { id, name, lots, x, y, isChosen } = site;
  const words = `${name}, ${lots.size} ${lots.size === 1 ? 'lot' : 'lots'}`;
  return (
    <circle
      role="button"
      tabIndex={0}
      className="pick"
      aria-label={words}
      aria-pressed={isChosen}
      cx={x}
      cy={y}
      r={Math.min(12, 4 + Math.sqrt(lots.size))}
      fill={isChosen ? colours.chosen : colours.start}
      fillOpacity={0.75}
      stroke={colours.page}
      onClick={(event) => onChoose(id, event.shiftKey || event.ctrlKey || event.metaKey)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        onChoose(id, event.shiftKey);
      }}
    >
      <title>{words}</title>
    </circle>
  );
}

/** Bent to the left of its way, so that the way back lies beside it. */
function Arc({ a, b, isChosen, colours }: { a: Placed; b: Placed; isChosen: boolean; colours: Colours }) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = Math.hypot(dx, dy) || 1;
  const bend = Math.min(40, length * 0.18);
  const [mx, my] = [(a.x + b.x) / 2 + (dy / length) * bend, (a.y + b.y) / 2 - (dx / length) * bend];
  return (
    <path
      d={`M${a.x} ${a.y}Q${mx} ${my} ${b.x} ${b.y}`}
      fill="none"
      stroke={isChosen ? colours.chosen : colours.edge}
      strokeWidth={isChosen ? 2 : 1.2}
      strokeOpacity={0.8}
    />
  );
}

/** Where names would lie upon each other, the one with more lots is written. */
function labelled(placed: readonly Placed[]): Placed[] {
  const written: Placed[] = [];
  for (const site of [...placed].sort((a, b) => b.lots.size - a.lots.size)) {
    if (!written.some(({ x, y }) => Math.abs(y - site.y) < 13 && Math.abs(x - site.x) < 150))
      written.push(site);
  }
  return written;
}

/** Degrees to the picture, true to shape in the middle of what is shown. */
function projection(points: readonly { latitude: number; longitude: number }[]) {
  const [north, south] = [
    Math.max(...points.map((p) => p.latitude)),
    Math.min(...points.map((p) => p.latitude)),
  ];
  const [east, west] = [
    Math.max(...points.map((p) => p.longitude)),
    Math.min(...points.map((p) => p.longitude)),
  ];
  const squeeze = Math.cos(((north + south) / 2) * (Math.PI / 180));
  const [wide, high] = [Math.max((east - west) * squeeze, 1), Math.max(north - south, 1)];
  const scale = Math.min((WIDTH - 190) / wide, (HEIGHT - 90) / high);
  return (longitude: number, latitude: number): [number, number] => [
    WIDTH / 2 + (longitude - (east + west) / 2) * squeeze * scale,
    HEIGHT / 2 - (latitude - (north + south) / 2) * scale,
  ];
}

/** Only lines that come near the picture. */
function pathOf(
  outline: Outline,
  project: (longitude: number, latitude: number) => [number, number],
): string {
  const lines: string[] = [];
  for (const line of outline) {
    const points = line.map(([longitude, latitude]) => project(longitude, latitude));
    const isNear = points.some(([x, y]) => x > -200 && x < WIDTH + 200 && y > -200 && y < HEIGHT + 200);
    if (isNear) lines.push(`M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}`);
  }
  return lines.join('');
}
