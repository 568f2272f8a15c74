import { ConfigError } from '../config.ts';
import { LotbookError } from '../errors.ts';
import { StoreError } from '../store/error.ts';
import { HomeError } from '../store/home.ts';

/** What a command ends the process with. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** A command failed: one line what is wrong, one line what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    message: string,
    readonly duty: string,
    readonly exitCode: number = EXIT.failed,
  ) {
    super(message);
  }
}

export function printLine(line = ''): void {
  process.stdout.write(`${line}\n`);
}

export function printJson(value: unknown): void {
  printLine(JSON.stringify(value, null, 2));
}

/** Rows in columns as wide as their widest cell. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of [head, ...rows]) {
    printLine(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

/** Tells on stderr what went wrong and what to do. @returns the exit code */
export function reportError(error: unknown): number {
  const [message, duty] = explain(error);
  process.stderr.write(`lotbook: ${message}\n${duty === '' ? '' : `         ${duty}\n`}`);
  return error instanceof CommandError ? error.exitCode : EXIT.failed;
}

function explain(error: unknown): [message: string, duty: string] {
  if (error instanceof HomeError || error instanceof LotbookError || error instanceof CommandError) {
    return [error.message, error.duty];
  }
  // Their messages say what to do themselves.
  if (error instanceof ConfigError || error instanceof StoreError) return [error.message, ''];
  const { code, port } = (typeof error === 'object' && error !== null ? error : {}) as Record<
    string,
    unknown
  >;
  if (code === 'EADDRINUSE') {
    return [
      `The port ${String(port)} is taken by another program.`,
      'Stop that one, or choose another with --port or LOTBOOK_PORT.',
    ];
  }
  if (code === 'ECONNREFUSED') {
    return [
      'The database does not answer.',
      'Start it, or correct DATABASE_URL; without it the node runs its own.',
    ];
  }
  const text = error instanceof Error ? error.message : String(error);
  return [
    `Something went wrong: ${text}`,
    'If this makes no sense, run it again with LOTBOOK_LOG_LEVEL=debug and report it.',
  ];
}
