import type { Command } from 'commander';
import { isJsonObject } from '../identity/strict-json.ts';
import { bookId } from './authority/standing.ts';
import { configOf } from './options.ts';
import { CommandError, EXIT, printJson, printLine } from './output.ts';
import { connectOwnNode } from './own-node.ts';

const RECORD =
  'query ($book: ID!, $record: ID!) { record(book: $book, id: $record) { id kind version erased } }';
const ERASE = `mutation ($book: ID!, $record: ID!, $reason: String!) {
  eraseRecord(book: $book, record: $record, reason: $reason) { record { id kind version erased } error { message duty } }
}`;

interface Options {
  reason: string;
  confirm?: boolean;
  json?: boolean;
}

export function addErase(program: Command): void {
  program
    .command('erase')
    .summary('delete what a record holds, here, at the backup and at every partner')
    .description(
      'Erases a record of an own book for good: a signed change, by which every node deletes what the record held in all its ' +
        'versions. Its id, its tokens and your reason stay, so that the log can still be verified. Without --confirm it only ' +
        'says what would be erased.',
    )
    .argument('<book>', 'an own book of the node')
    .argument('<record>', 'the id of the record, in any of the usual notations')
    .requiredOption('--reason <text>', 'why; it is kept, and told to the partners that could see the record')
    .option('--confirm', 'you have looked at the record: nobody can bring it back')
    .option('--json', 'print JSON')
    .action(async (given: string, record: string, options: Options, command: Command) => {
      const node = await connectOwnNode(configOf(command));
      const variables = { book: bookId(node, given), record };
      const { record: found } = await node.query(RECORD, variables);
      if (!isJsonObject(found)) {
        throw new CommandError(`There is no record ${record} in ${variables.book}.`, 'Check both names.');
      }
      const { id, kind, version, erased } = found;
      if (!options.confirm && erased === null) {
        throw new CommandError(
          `Nothing is erased yet. ${String(kind)} ${String(id)}, ${String(version)} version(s), would be erased at every node, for good.`,
          'Look at it once more; then repeat the command with --confirm.',
          EXIT.usage,
        );
      }
      const payload = await node.mutate(ERASE, { ...variables, reason: options.reason });
      const now = isJsonObject(payload['record']) ? payload['record'] : {};
      if (options.json) return printJson(now);
      printLine(`${String(now['id'])} is erased: ${String(now['erased'])}.`);
    });
}
