import { type Command, Option } from 'commander';
import type { JsonObject } from '../identity/strict-json.ts';
import { download, untilMade } from './made-file.ts';
import { configOf, instant } from './options.ts';
import { CommandError, EXIT, printLine } from './output.ts';
import { connectOwnNode, type OwnNode } from './own-node.ts';
import { fetchToken } from './token.ts';

interface Options {
  book?: string[];
  audience?: string;
  lot?: string[];
  trace?: 'back' | 'forward' | 'both';
  case?: string;
  from?: Date;
  until?: Date;
}

/** By how the name of the file ends. */
const FORMATS = [
  ['.csv.zip', 'CSV'],
  ['.xlsx', 'XLSX'],
  ['.jsonld', 'EPCIS'],
  ['.fcl.json', 'FOODCHAIN_LAB'],
] as const;

const FIELDS = 'id state events bytes path message';
const START = `mutation ($input: StartFileInput!) {
  startFile(input: $input) { file { ${FIELDS} } error { message duty } }
}`;
const LOOK = `query ($id: ID!) { dataFile(id: $id) { ${FIELDS} } }`;

export function addExtract(program: Command): void {
  program
    .command('extract')
    .summary('write events into a spreadsheet, an EPCIS document or a FoodChain-Lab file')
    .description(
      'Lets the running node write a file of events: as the electronic sortable spreadsheet of FSMA 204 (NAME.xlsx, or as CSV ' +
        'NAME.csv.zip), with a sheet for each Critical Tracking Event and one of what is missing; or as an EPCIS 2.0 document ' +
        '(NAME.jsonld); or as a network of deliveries for FoodChain-Lab (NAME.fcl.json). Without an option: all events of all books.',
    )
    .argument('<file>', `the file to write: NAME${FORMATS.map(([ending]) => ending).join(', NAME')}`)
    .option('--book <id...>', 'only in these books: their names here, or <organisation>/<name>')
    .option('--lot <id...>', 'only events that name these lots, in any of the usual notations')
    .addOption(
      new Option('--trace <direction>', 'all that a trace from the lots finds').choices([
        'back',
        'forward',
        'both',
      ]),
    )
    .option('--case <book>', 'a trace from the suspects of a case and the lots of its notices')
    .option('--audience <organisation>', 'with the eyes of this partner: what may be given to it')
    .option('--from <time>', 'only what happened then or later (RFC 3339, or a date)', instant)
    .option('--until <time>', 'only what happened before then', instant)
    .action(async (file: string, options: Options, command: Command) => {
      const format = formatOf(file);
      const config = configOf(command);
      const node = await connectOwnNode(config);
      const made = await makeFile(node, { ...inputOf(node, options), format });
      await download(`${node.localUrl}${String(made['path'])}`, await fetchToken(config), file);
      const size = Math.ceil(Number(made['bytes']) / 1024).toLocaleString('en-US');
      printLine(`${file}: ${Number(made['events']).toLocaleString('en-US')} events, ${size} KiB.`);
    });
}

function formatOf(file: string): string {
  const found = FORMATS.find(([ending]) => file.endsWith(ending));
  if (found) return found[1];
  const names = FORMATS.map(([ending]) => `NAME${ending}`).join(', ');
  throw new CommandError(`${file} does not say what it is to hold.`, `Name it one of ${names}.`, EXIT.usage);
}

function inputOf(node: OwnNode, { book, lot, trace, audience, from, until, ...given }: Options): object {
  const idOf = (name: string): string => (name.includes('/') ? name : `${node.organisation}/${name}`);
  return {
    books: book?.map(idOf),
    lots: lot,
    trace: trace?.toUpperCase(),
    case: given.case === undefined ? undefined : idOf(given.case),
    audience,
    from,
    until,
  };
}

async function makeFile(node: OwnNode, input: object): Promise<JsonObject> {
  const started = (await node.mutate(START, { input }))['file'] as JsonObject;
  const look = async () => (await node.query(LOOK, { id: started['id'] }))['dataFile'] as JsonObject;
  return untilMade(started, look, (job) => `${String(job['events'])} events`);
}
