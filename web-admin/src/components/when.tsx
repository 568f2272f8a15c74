import { Text, Tooltip } from '@mantine/core';

const LOCAL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** An instant in the reader's zone, which is named; in UTC where one points at it. */
export function When({ at }: { at: string }) {
  return (
    <Tooltip label={at}>
      <Text component="time" dateTime={at} inherit span>
        {LOCAL.format(new Date(at))} <Text span inherit c="dimmed">{`(${ZONE})`}</Text>
      </Text>
    </Tooltip>
  );
}

/** How long something takes or is ago, in the two largest units that matter. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 1) return `${ms} ms`;
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}
