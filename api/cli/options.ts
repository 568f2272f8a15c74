import { type Command, InvalidArgumentError } from 'commander';
import { type Config, readConfig } from '../config.ts';

/** The settings with what was given on the command line before the environment. */
export function configOf(command: Command): Config {
  const { dir, port, host } = command.optsWithGlobals<{ dir?: string; port?: number; host?: string }>();
  return readConfig(undefined, { dir, port, host });
}

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** `500ms`, `10s`, `2m`, `1h`: milliseconds, up to a day. */
export function durationMs(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  const value = Number(digits) * (UNITS_MS[unit as keyof typeof UNITS_MS] ?? 0);
  if (value >= 1 && value <= 24 * UNITS_MS.h) return value;
  throw new InvalidArgumentError('It must be a number with its unit, such as 500ms, 10s or 2m: up to 24h.');
}

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** A moment, RFC 3339, or the beginning of a day in UTC. */
export function instant(text: string): Date {
  const date = new Date(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new InvalidArgumentError('It must be a time such as 2026-07-01T00:00:00Z, or a date.');
}
