import type { Command } from 'commander';
import { isJsonObject, type JsonObject, type JsonValue } from '../../identity/strict-json.ts';
import { bookId } from '../authority/standing.ts';
import { configOf, wholeNumber } from '../options.ts';
import { CommandError, EXIT, printJson, printLine, printTable } from '../output.ts';
import { connectOwnNode, type OwnNode } from '../own-node.ts';

const REFRESH = `mutation ($book: ID!, $record: ID!) {
  refreshRecord(book: $book, record: $record) { record { id version } behind error { message duty } }
}`;
const SAVE = `mutation ($input: SaveRecordInput!) {
  saveRecord(input: $input) {
    request { id state }
    record { id version }
    difference { base current merges fields { field base mine theirs standing } }
    error { code message duty }
  }
}`;

interface Options {
  set: string[];
  unset: string[];
  base?: number;
  merge?: number;
  reason?: string;
  json?: boolean;
}

const collect = (value: string, before: string[]): string[] => [...before, value];

/** `lotbook records edit`: changes fields of a record, and shows what others changed meanwhile. */
export function addEdit(records: Command): void {
  records
    .command('edit')
    .summary('change fields of a record')
    .description(
      'Changes fields of a record: of its current version, or of the one that you looked at (--base). Where others have changed it ' +
        'since, it is not saved, and what differs is told. --merge says that you have seen that, and want your change put onto ' +
        'theirs; it is refused where both changed the same field.',
    )
    .argument('<book>', 'a book of the node, or one that it has a local copy of')
    .argument('<record>', 'the id of the record, in any of the usual notations')
    .option(
      '--set <name=value>',
      'a field and its value; JSON for lists and true or false; may be repeated',
      collect,
      [],
    )
    .option('--unset <name>', 'a field that shall be empty; may be repeated', collect, [])
    .option('--base <version>', 'the version that you looked at', wholeNumber(1, 2_147_483_647))
    .option('--merge <version>', 'put the change onto this version of others', wholeNumber(1, 2_147_483_647))
    .option('--reason <text>', 'why; kept with the request')
    .option('--json', 'print JSON')
    .action(async (given: string, record: string, options: Options, command: Command) => {
      const fields = fieldsOf(options);
      const node = await connectOwnNode(configOf(command));
      const book = bookId(node, given);
      const base = options.base ?? (await currentVersion(node, book, record));
      const { merge, reason } = options;
      const { saveRecord } = await node.query(SAVE, { input: { book, record, base, fields, merge, reason } });
      const saved = isJsonObject(saveRecord) ? saveRecord : {};
      if (options.json) printJson(saved);
      else tell(saved);
      if (isJsonObject(saved['error'])) process.exitCode = EXIT.failed;
    });
}

async function currentVersion(node: OwnNode, book: string, record: string): Promise<number> {
  const { record: found } = await node.mutate(REFRESH, { book, record });
  return Number(isJsonObject(found) ? found['version'] : 0);
}

function fieldsOf({ set, unset }: Options): Record<string, JsonValue> {
  const pairs = set.map((pair): [string, JsonValue] => {
    const at = pair.indexOf('=');
    if (at < 1)
      throw new CommandError(`"${pair}" is no field with a value.`, 'Give it as NAME=VALUE.', EXIT.usage);
    return [pair.slice(0, at), valueOf(pair.slice(at + 1))];
  });
  if (pairs.length + unset.length === 0)
    throw new CommandError('Nothing is to be changed.', 'Name fields with --set or --unset.', EXIT.usage);
  return Object.fromEntries([...pairs, ...unset.map((name): [string, JsonValue] => [name, null])]);
}

/** Numbers stay texts, as records hold decimals. */
function valueOf(text: string): JsonValue {
  if (!/^(\[.*\]|\{.*\}|true|false)$/s.test(text)) return text;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

function tell({ request, record, difference, error }: JsonObject): void {
  if (!isJsonObject(error)) {
    const [state, version] = [
      isJsonObject(request) && request['state'],
      isJsonObject(record) && record['version'],
    ];
    return printLine(
      state === 'APPROVED' ? `Saved: version ${String(version)}.` : `Not decided yet: ${String(state)}.`,
    );
  }
  process.stderr.write(`lotbook: ${String(error['message'])}\n         ${String(error['duty'])}\n`);
  if (isJsonObject(request) && request['id'] !== null)
    process.stderr.write(`         What you wanted is kept in request ${String(request['id'])}.\n`);
  if (!isJsonObject(difference)) return;
  const fields = Array.isArray(difference['fields']) ? difference['fields'].filter(isJsonObject) : [];
  printTable(
    [
      'FIELD',
      `VERSION ${String(difference['base'])}`,
      'YOURS',
      `VERSION ${String(difference['current'])}`,
      'CHANGED BY',
    ],
    fields.map(({ field, base, mine, theirs, standing }) => [
      String(field),
      ...[base, mine, theirs].map(textOf),
      CHANGED_BY[String(standing)] ?? '',
    ]),
  );
  if (difference['merges'] === true)
    printLine(
      `Nobody changed what you changed: repeat it with --base ${String(difference['base'])} --merge ${String(difference['current'])}.`,
    );
}

const CHANGED_BY: Readonly<Record<string, string>> = {
  MINE: 'you',
  THEIRS: 'others',
  SAME: 'both alike',
  CONFLICT: 'both: decide',
  UNSEEN: 'you; others: not shown to you',
};

function textOf(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
