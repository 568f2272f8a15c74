import type { Command } from 'commander';
import { isJsonObject, type JsonObject, type JsonValue } from '../identity/strict-json.ts';
import { configOf } from './options.ts';
import { printLine, printTable } from './output.ts';
import { connectOwnNode } from './own-node.ts';

const RECEIVED = `query ($case: ID!, $after: CaseRecordPlace) {
  caseRecords(case: $case, first: 500, after: $after) {
    hasNextPage
    books { book via papers }
    records { book record version organisation via inquiry receivedAt token disclosures unset }
  }
}`;

/** `lotbook received <case>` */
export function addReceived(program: Command): void {
  program
    .command('received')
    .summary('what other organisations have shown for a case')
    .description(
      'Lists the records of other organisations that traces across them have brought for a case. Each is kept with its ' +
        'proof: the signed change, and what opens the fields that were shown.',
    )
    .argument('<case>', 'the id of the case')
    .option('--json', 'print the books, then the records, each as a line of JSON with its proof')
    .action(async (id: string, options: { json?: boolean }, command: Command) => {
      const own = await connectOwnNode(configOf(command));
      const rows: string[][] = [];
      let after: object | null = null;
      for (let isMore = true; isMore;) {
        const data: JsonObject = await own.query(RECEIVED, { case: id, after });
        const page = isJsonObject(data['caseRecords']) ? data['caseRecords'] : {};
        const records = objects(page['records']);
        const told: JsonObject[] = after === null ? [...objects(page['books']), ...records] : records;
        if (options.json) for (const each of told) printLine(JSON.stringify(each));
        rows.push(...records.map(rowOf));
        const last = records.at(-1);
        after = last ? { book: last['book'], record: last['record'] } : after;
        isMore = page['hasNextPage'] === true && last !== undefined;
      }
      if (options.json) return;
      if (rows.length === 0) return printLine('Nothing was received for this case.');
      printTable(['BOOK', 'RECORD', 'VERSION', 'SHOWN BY', 'FIELDS', 'RECEIVED'], rows);
    });
}

function rowOf({ book, record, version, organisation, via, disclosures, receivedAt }: JsonObject): string[] {
  const by = Array.isArray(via) && via.length > 0 ? ` (by ${via.join(', ')})` : '';
  const fields = Array.isArray(disclosures) ? disclosures.length : 0;
  return [book, record, version, `${String(organisation)}${by}`, fields, receivedAt].map(String);
}

function objects(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
