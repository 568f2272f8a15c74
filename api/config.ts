import { z } from 'zod';
import type { Option } from './config-option.ts';
import { options } from './config-options.ts';

/** A setting of a node that is wrong. The message names each variable and what to do; it never holds a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Options = typeof options;

/** The settings of one node: typed, complete, frozen. */
export type Config = { readonly [K in keyof Options]: z.output<Options[K]['type']> };
export type ConfigOverrides = { readonly [K in keyof Config]?: Config[K] | undefined };

/**
 * Reads the settings of a node. An override counts before the environment, the environment before the default;
 * an empty variable counts as unset.
 *
 * @throws ConfigError naming every variable that is wrong, what it must be and what to do.
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
  overrides: ConfigOverrides = {},
): Config {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, it] of optionList()) {
    const given = overrides[name] ?? (env[it.env] || undefined);
    if (given === undefined) {
      values[name] =
        typeof it.default === 'function' ? it.default({ port: Number(values['port']) }) : it.default;
      continue;
    }
    const parsed = it.type.safeParse(given);
    if (parsed.success) values[name] = parsed.data;
    else problems.push(`${it.env} must be ${expectation(it)}. Correct it, or unset it ${whenUnset(it)}.`);
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return Object.freeze(values) as Config;
}

/** The environment for a node that this process starts: nothing of this one's own settings, but the given ones. */
export function childEnvironment(
  given: { readonly [K in keyof Config]?: string },
  env: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string | undefined> {
  const own = Object.fromEntries(optionList().map(([name, { env: variable }]) => [variable, given[name]]));
  return { ...env, ...own };
}

/** The text of `.env.example`: every option with its explanation and its default, commented out. */
export function renderEnvExample(): string {
  const head = [
    '# The options of a Lotbook node, each with its default. Copy this file to .env, set what differs and start with',
    '#   node --env-file=.env dist/cli.js start',
    '# A variable that is already set in the environment counts before this file.',
  ];
  const blocks = optionList().map(([, it]) =>
    [`# ${it.explanation}`, `# Must be ${expectation(it)}.`, `# ${it.env}=${shownDefault(it)}`].join('\n'),
  );
  return `${[head.join('\n'), ...blocks].join('\n\n')}\n`;
}

function optionList(): [keyof Options, Option<z.ZodType>][] {
  return Object.entries(options) as [keyof Options, Option<z.ZodType>][];
}

function expectation({ type }: Option<z.ZodType>): string {
  const described = type instanceof z.ZodOptional ? type.unwrap() : type;
  return z.globalRegistry.get(described)?.description ?? 'valid';
}

function shownDefault(it: Option<z.ZodType>): string {
  return it.shown ?? String(it.default);
}

function whenUnset(it: Option<z.ZodType>): string {
  return it.default === undefined ? 'to do without' : `for the default (${shownDefault(it)})`;
}
