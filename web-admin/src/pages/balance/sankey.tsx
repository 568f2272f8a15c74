import { useComputedColorScheme } from '@mantine/core';
import { COLOURS } from '../trace/paint.ts';
import { amountText } from '../trace/words.ts';
import { type Account, bandsOf } from './flows.ts';

const [WIDTH, HEIGHT] = [760, 320];
const [LEFT, RIGHT, BAR] = [180, WIDTH - 200, 14];
const MIDDLE = (LEFT + RIGHT) / 2;

/** What came in, and what became of it: bands as high as their quantities, what nobody can explain stands out. */
export function Sankey({ account, title }: { account: Account; title: string }) {
  const colours = COLOURS[useComputedColorScheme('light')];
  const bands = bandsOf(account);
  const told = bands.map(({ name, quantity }) => `${name} ${amountText(quantity, account.unit)}`).join(', ');
  const heights = bands
    .filter(({ side }) => side === 'OUT')
    .map(({ middle, height }) => [middle, middle + height]);
  const [top, bottom] = [Math.min(...heights.flat(), 1), Math.max(...heights.flat(), 0)];
  return (
    <div className="scroll" role="group" aria-label={`Picture of ${title}`} tabIndex={0}>
      <svg
        viewBox={`0 -20 ${WIDTH} ${HEIGHT + 40}`}
        width={WIDTH}
        height={HEIGHT + 40}
        role="img"
        aria-label={`${title}: ${told}`}
      >
        {bands.map(({ name, quantity, side, at, middle, height, isUnexplained }) => {
          const isIn = side === 'IN';
          const [from, to] = isIn ? [LEFT, MIDDLE - BAR / 2] : [MIDDLE + BAR / 2, RIGHT];
          const [a, b] = isIn ? [at, middle] : [middle, at];
          const colour = isUnexplained ? colours.open : isIn ? colours.start : colours.chosen;
          const y = (at + height / 2) * HEIGHT;
          return (
            <g key={`${side} ${name}`}>
              <path
                d={ribbon(from, a * HEIGHT, to, b * HEIGHT, Math.max(1, height * HEIGHT))}
                fill={colour}
                fillOpacity={0.35}
              />
              <text
                x={isIn ? LEFT - 10 : RIGHT + 10}
                y={y - 2}
                textAnchor={isIn ? 'end' : 'start'}
                fontSize={12}
                fontWeight={600}
                fill={isUnexplained ? colours.open : colours.text}
              >
                {name}
              </text>
              <text
                x={isIn ? LEFT - 10 : RIGHT + 10}
                y={y + 12}
                textAnchor={isIn ? 'end' : 'start'}
                fontSize={11}
                fill={colours.soft}
              >
                {amountText(quantity, account.unit)}
              </text>
            </g>
          );
        })}
        <rect
          x={MIDDLE - BAR / 2}
          y={top * HEIGHT}
          width={BAR}
          height={Math.max(1, (bottom - top) * HEIGHT)}
          fill={colours.line}
          rx={2}
        />
      </svg>
    </div>
  );
}

function ribbon(x1: number, y1: number, x2: number, y2: number, height: number): string {
  const bend = (x1 + x2) / 2;
  return (
    `M${x1} ${y1}C${bend} ${y1} ${bend} ${y2} ${x2} ${y2}v${height}` +
    `C${bend} ${y2 + height} ${bend} ${y1 + height} ${x1} ${y1 + height}Z`
  );
}
