import type { Command } from 'commander';
import { addEdit } from './records/edit.ts';
import { addNotes } from './records/notes.ts';
import { addPrint } from './records/print.ts';

/** `lotbook records ...`: the records of a book, one by one. */
export function addRecords(program: Command): void {
  const records = program
    .command('records')
    .summary('the records of a book: edit, note, notes, print, check-print')
    .description('Works on single records of the books of the node, and of its local copies.');
  addEdit(records);
  addNotes(records);
  addPrint(records);
}
