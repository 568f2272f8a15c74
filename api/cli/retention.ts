import { Argument, type Command, Option } from 'commander';
import { isJsonObject, type JsonObject } from '../identity/strict-json.ts';
import { bookId } from './authority/standing.ts';
import { configOf, wholeNumber } from './options.ts';
import { CommandError, EXIT, printJson, printLine, printTable } from './output.ts';
import { connectOwnNode } from './own-node.ts';

const RETENTION = `retention { book rules { kind days by setBy setAt lastRunAt erased } holds { record reason by since } }`;
const PAYLOAD = `${RETENTION} error { message duty }`;
const KINDS = ['EVENT', 'LOT', 'PRODUCT', 'LOCATION', 'PARTY', 'NOTE'];

interface Common {
  json?: boolean;
}

/** `lotbook retention ...`: how long records are kept. */
export function addRetention(program: Command): void {
  const retention = program
    .command('retention')
    .summary('how long records are kept: show, set, end, hold, release')
    .description(
      'A rule keeps the records of a kind for so many days; then the node erases them by itself, as `lotbook erase` would: here, at ' +
        'the backup and at every partner. A legal hold exempts a record until it is released.',
    );
  addShow(retention);
  addSet(retention);
  addEnd(retention);
  addHold(retention);
  addRelease(retention);
}

function addShow(retention: Command): void {
  command(retention, 'show', 'tell the rules of a book, what they erased, and what is held').action(
    async (given: string, options: Common, self: Command) => {
      const node = await connectOwnNode(configOf(self));
      const found = await node.query(`query ($book: ID!) { ${RETENTION.replace(' ', '(book: $book) ')} }`, {
        book: bookId(node, given),
      });
      show(found, options);
    },
  );
}

function addSet(retention: Command): void {
  command(retention, 'set', 'keep records of a kind for so many days, then erase them')
    .addArgument(kind())
    .requiredOption('--days <number>', 'how long', wholeNumber(1, 36_500))
    .addOption(
      new Option('--by <time>', 'from when the days count; events alone have an event time')
        .choices(['event', 'approval'])
        .default('approval'),
    )
    .option('--confirm', 'you know that what is over is erased at every node, for good')
    .action(async (given: string, of: string, options: SetOptions, self: Command) => {
      if (!options.confirm) {
        throw new CommandError(
          `Nothing is set yet. Records of kind ${of} whose ${options.days} days are over would be erased at every node, for good.`,
          'Place legal holds first; then repeat the command with --confirm.',
          EXIT.usage,
        );
      }
      const by = options.by === 'event' ? 'EVENT_TIME' : 'APPROVAL_TIME';
      await change(
        self,
        given,
        options,
        'setRetention(input: $input)',
        ['$input: RetentionInput!'],
        (book) => ({
          input: { book, kind: of, days: options.days, by },
        }),
      );
    });
}

interface SetOptions extends Common {
  days: number;
  by: string;
  confirm?: boolean;
}

function addEnd(retention: Command): void {
  command(retention, 'end', 'keep records of a kind without an end')
    .addArgument(kind())
    .action((given: string, of: string, options: Common, self: Command) =>
      change(
        self,
        given,
        options,
        'endRetention(book: $book, kind: $kind)',
        ['$book: ID!', '$kind: RecordKind!'],
        (book) => ({ book, kind: of }),
      ),
    );
}

function addHold(retention: Command): void {
  command(retention, 'hold', 'exempt a record from being erased')
    .argument('<record>')
    .requiredOption('--reason <text>', 'why')
    .action((given: string, record: string, options: Common & { reason: string }, self: Command) =>
      change(
        self,
        given,
        options,
        'holdRecord(book: $book, record: $record, reason: $reason)',
        ['$book: ID!', '$record: ID!', '$reason: String!'],
        (book) => ({ book, record, reason: options.reason }),
      ),
    );
}

function addRelease(retention: Command): void {
  command(retention, 'release', 'end a legal hold')
    .argument('<record>')
    .action((given: string, record: string, options: Common, self: Command) =>
      change(
        self,
        given,
        options,
        'releaseRecord(book: $book, record: $record)',
        ['$book: ID!', '$record: ID!'],
        (book) => ({ book, record }),
      ),
    );
}

function command(retention: Command, name: string, summary: string): Command {
  return retention
    .command(name)
    .description(summary)
    .argument('<book>', 'an own book of the node')
    .option('--json', 'print JSON');
}

function kind(): Argument {
  return new Argument('<kind>', 'which records').choices(KINDS);
}

async function change(
  self: Command,
  given: string,
  options: Common,
  mutation: string,
  declared: readonly string[],
  variablesOf: (book: string) => Record<string, unknown>,
): Promise<void> {
  const node = await connectOwnNode(configOf(self));
  const document = `mutation (${declared.join(', ')}) { ${mutation} { ${PAYLOAD} } }`;
  show(await node.mutate(document, variablesOf(bookId(node, given))), options);
}

function show({ retention }: JsonObject, { json }: Common): void {
  const found = isJsonObject(retention) ? retention : {};
  if (json) return printJson(found);
  const rules = objects(found['rules']);
  if (rules.length === 0) printLine('Records are kept without an end.');
  else {
    printTable(
      ['KIND', 'DAYS', 'FROM', 'SET BY', 'LAST RUN', 'ERASED'],
      rules.map(({ kind, days, by, setBy, lastRunAt, erased }) => [
        text(kind),
        text(days),
        by === 'EVENT_TIME' ? 'event' : 'approval',
        text(setBy),
        text(lastRunAt),
        text(erased),
      ]),
    );
  }
  const holds = objects(found['holds']);
  if (holds.length === 0) return;
  printLine();
  printTable(
    ['HELD', 'SINCE', 'BY', 'WHY'],
    holds.map(({ record, since, by, reason }) => [text(record), text(since), text(by), text(reason)]),
  );
}

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function text(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}
