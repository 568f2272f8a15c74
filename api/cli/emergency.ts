import { type Command, Option } from 'commander';
import { isJsonObject, type JsonObject } from '../identity/strict-json.ts';
import { configOf } from './options.ts';
import { printLine, printTable } from './output.ts';
import { connectOwnNode } from './own-node.ts';

const ERROR = 'error { message duty }';
const EMERGENCY = `emergency { id state case until parties } ${ERROR}`;

interface RuleOptions {
  name?: string;
  title?: string;
  kind?: string[];
  product?: string[];
  field: string[];
}

interface ProposeOptions {
  case: string;
  reason: string;
  party: string[];
  until: string;
  class?: string;
  rule?: string[];
}

/** `lotbook emergency ...`: what is open to named parties for a declared recall. */
export function addEmergency(program: Command): void {
  const emergency = program
    .command('emergency')
    .summary('what a declared recall opens: rule, propose, declare, end, list')
    .description(
      'Rules are prepared in quiet times, and open nothing. When a recall is declared, by two people, they are open to the parties ' +
        'that it names, for inquiries of its case alone (`lotbook trace --across --case ...`), until it ends.',
    );
  addRule(emergency);
  addPropose(emergency);
  emergency
    .command('declare')
    .argument('<book>')
    .argument('<emergency>', 'its id')
    .description('declare a recall that somebody else proposed')
    .action(async (book: string, id: string, _: object, self: Command) => {
      const document = `mutation ($book: ID!, $id: ID!) { declareEmergency(book: $book, id: $id) { ${EMERGENCY} } }`;
      show(await mutate(self, document, { book, id }));
    });
  emergency
    .command('end')
    .argument('<book>')
    .argument('<emergency>', 'its id')
    .requiredOption('--reason <text>', 'why')
    .description('close at once what is open, or decline what was proposed')
    .action(async (book: string, id: string, { reason }: { reason: string }, self: Command) => {
      const document = `mutation ($book: ID!, $id: ID!, $reason: String!) {
        endEmergency(book: $book, id: $id, reason: $reason) { ${EMERGENCY} } }`;
      show(await mutate(self, document, { book, id, reason }));
    });
  emergency
    .command('list')
    .argument('[book]', 'otherwise all, those of partners too')
    .description('tell what is proposed, declared and over')
    .action(async (book: string | undefined, _: object, self: Command) => {
      const node = await connectOwnNode(configOf(self));
      const { emergencies } = await node.query(
        'query ($book: ID) { emergencies(book: $book) { id book state case until parties reason } }',
        { book },
      );
      printTable(
        ['EMERGENCY', 'BOOK', 'STATE', 'UNTIL', 'CASE', 'OPEN TO', 'WHY'],
        (Array.isArray(emergencies) ? emergencies.filter(isJsonObject) : []).map((each) => [
          ...['id', 'book', 'state', 'until', 'case'].map((name) => String(each[name])),
          String(each['parties']).replaceAll(',', ' ') || 'us',
          String(each['reason']),
        ]),
      );
    });
}

function addRule(emergency: Command): void {
  emergency
    .command('rule')
    .argument('<book>')
    .requiredOption('--field <name...>', 'exact names of fields, or * for all')
    .option('--kind <kind...>', 'only records of these kinds, such as EVENT')
    .option('--product <id...>', 'only what is about these products')
    .option('--name <name>', 'a short name')
    .option('--title <text>', 'what it is for, in words')
    .description('prepare what a declared recall shall open')
    .action(async (book: string, { name, title, kind, product, field }: RuleOptions, self: Command) => {
      const { grant } = await mutate(
        self,
        `mutation ($input: EmergencyRuleInput!) { addEmergencyRule(input: $input) { grant { id } ${ERROR} } }`,
        { input: { book, name, title, fields: field, selector: { kinds: kind, products: product } } },
      );
      printLine(isJsonObject(grant) ? String(grant['id']) : '');
    });
}

function addPropose(emergency: Command): void {
  emergency
    .command('propose')
    .argument('<book>')
    .requiredOption('--case <id>', 'the case of the recall, as the parties will state it')
    .requiredOption('--reason <text>', 'why')
    .requiredOption('--party <organisation...>', 'to whom it is opened: partners')
    .requiredOption('--until <time>', 'such as 2026-06-14T00:00:00Z')
    .addOption(
      new Option('--class <class>', 'of 21 CFR 7.3(m)').choices(['CLASS_I', 'CLASS_II', 'CLASS_III']),
    )
    .option('--rule <id...>', 'only these rules; otherwise all that are prepared')
    .description('propose to declare a recall; a second person declares it')
    .action(async (book: string, { party, rule, ...given }: ProposeOptions, self: Command) => {
      const document = `mutation ($input: EmergencyInput!) { proposeEmergency(input: $input) { ${EMERGENCY} } }`;
      show(await mutate(self, document, { input: { book, ...given, parties: party, rules: rule } }));
    });
}

async function mutate(
  self: Command,
  document: string,
  variables: Record<string, unknown>,
): Promise<JsonObject> {
  return (await connectOwnNode(configOf(self))).mutate(document, variables);
}

function show({ emergency }: JsonObject): void {
  if (!isJsonObject(emergency)) return;
  const { id, state, until, parties } = emergency;
  printLine(
    `${String(id)}: ${String(state)}, for ${String(parties).replaceAll(',', ', ')} until ${String(until)}`,
  );
}
