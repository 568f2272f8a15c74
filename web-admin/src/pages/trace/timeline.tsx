import { Text, useComputedColorScheme } from '@mantine/core';
import type { KeyboardEvent } from 'react';
import { groupBy } from '../../app/group-by.ts';
import { shortOf } from '../../components/names.ts';
import { type Event, siteOf, timeOf } from './chain.ts';
import { type Colours, COLOURS, fitted } from './paint.ts';
import type { Naming } from './scene.ts';
import { stepOf } from './words.ts';

interface Props {
  events: readonly Event[];
  /** Identifiers of lots. */
  chosen: ReadonlySet<string>;
  naming: Naming;
  onChoose: (events: readonly Event[], isMore: boolean) => void;
}

const WIDTH = 1200;
const LEFT = 210;
const ROW = 26;
const BINS = 90;
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });

/** What happened where, in time: one line a place, a dot for what is near in time, larger for more. */
export function Timeline({ events, chosen, naming, onChoose }: Props) {
  const colours = COLOURS[useComputedColorScheme('light')];
  const timed = events.filter(({ time }) => time);
  const [first, last] = [timeOf(timed[0] ?? { time: null }), timeOf(timed.at(-1) ?? { time: null })];
  if (timed.length === 0) return <Text c="dimmed">No event that you may see tells when it happened.</Text>;
  const span = Math.max(last - first, 3_600_000);
  const rows = [...groupBy(timed, ({ places }) => (places[0] ? siteOf(places[0]) : ''))];
  const xOf = (time: number): number => LEFT + ((time - first) / span) * (WIDTH - LEFT - 24) + 8;
  const height = rows.length * ROW + 30;
  const ticks = Array.from({ length: 7 }, (_, at) => first + (span * at) / 6);
  return (
    <div className="scroll">
      <svg
        viewBox={`0 0 ${WIDTH} ${height}`}
        width={WIDTH}
        height={height}
        role="group"
        aria-label="Timeline"
      >
        {ticks.map((time) => (
          <g key={time}>
            <line
              x1={xOf(time)}
              x2={xOf(time)}
              y1={0}
              y2={height - 24}
              stroke={colours.line}
              strokeOpacity={0.3}
            />
            <text x={xOf(time)} y={height - 8} fontSize={11} textAnchor="middle" fill={colours.soft}>
              {DAY.format(time)}
            </text>
          </g>
        ))}
        {rows.map(([place, own], at) => {
          const name = place === '' ? 'place not told' : (naming.names.get(place)?.name ?? shortOf(place));
          const cells = [...groupBy(own, (event) => Math.round(((timeOf(event) - first) / span) * BINS))];
          return (
            <g key={place} role="group" aria-label={name} onKeyDown={goAlong}>
              <text x={0} y={at * ROW + 18} fontSize={12} fill={colours.text}>
                {fitted(name, 31)}
              </text>
              {cells.map(([bin, of], index) => (
                <Cell
                  key={bin}
                  events={of}
                  x={xOf(timeOf(of[0] as Event))}
                  y={at * ROW + 14}
                  isFirst={index === 0}
                  isChosen={of.some(({ links }) => links.some(({ identifier }) => chosen.has(identifier)))}
                  colours={colours}
                  onChoose={onChoose}
                />
              ))}
            </g>
          );
        })}
      </svg>
    </div>
  );
}

interface CellProps extends Pick<Props, 'events' | 'onChoose'> {
  x: number;
  y: number;
  isFirst: boolean;
  isChosen: boolean;
  colours: Colours;
}

/** Events at one place that are near in time. */
function Cell({ events, x, y, isFirst, isChosen, colours, onChoose }: CellProps) {
  const steps = [...new Set(events.map(stepOf))].join(', ');
  const count = `${events.length} ${events.length === 1 ? 'event' : 'events'}`;
  const words = `${count}, ${DAY.format(timeOf(events[0] as Event))}: ${steps}`;
  return (
    <circle
      role="button"
      tabIndex={isFirst ? 0 : -1}
      aria-label={words}
      aria-pressed={isChosen}
      className="pick"
      cx={x}
      cy={y}
      r={Math.min(11, 3.5 + Math.sqrt(events.length) * 1.4)}
      fill={isChosen ? colours.chosen : colours.box}
      stroke={isChosen ? colours.chosen : colours.line}
      strokeWidth={1.5}
      onClick={(event) => onChoose(events, event.shiftKey || event.ctrlKey || event.metaKey)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        onChoose(events, event.shiftKey);
      }}
    >
      <title>{words}</title>
    </circle>
  );
}

/** Tab goes from line to line, the arrow keys along it. */
function goAlong(event: KeyboardEvent<SVGGElement>): void {
  const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
  if (step === 0) return;
  const all = [...event.currentTarget.querySelectorAll('circle')];
  const next = all[all.indexOf(document.activeElement as SVGCircleElement) + step];
  event.preventDefault();
  next?.focus();
}
