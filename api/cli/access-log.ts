import { type Command, InvalidArgumentError } from 'commander';
import type { JsonObject, JsonValue } from '../identity/strict-json.ts';
import { type ChainedAccess, firstBreak } from '../people/chain.ts';
import { configOf, wholeNumber } from './options.ts';
import { CommandError, printJson, printLine, printTable } from './output.ts';
import { connectOwnNode, type OwnNode } from './own-node.ts';

const ENTRY = 'seq at who address action object result count prev hash';
const PAGE = 100;

interface Options {
  json?: boolean;
  verify?: boolean;
  head?: { seq: number; hash: string };
  who?: string;
  action?: string;
  refused?: boolean;
  last: number;
}

/** `lotbook access-log`: who was let in, turned away, or did what others should know of. */
export function addAccessLog(program: Command): void {
  program
    .command('access-log')
    .summary('show the access log, or verify that no row of it is missing or changed')
    .description(
      'Shows the latest rows of the access log of the running node, the latest last. With --verify every row is read and ' +
        'checked against the one before, and the head of the log is printed: whoever keeps heads elsewhere can show with ' +
        '--head that none of the rows up to one was changed or cut off since.',
    )
    .option('--last <number>', 'how many rows', wholeNumber(1, 10_000), 50)
    .option('--who <client id>', 'only what this one did')
    .option('--action <name>', 'only this action')
    .option('--refused', 'only what was refused or failed')
    .option('--verify', 'verify the whole log')
    .option('--head <seq:hash>', 'with --verify: a head that was printed before', headOption)
    .option('--json', 'print JSON')
    .action(async (options: Options, self: Command) => {
      const node = await connectOwnNode(configOf(self));
      if (options.verify) return verify(node, options);
      const { who, action, refused, last } = options;
      const rows = await read(node, { who, action, refused }, last);
      if (options.json) return printJson(rows);
      printTable(
        ['SEQ', 'AT', 'WHO', 'FROM', 'ACTION', 'ABOUT', 'RESULT', 'TIMES'],
        rows.map(({ seq, at, who: by, address, action: done, object, result, count }) =>
          [seq, at, by, address, done, object, result, count].map(text),
        ),
      );
    });
}

async function verify(node: OwnNode, { json, head }: Options): Promise<void> {
  const rows = (await read(node, {}, Infinity)).map(rowOf);
  const broken = firstBreak(rows);
  if (broken)
    throw new CommandError(
      `The access log is not whole at row ${broken.seq}: ${broken.why}.`,
      'Somebody has changed it past the node: keep the database as it is, and look at its backups.',
    );
  if (head && rows[head.seq - 1]?.hash !== head.hash)
    throw new CommandError(
      `The access log is another one than that of the head of row ${head.seq}.`,
      'Somebody has rewritten it, or cut off its end: keep the database as it is, and look at its backups.',
    );
  const last = rows.at(-1);
  if (json) return printJson({ rows: rows.length, head: last ? `${last.seq}:${last.hash}` : null });
  printLine(`All ${rows.length} rows continue one another.`);
  if (last) printLine(`Head: ${last.seq}:${last.hash}`);
}

/** The last rows that meet the filter, in their order. */
async function read(node: OwnNode, filter: object, most: number): Promise<JsonObject[]> {
  const rows: JsonObject[] = [];
  for (let after: JsonValue = null; rows.length < most;) {
    const first = Math.min(PAGE, most - rows.length);
    const { accessLog } = await node.query(
      `query ($filter: AccessLogFilter, $first: Int, $after: ID) {
         accessLog(filter: $filter, first: $first, after: $after) {
           edges { node { ${ENTRY} } } pageInfo { hasNextPage endCursor } } }`,
      { filter, first, after },
    );
    const { edges, pageInfo } = accessLog as { edges: { node: JsonObject }[]; pageInfo: JsonObject };
    rows.push(...edges.map((edge) => edge.node));
    if (pageInfo['hasNextPage'] !== true) break;
    after = pageInfo['endCursor'] ?? null;
  }
  return rows.toReversed();
}

function rowOf({
  seq,
  at,
  who,
  address,
  action,
  object,
  result,
  count,
  prev,
  hash,
}: JsonObject): ChainedAccess {
  const orNull = (value: JsonValue | undefined): string | null => (typeof value === 'string' ? value : null);
  return {
    seq: Number(seq),
    at: new Date(String(at)),
    who: orNull(who),
    address: orNull(address),
    action: String(action),
    object: orNull(object),
    result: String(result),
    count: Number(count),
    prev: String(prev),
    hash: String(hash),
  };
}

function headOption(given: string): { seq: number; hash: string } {
  const [, seq, hash = ''] = /^(\d{1,9}):([\w-]{43})$/.exec(given) ?? [];
  if (seq !== undefined) return { seq: Number(seq), hash };
  throw new InvalidArgumentError('It must be a head as --verify prints it: 120:AbC...');
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
