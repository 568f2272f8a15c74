import { type Command, Option } from 'commander';
import { isJsonObject, type JsonObject, type JsonValue } from '../identity/strict-json.ts';
import { configOf, wholeNumber } from './options.ts';
import { CommandError, printLine, printTable } from './output.ts';
import { connectOwnNode } from './own-node.ts';

const TRACE = `subscription ($input: TraceInput!) {
  trace(input: $input) {
    things { identifier kind direction depth as }
    events { book record version organisation depth time type action bizStep disposition places sources destinations
             links { role identifier quantity uom } declaredWrong { reason correctiveEvents } }
    stays { child parent from until packed unpacked }
    ends { thing direction depth reason organisation since fields ask event }
    organisations { organisation via state since things records refused fault }
    summary { things events ends notKept }
  }
}`;

interface Options {
  back?: boolean;
  forward?: boolean;
  as: 'thing' | 'place' | 'event';
  depth: number;
  from?: string;
  until?: string;
  knownAt?: string;
  inOrder?: boolean;
  book?: string[];
  most: number;
  across?: boolean;
  case?: string;
  purpose: string;
  hops: number;
  within: number;
  ask?: string[];
  json?: boolean;
}

const MOST_DEPTH = 1_000;
const MOST_EVENTS = 1_000_000;
const MOST_HOPS = 16;
const MOST_SECONDS = 599;

export function addTrace(program: Command): void {
  program
    .command('trace')
    .summary('where lots came from and where they went')
    .description(
      'Traces through the books and local copies of the running node, from lots, items, pallets, places or events, and ' +
        'prints what it finds as it finds it. Every end says why the trace ends there.',
    )
    .argument('<identifier...>', 'where to start, in any of the usual notations')
    .option('--back', 'only where it came from')
    .option('--forward', 'only where it went')
    .addOption(
      new Option('--as <what>', 'what the identifiers are')
        .choices(['thing', 'place', 'event'])
        .default('thing'),
    )
    .option('--depth <number>', 'so many transformations away at most', wholeNumber(0, MOST_DEPTH), 100)
    .option('--from <time>', 'only events at or after, such as 2026-06-01T00:00:00Z')
    .option('--until <time>', 'only events before')
    .option('--known-at <time>', 'as known at a past moment')
    .option('--in-order', 'leave out what dates contradict')
    .option('--book <id...>', 'only in these books')
    .option('--most <number>', 'so many events at most', wholeNumber(1, MOST_EVENTS), 10_000)
    .option('--across', 'go on at the nodes of other organisations where the trace ends here')
    .option('--case <id>', 'with --across: the case for which they are asked')
    .option('--purpose <purpose>', 'with --across: what it is for, as grants name it', 'traceability')
    .option(
      '--hops <number>',
      'with --across: so many organisations away at most',
      wholeNumber(1, MOST_HOPS),
      8,
    )
    .option('--within <seconds>', 'with --across: how long to wait', wholeNumber(1, MOST_SECONDS), 30)
    .option('--ask <organisation...>', 'with --across: ask these about the starts in any case')
    .option('--json', 'print each step as a line of JSON')
    .action(async (identifiers: string[], options: Options, command: Command) => {
      if (options.across && options.case === undefined) {
        throw new CommandError('Others are asked for a case.', 'Name it: --across --case <id>.');
      }
      const own = await connectOwnNode(configOf(command));
      let isWhole = false;
      for await (const data of own.subscribe(TRACE, { input: inputOf(identifiers, options) })) {
        const batch = isJsonObject(data['trace']) ? data['trace'] : {};
        isWhole = isJsonObject(batch['summary']);
        if (options.json) printLine(JSON.stringify(batch));
        else printBatch(batch);
      }
      if (!isWhole) throw new CommandError('The trace was cut.', 'Try it again, or ask for less.');
    });
}

function inputOf(identifiers: readonly string[], options: Options): object {
  const { back, forward, as, depth, from, until, knownAt, inOrder, book, most } = options;
  const direction = back && !forward ? 'BACK' : forward && !back ? 'FORWARD' : 'BOTH';
  return {
    starts: identifiers.map((id) => ({ [as]: id })),
    direction,
    depth,
    from,
    until,
    knownAt,
    most,
    inOrder: inOrder ?? false,
    books: book,
    across: options.across ? acrossOf(options) : undefined,
  };
}

function acrossOf({ case: id, purpose, hops, within, ask }: Options): object {
  return { case: id, purpose, hops, withinSeconds: within, ask };
}

function printBatch(batch: JsonObject): void {
  for (const asked of objects(batch['organisations'])) printLine(`  ${organisationLine(asked)}`);
  for (const thing of objects(batch['things'])) {
    const { identifier, direction, depth, as } = thing;
    printLine(
      `${text(direction).padEnd(8)}${text(depth).padStart(3)}  ${text(identifier)}  ${text(as).toLowerCase()}`,
    );
  }
  for (const event of objects(batch['events'])) printLine(`             ${eventLine(event)}`);
  for (const { child, parent, from, until } of objects(batch['stays'])) {
    printLine(
      `             ${text(child)} in ${text(parent)} from ${text(from) || '?'} until ${text(until) || 'now'}`,
    );
  }
  const ends = objects(batch['ends']);
  if (ends.length > 0) {
    printLine();
    printTable(
      ['END', 'THING', 'WHY', 'WHO MAY KNOW MORE'],
      ends.map(({ direction, thing, reason, organisation, since, fields, ask }) => [
        text(direction),
        text(thing),
        [text(reason), ...(since ? [`since ${text(since)}`] : []), ...texts(fields)].join(' '),
        [text(organisation), ...texts(ask)].filter((each) => each !== '').join(' '),
      ]),
    );
  }
  const { summary } = batch;
  if (!isJsonObject(summary)) return;
  printLine();
  printLine(
    `${text(summary['things'])} things, ${text(summary['events'])} events, ${text(summary['ends'])} ends`,
  );
  if (summary['notKept']) printLine(`${text(summary['notKept'])} records were not kept: the case is full.`);
}

function organisationLine({
  organisation,
  via,
  state,
  since,
  things,
  records,
  refused,
  fault,
}: JsonObject): string {
  const by = texts(via);
  return [
    `${text(organisation)}${by.length > 0 ? ` (by ${by.join(', ')})` : ''}`,
    `${text(state)}${since ? ` since ${text(since)}` : ''}`,
    `asked about ${text(things)}, ${text(records)} records`,
    ...(refused ? [`${text(refused)} NOT VERIFIED: ${text(fault)}`] : []),
  ].join('  ');
}

function eventLine(event: JsonObject): string {
  const { time, type, bizStep, action, places, destinations, declaredWrong, book, record } = event;
  const to = texts(destinations);
  return [
    text(time) || 'at an unknown time',
    text(bizStep) || text(action) || text(type),
    ...texts(places)
      .slice(0, 1)
      .map((place) => `at ${place}`),
    ...(to.length > 0 ? [`to ${to.join(', ')}`] : []),
    ...(isJsonObject(declaredWrong) ? ['DECLARED WRONG'] : []),
    `(${text(record)} in ${text(book)})`,
  ].join('  ');
}

function objects(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function texts(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.map(text) : [];
}

function text(value: JsonValue | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}
