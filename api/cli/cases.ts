import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { isJsonObject, type JsonObject } from '../identity/strict-json.ts';
import { configOf } from './options.ts';
import { CommandError, EXIT, printJson, printLine, printTable } from './output.ts';
import { addFollowUp } from './cases/follow-up.ts';
import { ERROR, mutate, NOTICE, objects, show, step, text } from './cases/notice.ts';
import { connectOwnNode } from './own-node.ts';

const CASE = `case { id book title state drill clockStart clockEnd entries { kind count } score { toTrace toIssue toAcknowledged
  toAnswered reconciled effective } notices { id title state board { direct { notified acknowledged answered confirmed } overdue } } }`;
/** `lotbook cases ...`: recalls and investigations. */
export function addCases(program: Command): void {
  const cases = program
    .command('cases')
    .summary('recalls: list, show, open, share, write, consignees, draft, the steps of a notice, finish')
    .description(
      'A case is a book of its own. Its notices are drafted, proposed, approved by another person, issued to the consignees, ' +
        'answered and closed. Whoever gets one answers or passes it on with the commands at the end.',
    );
  addReading(cases);
  addFile(cases);
  addDraft(cases);
  addSteps(cases);
  addFollowUp(cases);
  addAnswering(cases);
}

function addReading(cases: Command): void {
  cases
    .command('list')
    .description('tell the cases of this node, and those that partners share with it')
    .action(async (_: object, self: Command) => {
      const { cases: found } = await ask(self, `{ cases { book title state drill clockEnd } }`);
      printTable(
        ['BOOK', 'STATE', '24 HOURS END', 'TITLE'],
        objects(found).map(({ book, state, clockEnd, title, drill }) => [
          text(book),
          text(state),
          text(clockEnd),
          `${drill === true ? 'DRILL ' : ''}${text(title)}`,
        ]),
      );
    });
  cases
    .command('show')
    .argument('<book>', 'the book of the case')
    .description('tell a case with its notices, who has answered, and its score')
    .action(async (book: string, _: object, self: Command) => {
      const { case: found } = await ask(
        self,
        `query ($book: ID!) { ${CASE.replace('case', 'case(book: $book)')} }`,
        {
          book,
        },
      );
      if (!isJsonObject(found)) throw new CommandError('There is no such case.', 'See `lotbook cases list`.');
      printJson(found);
    });
  cases
    .command('consignees')
    .argument('<book>', 'the book of the case')
    .argument('<lot...>')
    .description('propose to whom lots, or what was made of them, were shipped')
    .action(async (book: string, lots: string[], _: object, self: Command) => {
      printJson((await consignees(self, book, lots)) ?? {});
    });
}

function addFile(cases: Command): void {
  cases
    .command('open')
    .argument('<title>')
    .option('--drill', 'an exercise: every notice of it says so')
    .addOption(
      new Option('--class <class>', 'of 21 CFR 7.3(m)').choices(['CLASS_I', 'CLASS_II', 'CLASS_III']),
    )
    .option('--clock-start <time>', 'since when the 24 hours run, such as 2026-06-01T08:00:00Z')
    .description('open a case')
    .action(
      async (
        title: string,
        options: { drill?: boolean; class?: string; clockStart?: string },
        self: Command,
      ) => {
        const { case: opened } = await mutate(
          self,
          `mutation ($input: OpenCaseInput!) { openCase(input: $input) { ${CASE} ${ERROR} } }`,
          { input: { title, ...options } },
        );
        printLine(isJsonObject(opened) ? text(opened['book']) : '');
      },
    );
  cases
    .command('share')
    .argument('<book>')
    .argument('<organisation>', 'a partner')
    .option('--work', 'it may write entries too')
    .description('let a partner read the file of a case')
    .action(
      async (book: string, organisation: string, { work = false }: { work?: boolean }, self: Command) => {
        await mutate(
          self,
          `mutation ($book: ID!, $organisation: ID!, $work: Boolean!) {
           shareCase(book: $book, organisation: $organisation, work: $work) { ${ERROR} } }`,
          { book, organisation, work },
        );
        printLine(`${organisation} ${work ? 'works on' : 'reads'} ${book} from now on.`);
      },
    );
  cases
    .command('write')
    .argument('<book>')
    .argument('<kind>', 'CASE_LINE, SUSPECT, TASK, CASE_DECISION or CHECK')
    .argument('<file>', 'JSON with its fields')
    .description('write an entry of the file')
    .action(async (book: string, kind: string, file: string, _: object, self: Command) => {
      const { request } = await mutate(
        self,
        `mutation ($input: CaseEntryInput!) { writeCaseEntry(input: $input) { request { state } ${ERROR} } }`,
        { input: { book, kind, content: await jsonOf(file) } },
      );
      printLine(isJsonObject(request) ? text(request['state']) : '');
    });
}

function addDraft(cases: Command): void {
  cases
    .command('draft')
    .argument('<book>')
    .argument('<file>', 'JSON as NoticeInput has it, without the book')
    .option(
      '--to-consignees',
      'its recipients are the consignees that a trace finds, and its lots what was made of them too',
    )
    .description('draft a notice, and tell what it lacks')
    .action(
      async (book: string, file: string, { toConsignees }: { toConsignees?: boolean }, self: Command) => {
        const input: JsonObject = { ...(await jsonOf(file)), book };
        const lots = objects(input['lots']).map(({ lot }) => text(lot));
        const found = toConsignees ? await consignees(self, book, lots) : null;
        if (found) {
          input['recipients'] = found['consignees'] ?? [];
          const known = new Map(objects(input['lots']).map((each) => [text(each['lot']), each]));
          const all = Array.isArray(found['lots']) ? found['lots'].map(text) : [];
          input['lots'] = all.map((lot) => known.get(lot) ?? { lot });
        }
        const document = `mutation ($input: NoticeInput!) { draftNotice(input: $input) { ${NOTICE} ${ERROR} } }`;
        show(await mutate(self, document, { input }));
      },
    );
}

