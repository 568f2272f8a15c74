import { Text, Title, useComputedColorScheme } from '@mantine/core';
import { durationText } from '../../components/when.tsx';
import type { CasePartsFragment } from '../../operations/generated/documents.ts';
import { shareText } from '../cases/words.ts';

const BAR = 36;
const HEIGHT = 90;
const HOUR_S = 3_600;
/** Mock recalls aim at tracing within so long. */
const GOAL_HOURS = 4;
const COLOURS = {
  light: { good: '#17683a', late: '#b3400a', ink: '#1f2428' },
  dark: { good: '#63b07a', late: '#f0905a', ink: '#e6e9ec' },
} as const;

/** How long it took from drill to drill to know who has the lots, and how much of what was consigned was found. */
export function Trend({ drills }: { drills: readonly CasePartsFragment[] }) {
  const colours = COLOURS[useComputedColorScheme('light')];
  const done = drills.filter(({ score }) => score.toTrace !== null).toReversed();
  if (done.length < 2) return null;
  const longest = Math.max(GOAL_HOURS * HOUR_S, ...done.map(({ score }) => score.toTrace ?? 0));
  const y = (seconds: number): number => HEIGHT - (seconds / longest) * HEIGHT;
  const told = done.map(
    ({ title, score }) =>
      `${title}: ${durationText((score.toTrace ?? 0) * 1_000)}, ${shareText(score.reconciled) ?? 'not known'} found`,
  );
  const width = done.length * (BAR + 12);
  return (
    <section aria-label="Trend">
      <Title order={3} size="h4">
        Trend
      </Title>
      <Text size="sm" mb="xs">
        Time to the trace from drill to drill, the oldest at the left; the line is at {GOAL_HOURS} hours.
        Below each, how much was found.
      </Text>
      <svg
        width={width}
        height={HEIGHT + 24}
        role="img"
        aria-label={told.join('; ')}
        style={{ maxWidth: '100%' }}
      >
        {done.map(({ book, score }, at) => {
          const seconds = score.toTrace ?? 0;
          return (
            <g key={book} transform={`translate(${at * (BAR + 12)} 0)`}>
              <rect
                y={Math.min(y(seconds), HEIGHT - 2)}
                width={BAR}
                height={Math.max(2, HEIGHT - y(seconds))}
                fill={seconds <= GOAL_HOURS * HOUR_S ? colours.good : colours.late}
              />
              <text x={BAR / 2} y={HEIGHT + 16} textAnchor="middle" fontSize={11} fill={colours.ink}>
                {score.reconciled === null ? '?' : `${Math.round(score.reconciled * 100)} %`}
              </text>
            </g>
          );
        })}
        <line
          x1={0}
          x2={width}
          y1={y(GOAL_HOURS * HOUR_S)}
          y2={y(GOAL_HOURS * HOUR_S)}
          stroke={colours.ink}
          strokeDasharray="4 3"
        />
      </svg>
    </section>
  );
}
