import type { Zone } from './types.ts';

const DAY_MS = 86_400_000;

export interface Moment {
  instant: number;
  /** local date and time with offset */
  time: string;
  offset: string;
}

export interface Calendar {
  /** local date of a day of the season, day 0 is its first Monday */
  date(day: number): string;
  /** `minute` counts from local midnight and may run past it */
  at(day: number, minute: number, zone: Zone): Moment;
}

/** The calendar of a season that starts on the given Monday (`YYYY-MM-DD`). @throws RangeError for another day */
export function calendar(start: string): Calendar {
  const origin = Date.parse(`${start}T00:00:00Z`);
  if (Number.isNaN(origin) || new Date(origin).getUTCDay() !== 1) {
    throw new RangeError('the season starts on a Monday: give its date as YYYY-MM-DD');
  }
  return {
    date: (day) => new Date(origin + day * DAY_MS).toISOString().slice(0, 10),
    at(day, minute, zone) {
      const local = origin + day * DAY_MS + minute * 60_000;
      const offset = offsetOf(zone, local);
      const instant = local - offsetMs(offset);
      return { instant, time: new Date(local).toISOString().replace('Z', offset), offset };
    },
  };
}

/** The offset in force at a local time, given as if it were UTC; 8 hours on is the same day in both zones. */
function offsetOf(zone: Zone, local: number): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    timeZoneName: 'longOffset',
  }).formatToParts(new Date(local + 8 * 3_600_000));
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
  return name.replace('GMT', '');
}

function offsetMs(offset: string): number {
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6));
  return (offset.startsWith('-') ? -minutes : minutes) * 60_000;
}
