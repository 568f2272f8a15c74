import type { Command } from 'commander';
import { bookId } from './authority/standing.ts';
import { configOf } from './options.ts';
import { CommandError, printJson, printLine, printTable } from './output.ts';
import { connectOwnNode } from './own-node.ts';

const VERIFICATION = `query ($book: ID!) {
  verification(book: $book) {
    checkpoint { size root note at } cosigners unverified
    evidence { kind detail first second at } faults { seq code detail at }
  }
}`;

interface Verification {
  checkpoint: { size: number; root: string; note: string; at: string } | null;
  cosigners: string[];
  unverified: number;
  evidence: { kind: string; detail: string; at: string }[];
  faults: { seq: number | null; code: string; detail: string; at: string }[];
}

/** `lotbook checkpoint show BOOK` */
export function addCheckpoint(program: Command): void {
  program
    .command('checkpoint')
    .summary('the signed head of a book, and what was verified by it: show')
    .description(
      'The holder of a book signs the head of its log from time to time; followers verify by it that they were given what ' +
        'everybody was given, and all of it.',
    )
    .command('show')
    .description('print the last checkpoint that this node made or verified, and what it found to be untrue')
    .argument('<book>', "the node's own by its name")
    .option('--json', 'print JSON')
    .action(async (given: string, { json }: { json?: boolean }, self: Command) => {
      const node = await connectOwnNode(configOf(self));
      const book = bookId(node, given);
      const known = (await node.query(VERIFICATION, { book }))[
        'verification'
      ] as unknown as Verification | null;
      if (!known) {
        throw new CommandError(
          `There is no checkpoint of ${book} here yet.`,
          'One is made LOTBOOK_CHECKPOINT_SECONDS after the first entry; a follower verifies it as it comes.',
        );
      }
      if (json) return printJson(known);
      show(book, known);
    });
}

function show(book: string, { checkpoint, cosigners, unverified, evidence, faults }: Verification): void {
  if (checkpoint) {
    printLine(checkpoint.note.trimEnd());
    printLine();
    const { at, size } = checkpoint;
    printTable(
      [book, ''],
      [
        ['entries', size.toLocaleString('en-US')],
        ['made or verified', at],
        ['cosigned by', cosigners.join(', ') || 'nobody'],
        ['records not verified yet', unverified.toLocaleString('en-US')],
      ],
    );
  }
  const found = [
    ...evidence.map(({ kind, detail, at }) => [at, kind, detail]),
    ...faults.map(({ code, detail, at }) => [at, code, detail]),
  ];
  if (found.length === 0) return;
  printLine();
  printLine('Found to be untrue; --json prints the proofs:');
  printTable(['FOUND', 'WHAT', 'DETAIL'], found);
}
