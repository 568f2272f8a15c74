import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { checkText } from '../events/check.ts';
import { CommandError, EXIT, printJson, printLine } from './output.ts';

const MAX_LINES_SHOWN = 20;

export function addCheck(program: Command): void {
  program
    .command('check')
    .summary('check EPCIS documents without sending them')
    .description('Tells for each file whether the node would take it, and if not, the place and what to do.')
    .argument('<files...>', 'EPCIS 2.0 JSON documents; - is stdin')
    .option('--json', 'print JSON')
    .action(async (files: string[], options: { json?: boolean }) => {
      const results = [];
      for (const file of files) results.push({ file, ...checkText(file, await readInput(file)) });
      if (options.json) printJson(results);
      else {
        for (const { lines } of results) {
          for (const line of lines.slice(0, MAX_LINES_SHOWN)) printLine(line);
          if (lines.length > MAX_LINES_SHOWN) printLine(`... and ${lines.length - MAX_LINES_SHOWN} more`);
        }
      }
      if (results.some(({ ok }) => !ok)) process.exitCode = EXIT.failed;
    });
}

/** @throws CommandError when the file cannot be read */
export async function readInput(file: string): Promise<string> {
  try {
    if (file !== '-') return await readFile(file, 'utf8');
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandError(
      `${file} cannot be read: ${code ?? 'unknown reason'}.`,
      'Check the path and its permissions.',
    );
  }
}
