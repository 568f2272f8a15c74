import type { Command } from 'commander';
import { isJsonObject } from '../identity/strict-json.ts';
import { bookId } from './authority/standing.ts';
import { configOf } from './options.ts';
import { printJson, printLine, printTable } from './output.ts';
import { connectOwnNode } from './own-node.ts';

const LIST = 'query ($book: ID!) { locks(book: $book) { record token holderName organisation since until } }';
const BREAK = `mutation ($book: ID!, $record: ID!, $reason: String!) {
  breakLock(book: $book, record: $record, reason: $reason) { request { id } error { message duty } }
}`;

interface Options {
  json?: boolean;
}

/** `lotbook locks ...`: who holds which records. */
export function addLocks(program: Command): void {
  const locks = program
    .command('locks')
    .summary('who holds which records: list, break')
    .description(
      'Whoever edits a record holds its entry lock, from opening it to saving or cancelling. Nobody else changes it meanwhile.',
    );
  locks
    .command('list')
    .description(
      'tell who holds which records of a book, since when, and until when if the lock is not renewed',
    )
    .argument('<book>', 'a book of the node, or one that it has a local copy of')
    .option('--json', 'print JSON')
    .action(async (given: string, { json }: Options, self: Command) => {
      const node = await connectOwnNode(configOf(self));
      const { locks: found } = await node.query(LIST, { book: bookId(node, given) });
      const held = Array.isArray(found) ? found.filter(isJsonObject) : [];
      if (json) return printJson(held);
      if (held.length === 0) return printLine('Nobody holds a record.');
      printTable(
        ['RECORD', 'HELD BY', 'ORGANISATION', 'SINCE', 'UNTIL'],
        held.map(({ record, holderName, organisation, since, until }) =>
          [record, holderName, organisation, since, until].map(String),
        ),
      );
    });
  locks
    .command('break')
    .description(
      'end the lock of somebody else: what that person saves later is refused, and kept as a draft. Recorded in the log, with the reason',
    )
    .argument('<book>', 'an own book of the node')
    .argument('<record>', 'the id of the record, in any of the usual notations')
    .requiredOption('--reason <text>', 'why')
    .action(async (given: string, record: string, { reason }: { reason: string }, self: Command) => {
      const node = await connectOwnNode(configOf(self));
      await node.mutate(BREAK, { book: bookId(node, given), record, reason });
      printLine(`The lock of ${record} is broken.`);
    });
}
