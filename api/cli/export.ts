import type { Command } from 'commander';
import type { Config } from '../config.ts';
import type { JsonObject } from '../identity/strict-json.ts';
import { connectOwnNode, type OwnNode } from './own-node.ts';
import { download, untilMade } from './made-file.ts';
import { configOf, instant } from './options.ts';
import { CommandError, printLine } from './output.ts';
import { fetchToken } from './token.ts';

interface Options {
  book: string;
  audience?: string;
  records?: string[];
  from?: Date;
  to?: Date;
}

const FIELDS = 'id state entries done bytes path message';
const START = `mutation ($input: StartExportInput!) {
  startExport(input: $input) { export { ${FIELDS} } error { message duty } }
}`;
const LOOK = `query ($id: ID!) { auditExport(id: $id) { ${FIELDS} } }`;

export function addExport(program: Command): void {
  program
    .command('export')
    .summary('write an audit export of a book into a file')
    .description(
      'Writes the log of a book, or of a local copy, with everything that the audience may see, into a file that anybody ' +
        'can verify with `lotbook verify`, offline. FILE ends with .jsonl.gz, or with .zip for an archive that also holds a ' +
        'page which verifies it in any browser.',
    )
    .argument('<file>', 'the file to write: NAME.jsonl.gz or NAME.zip')
    .requiredOption('--book <book>', 'the book: its name here, or <organisation>/<name>')
    .option(
      '--audience <organisation>',
      'with the eyes of this partner (default: everything that is held here)',
    )
    .option('--records <id...>', 'only these records')
    .option('--from <time>', 'only what was approved then or later (RFC 3339, or a date)', instant)
    .option('--to <time>', 'only what was approved before then', instant)
    .action(async (file: string, options: Options, command: Command) => {
      const config = configOf(command);
      const { entries, bytes } = await writeExport(await connectOwnNode(config), config, file, options);
      const size = Math.ceil(bytes / 1024).toLocaleString('en-US');
      printLine(`${file}: ${entries.toLocaleString('en-US')} entries, ${size} KiB.`);
      printLine(`Anybody can check it: lotbook verify ${file}`);
    });
}

/** Lets the node make an export, and fetches it into a file. */
export async function writeExport(
  node: OwnNode,
  config: Config,
  file: string,
  options: Options,
): Promise<{ entries: number; bytes: number }> {
  const job = await makeExport(node, formatOf(file), options);
  await download(`${node.localUrl}${String(job['path'])}`, await fetchToken(config), file);
  return { entries: Number(job['entries']), bytes: Number(job['bytes']) };
}

function formatOf(file: string): 'JSONL_GZ' | 'ZIP' {
  if (file.endsWith('.jsonl.gz')) return 'JSONL_GZ';
  if (file.endsWith('.zip')) return 'ZIP';
  throw new CommandError(`${file} is not named for an export.`, 'Name it NAME.jsonl.gz or NAME.zip.', 2);
}

/** Lets the node write the export, and tells how far it is. */
async function makeExport(node: OwnNode, format: string, options: Options): Promise<JsonObject> {
  const { book, audience, records, from, to } = options;
  const input = {
    book: book.includes('/') ? book : `${node.organisation}/${book}`,
    audience,
    records,
    from,
    until: to,
    format,
  };
  const started = (await node.mutate(START, { input }))['export'] as JsonObject;
  const look = async () => (await node.query(LOOK, { id: started['id'] }))['auditExport'] as JsonObject;
  return untilMade(started, look, (job) => `${String(job['done'])} of ${String(job['entries'])} entries`);
}
