import type { Command } from 'commander';
import { isJsonObject } from '../../identity/strict-json.ts';
import { bookId } from '../authority/standing.ts';
import { configOf } from '../options.ts';
import { CommandError, printJson, printLine } from '../output.ts';
import { connectOwnNode } from '../own-node.ts';

const ADD = `mutation ($book: ID!, $record: ID!, $text: String!) {
  addNote(book: $book, record: $record, text: $text) { note { id } request { state } error { message duty } }
}`;
const LIST = 'query ($book: ID!, $record: ID!) { record(book: $book, id: $record) { notes { id fields } } }';

/** `lotbook records notes`, and `note`. */
export function addNotes(records: Command): void {
  records
    .command('note')
    .summary('write a note on a record')
    .description('Writes a note on a record: signed, and seen by whoever may see something of the record.')
    .argument('<book>', 'a book of the node, or one that it has a local copy of')
    .argument('<record>', 'the id of the record, in any of the usual notations')
    .requiredOption('--text <text>', 'what it says')
    .action(async (given: string, record: string, { text }: { text: string }, self: Command) => {
      const node = await connectOwnNode(configOf(self));
      const { note, request } = await node.mutate(ADD, { book: bookId(node, given), record, text });
      const state = isJsonObject(request) ? String(request['state']) : '';
      printLine(isJsonObject(note) ? `Noted: ${String(note['id'])}.` : `Not decided yet: ${state}.`);
    });
  records
    .command('notes')
    .description('tell the notes on a record, the first one first')
    .argument('<book>', 'a book of the node, or one that it has a local copy of')
    .argument('<record>', 'the id of the record, in any of the usual notations')
    .option('--json', 'print JSON')
    .action(async (given: string, record: string, { json }: { json?: boolean }, self: Command) => {
      const node = await connectOwnNode(configOf(self));
      const { record: found } = await node.query(LIST, { book: bookId(node, given), record });
      if (!isJsonObject(found)) throw new CommandError(`There is no record ${record}.`, 'Check both names.');
      const list = Array.isArray(found['notes']) ? found['notes'].filter(isJsonObject) : [];
      if (json) return printJson(list);
      if (list.length === 0) return printLine('There is no note on it.');
      for (const { fields } of list) {
        const { time, author, organisation, text } = isJsonObject(fields) ? fields : {};
        printLine(
          `${String(time)} ${String(author ?? `a user at ${String(organisation)}`)}: ${String(text)}`,
        );
      }
    });
}
