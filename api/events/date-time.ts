/** Points in time with their zone: XSD dateTimeStamp, as EPCIS 2.0 wants it. */

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|([+-])(\d\d):(\d\d))$/;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const OFFSET = /^[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (DAYS[month - 1] as number) + (leap ? 1 : 0);
}

/** True for `2005-04-03T20:33:31.116-06:00`: a real day and time with a zone. */
export function isDateTime(text: string): boolean {
  const match = DATE_TIME.exec(text);
  if (match === null || match[1] === '0000') return false;
  if (!isDay(Number(match[1]), Number(match[2]), Number(match[3]))) return false;
  if (Number(match[4]) > 23 || Number(match[5]) > 59 || Number(match[6]) > 59) return false;
  return match[8] === 'Z' || OFFSET.test(match[8] as string);
}

/** True for `2026-02-28`. */
export function isDate(text: string): boolean {
  const match = DATE.exec(text);
  return match !== null && isDay(Number(match[1]), Number(match[2]), Number(match[3]));
}

/** True for `+01:00`; -14:00 to +14:00 as in the EPCIS 2.0 JSON schema. */
export function isOffset(text: string): boolean {
  return OFFSET.test(text);
}

/** The instant in UTC with exactly three digits of the second, more digits rounded half up (CBV 2.0 section 8.9). */
export function toUtcMillis(text: string): string {
  const match = DATE_TIME.exec(text);
  if (match === null) return text;
  const fraction = (match[7] ?? '').padEnd(4, '0');
  const millis = Number(fraction.slice(0, 3)) + (fraction.charCodeAt(3) - 48 >= 5 ? 1 : 0);
  const utc = Date.parse(
    `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}${match[8]}`,
  );
  return Number.isNaN(utc) ? text : new Date(utc + millis).toISOString();
}
