import { Anchor, Card, Stack, Text, Title, useComputedColorScheme } from '@mantine/core';
import { Link } from 'react-router';
import { type Column, Listing } from '../../components/listing.tsx';
import { shortOf, useNames } from '../../components/names.ts';
import { When } from '../../components/when.tsx';
import type { DataQualityQuery, FlawKind } from '../../operations/generated/documents.ts';

type Quality = DataQualityQuery['dataQuality']['partners'][number];
type Flaw = Quality['flaws'][number];

const FLAWS: Readonly<Record<FlawKind, string>> = {
  OVERDRAWN: 'more was taken than there was',
  USED_BEFORE_RECEIPT: 'used before it was received',
  NOT_RECEIVED: 'shipped, and no receipt is on record',
  NOT_SHIPPED: 'received, and no shipment is on record',
  IMPOSSIBLE_DATE: 'a date that cannot be',
  UNIT_CONFLICT: 'units that cannot be converted to one another',
  MISSING_KDE: 'a key data element is not set',
};

/** One organisation's records: what is wrong with them, from month to month, with some of the latest events to talk about. */
export function OfPartner({ quality: { organisation, months, flaws } }: { quality: Quality }) {
  const name = useNames()(organisation);
  const events = months.reduce((sum, month) => sum + month.events, 0);
  const wrong = flaws.reduce((sum, { count }) => sum + count, 0);
  return (
    <Card withBorder component="section" aria-label={name}>
      <Stack gap="xs">
        <Title order={3} size="h4">
          {name}
        </Title>
        <Text>
          {wrong === 0
            ? `Nothing is wrong with ${events === 1 ? 'its one event' : `its ${events.toLocaleString()} events`}.`
            : `${wrong.toLocaleString()} flaws in ${events.toLocaleString()} events.`}
        </Text>
        <Months months={months} />
        {flaws.length > 0 && (
          <Listing label={`Flaws of ${name}`} columns={COLUMNS} rows={flaws} keyOf={({ kind }) => kind} />
        )}
      </Stack>
    </Card>
  );
}

const COLUMNS: readonly Column<Flaw>[] = [
  { head: 'What is wrong', cell: ({ kind }) => FLAWS[kind] },
  { head: 'How often', cell: ({ count }) => count.toLocaleString(), isNumber: true },
  {
    head: 'Some of the latest',
    cell: ({ kind, examples }) =>
      examples.map(({ book, record, time, about }) => (
        <div key={`${record} ${about}`}>
          <Anchor
            component={Link}
            underline="always"
            inherit
            to={`/record?${new URLSearchParams({ book, id: record }).toString()}`}
          >
            {kind === 'MISSING_KDE' ? about : shortOf(about)}
          </Anchor>
          {time && (
            <>
              , <When at={time} />
            </>
          )}
        </div>
      )),
  },
];

const BAR = 26;
const HEIGHT = 48;
const COLOURS = { light: ['#b3400a', '#4d565e'], dark: ['#f0905a', '#b4bcc4'] } as const;

/** The share of flaws among the events of each month. */
function Months({ months }: { months: Quality['months'] }) {
  const [bar, ink] = COLOURS[useComputedColorScheme('light')];
  if (months.length < 2) return null;
  const shown = months.slice(-24);
  const shares = shown.map(({ events, flaws }) => (events === 0 ? 0 : Math.min(1, flaws / events)));
  const told = shown.map(({ month, events, flaws }) => `${month}: ${flaws} flaws in ${events} events`);
  const width = shown.length * (BAR + 6);
  return (
    <svg
      viewBox={`0 0 ${width} ${HEIGHT + 16}`}
      width={width}
      style={{ maxWidth: '100%' }}
      role="img"
      aria-label={told.join('; ')}
    >
      {shown.map(({ month }, at) => {
        const height = Math.max(1, (shares[at] ?? 0) * HEIGHT);
        return (
          <g key={month} transform={`translate(${at * (BAR + 6)} 0)`}>
            <title>{told[at]}</title>
            <rect y={HEIGHT - height} width={BAR} height={height} fill={bar} />
            <text x={BAR / 2} y={HEIGHT + 12} textAnchor="middle" fontSize={10} fill={ink}>
              {month.slice(5)}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
