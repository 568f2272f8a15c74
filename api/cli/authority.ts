import { type Command, Option } from 'commander';
import { appoint, type AppointOptions } from './authority/appoint.ts';
import { printHistory, printStanding, printStandings } from './authority/show.ts';
import { bookId, durationOf, readStanding, STANDING, type Standing } from './authority/standing.ts';
import { configOf, durationMs } from './options.ts';
import { CommandError, EXIT, printJson, printLine } from './output.ts';
import { connectOwnNode, type OwnNode } from './own-node.ts';

interface Common {
  json?: boolean;
}

/** Beyond what the node itself waits for the other one. */
const LONGER_MS = 10_000;

/** `lotbook authority ...`: each talks to the running node, with its own key. */
export function addAuthority(program: Command): void {
  const authority = program
    .command('authority')
    .summary('who may approve updates of a book: show, appoint, hand-over, take-over')
    .description(
      'A book has one holder of the right to approve. Its owner, the primary, may appoint a backup that approves while ' +
        "the primary's node is unable, and a witness, which sees hashes only, so that never both approve.",
    );
  addShow(authority);
  addAppoint(authority);
  addHandOver(authority);
  addTakeOver(authority);
}

function addShow(authority: Command): void {
  command(authority, 'show', 'tell who holds the right, and how the other member fares')
    .argument(
      '[book]',
      "default: all books with an appointed authority that the node knows; the node's own by its name",
    )
    .option('--history', 'all terms: who held the right, since when and why')
    .action(async (book: string | undefined, options: Common & { history?: boolean }, self: Command) => {
      const node = await nodeOf(self);
      const list =
        book === undefined ? await standingsOf(node) : [await readStanding(node, bookId(node, book))];
      if (options.json) return printJson(book === undefined ? list : list[0]);
      const [one] = list;
      if (!one) {
        printLine('No book here has an appointed authority: each is approved by its owner alone.');
        return printLine(
          'Appoint one: lotbook authority appoint BOOK --backup ORGANISATION --witness ORGANISATION',
        );
      }
      if (book === undefined) printStandings(list);
      else printStanding(one);
      if (options.history) for (const standing of list) printHistory(standing);
    });
}

function addAppoint(authority: Command): void {
  command(authority, 'appoint', 'name who approves while the node of the owner is unable')
    .argument('<book>', 'an own book of the node')
    .requiredOption('--backup <organisation>', 'partner that holds every entry and takes over')
    .option('--witness <organisation>', 'partner that counts the terms; stays when it is named once')
    .addOption(
      new Option('--mode <mode>', 'available: provisional answers while nothing can be final')
        .choices(['strict', 'available'])
        .default('strict'),
    )
    .option(
      '--lease <duration>',
      'how long the holder goes on without a word of the witness',
      durationMs,
      10_000,
    )
    .option('--take-over-after <duration>', 'silence of the holder; default: the lease', durationMs)
    .addOption(
      new Option('--hand-back <how>', 'how the right returns to a recovered primary')
        .choices(['auto', 'manual'])
        .default('auto'),
    )
    .option('--primary <organisation>', "who has the right ordinarily: the book's owner where it is left out")
    .option('--no-wait', 'do not wait until the backup has everything')
    .option(
      '--accept-loss',
      'what only one member had is lost for good: go on from what this node has, for ever without it',
    )
    .action(async (book: string, options: AppointOptions, self: Command) => {
      const node = await nodeOf(self);
      await appoint(node, bookId(node, book), options);
    });
}

function addHandOver(authority: Command): void {
  command(authority, 'hand-over', 'give the right to the other member, without a pause: before maintenance')
    .argument('<book>')
    .action(async (given: string, options: Common, self: Command) => {
      const node = await nodeOf(self);
      const book = bookId(node, given);
      const { takeoverMs } = await readStanding(node, book);
      await move(node, 'handOverAuthority', book, { ...options, timeoutMs: 4 * takeoverMs + LONGER_MS });
    });
}

function addTakeOver(authority: Command): void {
  command(authority, 'take-over', 'in a book without a witness: take the right from a primary that is down')
    .argument('<book>')
    .option('--confirm', 'you know that the primary is down, and stays so until it can reach this node')
    .action(async (given: string, options: Common & { confirm?: boolean }, self: Command) => {
      if (!options.confirm) {
        throw new CommandError(
          'If the primary is only cut off from this node, both approve from now on, and one of two histories is lost.',
          'Make sure that its node is down, by telephone if need be; then repeat the command with --confirm.',
          EXIT.usage,
        );
      }
      const node = await nodeOf(self);
      await move(node, 'takeOverAuthority', bookId(node, given), options);
    });
}

async function move(
  node: OwnNode,
  mutation: 'handOverAuthority' | 'takeOverAuthority',
  book: string,
  { json, timeoutMs }: Common & { timeoutMs?: number },
): Promise<void> {
  const begun = performance.now();
  const { authority } = await node.mutate(
    `mutation ($book: ID!) { ${mutation}(book: $book) { authority ${STANDING} error { message duty } } }`,
    { book },
    timeoutMs,
  );
  const tookMs = Math.round(performance.now() - begun);
  const standing = authority as unknown as Standing;
  if (json) return printJson({ ...standing, tookMs });
  const { holder, term } = standing;
  printLine(`${holder} holds the right for ${book} now: term ${term}, after ${durationOf(tookMs)}.`);
}

async function standingsOf(node: OwnNode): Promise<Standing[]> {
  const { authorities } = await node.query(`{ authorities ${STANDING} }`);
  return authorities as unknown as Standing[];
}

function command(authority: Command, name: string, summary: string): Command {
  return authority.command(name).description(summary).option('--json', 'print JSON');
}

function nodeOf(self: Command): Promise<OwnNode> {
  return connectOwnNode(configOf(self));
}
