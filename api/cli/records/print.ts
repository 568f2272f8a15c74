import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { bookId } from '../authority/standing.ts';
import { configOf } from '../options.ts';
import { CommandError, EXIT, printJson, printLine } from '../output.ts';
import { connectOwnNode } from '../own-node.ts';

const PRINT = `mutation ($book: ID!, $records: [ID!]) {
  printRecords(book: $book, records: $records) { pdf code records error { message duty } }
}`;
const CHECK = `query ($book: ID!, $versions: [PrintedVersionInput!]!, $code: String!) {
  isPrint(book: $book, versions: $versions, code: $code)
}`;
const TIMEOUT_MS = 120_000;

/** `lotbook records print`, and `check-print`, which tells whether paper is what the node has signed. */
export function addPrint(records: Command): void {
  records
    .command('print')
    .summary('print records, or a whole book, as a PDF')
    .description(
      'Writes a PDF of records, each with its version, with page numbers and a verification code at the foot of each page. ' +
        'At most 500 records; without any, the whole book.',
    )
    .argument('<book>', 'a book of the node, or one that it has a local copy of')
    .argument('[records...]', 'ids of records, in any of the usual notations')
    .requiredOption('--out <file>', 'the file to write; it must not be there yet')
    .option('--json', 'print JSON')
    .action(
      async (given: string, ids: string[], { out, json }: { out: string; json?: boolean }, self: Command) => {
        const node = await connectOwnNode(configOf(self));
        const variables = { book: bookId(node, given), records: ids.length > 0 ? ids : null };
        const { pdf, code, records: count } = await node.mutate(PRINT, variables, TIMEOUT_MS);
        await writeNew(out, Buffer.from(String(pdf), 'base64'));
        if (json) printJson({ file: out, code, records: count });
        else printLine(`${String(count)} record(s) in ${out}. Verification code: ${String(code)}`);
      },
    );
  records
    .command('check-print')
    .summary('check the verification code of printed records')
    .description(
      'Tells whether a verification code was printed for these versions of records, in this order.',
    )
    .argument('<book>', 'a book of the node, or one that it has a local copy of')
    .argument('<versions...>', 'what is printed, as RECORD@VERSION, in its order')
    .requiredOption('--code <code>', 'the code at the foot of the pages')
    .action(async (given: string, versions: string[], { code }: { code: string }, self: Command) => {
      const node = await connectOwnNode(configOf(self));
      const variables = { book: bookId(node, given), versions: versions.map(versionOf), code };
      const { isPrint } = await node.query(CHECK, variables);
      if (isPrint !== true)
        throw new CommandError(
          'This code was not printed for these versions.',
          'Check their order and the code; else do not trust the paper.',
        );
      printLine('The code is that of these versions, as the node holds them.');
    });
}

async function writeNew(file: string, bytes: Buffer): Promise<void> {
  await writeFile(file, bytes, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new CommandError(`${file} is there already.`, 'Name another file.', EXIT.usage);
  });
}

function versionOf(text: string): { record: string; version: number } {
  const [, record = '', version = ''] = /^(.+)@(\d{1,9})$/.exec(text) ?? [];
  if (record !== '') return { record, version: Number(version) };
  throw new CommandError(`"${text}" names no version.`, 'Give it as RECORD@VERSION.', EXIT.usage);
}
