import type { Command } from 'commander';
import type { JsonObject } from '../identity/strict-json.ts';
import { readInput } from './check.ts';
import { openProgress } from './import/progress.ts';
import { type ImportFile, readOrRefuse } from './import/read.ts';
import { sendChunks } from './import/send.ts';
import { type FileResult, openTally, refusalLine, summaryLine } from './import/tally.ts';
import { configOf } from './options.ts';
import { CommandError, EXIT, printJson, printLine } from './output.ts';
import { connectOwnNode, type OwnNode } from './own-node.ts';

interface Options {
  book?: string;
  json?: boolean;
}

export function addImport(program: Command): void {
  program
    .command('import')
    .summary('capture EPCIS documents into a book of the running node')
    .description(
      'Captures the events and the master data of EPCIS documents. All files are checked first: when one is not right, ' +
        'nothing is sent. An import that was interrupted goes on where it was when the same command is run again; what ' +
        'the book holds already is not doubled.',
    )
    .argument('<files...>', 'EPCIS 2.0 JSON documents, or JSON of FoodChain-Lab; - is stdin')
    .option('--book <book>', "book of this node, such as season-2026; default: the node's only one")
    .option('--json', 'print JSON')
    .action(async (names: string[], options: Options, command: Command) => {
      const files = await readAll(names, options);
      if (!files) return void (process.exitCode = EXIT.failed);
      const node = await connectOwnNode(configOf(command));
      const book = await bookOf(node, options.book);
      const { results, stopped } = await importAll(node, book, files);
      report(book.id, results, stopped, options);
      const isAnyRefused = results.some(({ refusals }) => refusals.length > 0);
      if (stopped || isAnyRefused) process.exitCode = EXIT.failed;
    });
}

/** Null when a file is not right; what is wrong is printed then. */
async function readAll(names: readonly string[], { json }: Options): Promise<ImportFile[] | null> {
  const files: ImportFile[] = [];
  const faults: string[] = [];
  for (const name of names) {
    const text = await readInput(name);
    const file = readOrRefuse(name, text);
    if (typeof file === 'string') faults.push(file);
    else files.push(file);
  }
  if (faults.length === 0) return files;
  if (json) printJson({ ok: false, problems: faults });
  else {
    for (const line of faults) printLine(line);
    printLine('Nothing was sent.');
  }
  return null;
}

interface OwnBook {
  id: string;
  length: number;
}

async function bookOf(node: OwnNode, given: string | undefined): Promise<OwnBook> {
  const { books } = await node.query('{ books { id owner length } }');
  const own = (books as JsonObject[])
    .filter(({ owner }) => owner === node.organisation)
    .map(({ id, length }) => ({ id: String(id), length: Number(length) }));
  const found = own.filter(
    ({ id }) => given === undefined || id === given || id === `${node.organisation}/${given}`,
  );
  const [book, another] = found;
  if (book && !another) return book;
  const list = own.map(({ id }) => id).join(', ');
  if (own.length === 0) {
    throw new CommandError(
      'This node has no book of its own yet.',
      'Open one: name it with `lotbook init --book`, or call createBook.',
    );
  }
  if (given !== undefined) {
    throw new CommandError(`This node has no own book ${given}.`, `Give one of these with --book: ${list}`);
  }
  throw new CommandError('This node has several books.', `Say which one with --book: ${list}`);
}

async function importAll(
  node: OwnNode,
  book: OwnBook,
  files: readonly ImportFile[],
): Promise<{ results: FileResult[]; stopped: boolean }> {
  const total = files.reduce((sum, { events, records }) => sum + events + records, 0);
  const progress = openProgress(process.stderr, total, 'events and records', Date.now);
  const stop = new AbortController();
  const onSignal = (): void => {
    progress.note('Stopping; again Ctrl-C to stop at once.');
    stop.abort();
    process.once('SIGINT', () => process.exit(EXIT.failed));
  };
  process.once('SIGINT', onSignal);
  const tally = openTally(book.length);
  const results: FileResult[] = [];
  const sender = {
    node,
    book: book.id,
    signal: stop.signal,
    onRetry: (why: string, afterMs: number) =>
      progress.note(`${why} Again in ${(afterMs / 1000).toFixed(1)} s.`),
  };
  try {
    for (const file of files) {
      const result = tally.begin(file);
      results.push(result);
      for await (const { chunk, answer } of sendChunks(sender, file.chunks)) {
        tally.add(file, result, chunk, answer);
        progress.advance(chunk.changes.length);
      }
      if (stop.signal.aborted) break;
    }
  } finally {
    progress.end();
    process.off('SIGINT', onSignal);
  }
  const sent = results.reduce((sum, { events, records }) => sum + sumOf(events) + sumOf(records), 0);
  return { results, stopped: sent < total };
}

function sumOf(count: FileResult['events']): number {
  return count.new + count.known + count.refused;
}

function report(book: string, results: readonly FileResult[], stopped: boolean, { json }: Options): void {
  if (json) return printJson({ book, stopped, files: results });
  for (const result of results) {
    for (const refusal of result.refusals) printLine(refusalLine(result.file, refusal));
    printLine(summaryLine(result));
  }
  if (stopped) printLine('Stopped before the end. Run the same command again to go on; nothing is doubled.');
}
