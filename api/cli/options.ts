import { type Command, InvalidArgumentError } from 'commander';
import { type Config, readConfig } from '../config.ts';

/** The settings with what was given on the command line before the environment. */
export function configOf(command: Command): Config {
  const { dir, port, host } = command.optsWithGlobals<{ dir?: string; port?: number; host?: string }>();
  return readConfig(undefined, { dir, port, host });
}

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}
