import type { Command } from 'commander';
import { DocumentError, hashText } from '../events/check.ts';
import { readInput } from './check.ts';
import { CommandError, printJson, printLine } from './output.ts';

export function addHash(program: Command): void {
  program
    .command('hash')
    .summary('print the event hash ids of an EPCIS document')
    .description(
      'Prints the event hash id of every event (CBV 2.0, section 8.9), one a line, in the order of the document.',
    )
    .argument('<file>', 'an EPCIS 2.0 JSON document; - is stdin')
    .option('--json', 'print JSON')
    .action(async (file: string, options: { json?: boolean }) => {
      const hashes = hashesOf(file, await readInput(file));
      if (options.json) printJson(hashes);
      else for (const hash of hashes) printLine(hash);
    });
}

function hashesOf(file: string, text: string): string[] {
  try {
    return hashText(text);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    const [first = ''] = error.message.split('\n');
    throw new CommandError(`${file}: ${first}`, `See all that is wrong with it: lotbook check ${file}`);
  }
}
