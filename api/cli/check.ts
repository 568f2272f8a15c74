import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { checkText } from '../events/check.ts';
import { CommandError, EXIT, printJson, printLine } from './output.ts';

export function addCheck(program: Command): void {
  program
    .command('check')
    .summary('check EPCIS documents without sending them')
    .description('Tells for each file whether the node would take it, and if not, the place and what to do.')
    .argument('<files...>', 'EPCIS 2.0 JSON documents; - is stdin')
    .option('--json', 'print JSON')
    .action(async (files: string[], options: { json?: boolean }) => {
      const results = [];
      for (const file of files) {
        const result = await checkFile(file);
        if (!options.json) printLine(result.line);
        results.push({ file, ...result });
      }
      if (options.json) printJson(results.map(({ line: _line, ...rest }) => rest));
      if (results.some(({ ok }) => !ok)) process.exitCode = EXIT.failed;
    });
}

/** A file that cannot be read is a fault of that file; the others are checked all the same. */
async function checkFile(file: string) {
  try {
    return checkText(file, await readInput(file));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { ok: false, events: 0, line: error.message, problems: [] };
  }
}

/** @throws CommandError when the file cannot be read */
export async function readInput(file: string): Promise<string> {
  try {
    const bytes = file === '-' ? await readAll(process.stdin) : await readFile(file);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandError(
      `${file}: cannot be read (${code ?? 'unknown reason'})`,
      code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
        ? 'Save it as UTF-8.'
        : 'Check the path and its permissions.',
    );
  }
}

async function readAll(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