/** Steps that need nothing but the notice, and those that say why. */
const STEPS = [
  ['propose', 'proposeNotice', 'hand a draft to a second person'],
  ['approve', 'approveNotice', 'approve a notice that somebody else drafted'],
  ['remind', 'remindRecipients', 'remind recipients that are overdue'],
  ['forward', 'forwardNotice', 'draft what passes a notice of a partner on to the next tier'],
] as const;

function addSteps(cases: Command): void {
  for (const [name, operation, summary] of STEPS) {
    step(cases, name, summary).action(async (book: string, id: string, _: object, self: Command) => {
      const document = `mutation ($book: ID!, $id: ID!) { ${operation}(book: $book, id: $id) { ${NOTICE} ${ERROR} } }`;
      show(await mutate(self, document, { book, id }));
    });
  }
  step(cases, 'issue', 'send an approved notice out').action(
    async (book: string, id: string, _: object, self: Command) => {
      const issued = await mutate(
        self,
        `mutation ($book: ID!, $id: ID!) { issueNotice(book: $book, id: $id) { ${NOTICE} links { recipient link expiresAt } ${ERROR} } }`,
        { book, id },
      );
      show(issued);
      for (const { recipient, link } of objects(issued['links']))
        printLine(`${text(recipient)} answers at ${text(link)}`);
    },
  );
  step(cases, 'close', 'close a notice out')
    .option('--despite <reason>', 'why, while recipients have not confirmed')
    .action(async (book: string, id: string, { despite }: { despite?: string }, self: Command) => {
      const document = `mutation ($book: ID!, $id: ID!, $despite: String) {
        closeNotice(book: $book, id: $id, despite: $despite) { ${NOTICE} ${ERROR} } }`;
      show(await mutate(self, document, { book, id, despite }));
    });
}

function addAnswering(cases: Command): void {
  cases
    .command('received')
    .description('tell the notices that partners sent')
    .action(async (_: object, self: Command) => {
      const { receivedNotices } = await ask(
        self,
        `{ receivedNotices { from notice { id book title state drill } reply { state overdue } } }`,
      );
      printTable(
        ['FROM', 'NOTICE', 'BOOK', 'STATE', 'OUR REPLY', 'TITLE'],
        objects(receivedNotices).map(({ from, notice, reply }) => {
          const [sent, ours] = [isJsonObject(notice) ? notice : {}, isJsonObject(reply) ? reply : {}];
          return [
            text(from),
            text(sent['id']),
            text(sent['book']),
            text(sent['state']),
            `${text(ours['state'])}${ours['overdue'] === true ? ' OVERDUE' : ''}`,
            `${sent['drill'] === true ? 'DRILL ' : ''}${text(sent['title'])}`,
          ];
        }),
      );
    });
  step(cases, 'answer', 'answer a notice of a partner')
    .addOption(
      new Option('--state <state>', 'how far it is')
        .choices(['ACKNOWLEDGED', 'ANSWERED', 'CONFIRMED'])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--impact <impact>', 'whether there is any of it').choices([
        'NONE',
        'AFFECTED',
        'INVESTIGATING',
      ]),
    )
    .option('--found <lot,quantity,unit,disposition...>', 'what was found, such as <lot>,12.5,KGM,DESTROYED')
    .option('--remark <text>')
    .action(async (book: string, id: string, { found, ...answer }: AnswerOptions, self: Command) => {
      const { request } = await mutate(
        self,
        `mutation ($input: AnswerInput!) { answerNotice(input: $input) { request { state } ${ERROR} } }`,
        { input: { book, id, ...answer, found: found?.map(foundOf) } },
      );
      printLine(isJsonObject(request) ? text(request['state']) : '');
    });
}

interface AnswerOptions {
  state: string;
  impact?: string;
  found?: string[];
  remark?: string;
}

function foundOf(given: string): object {
  const [disposition, uom, quantity, ...lot] = given.split(',').toReversed();
  if (lot.length > 0) return { lot: lot.toReversed().join(','), quantity, uom, disposition };
  throw new CommandError(
    'Something that was found is not told whole.',
    'Write the lot, the quantity, the unit and what became of it: <lot>,12.5,KGM,DESTROYED',
    EXIT.usage,
  );
}

async function consignees(self: Command, book: string, lots: readonly string[]): Promise<JsonObject | null> {
  const { consignees: found } = await ask(
    self,
    `query ($book: ID!, $lots: [ID!]!) { consignees(book: $book, lots: $lots) {
       lots isCut consignees { name organisation email party consigned { lot quantity uom } } } }`,
    { book, lots },
  );
  return isJsonObject(found) ? found : null;
}

async function ask(self: Command, document: string, variables = {}): Promise<JsonObject> {
  return (await connectOwnNode(configOf(self))).query(document, variables);
}

async function jsonOf(file: string): Promise<JsonObject> {
  const read = await readFile(file, 'utf8').then(
    (content) => JSON.parse(content) as unknown,
    () => null,
  );
  if (isJsonObject(read)) return read;
  throw new CommandError(`${file} holds no JSON object.`, 'Name a file that does.', EXIT.usage);
}
