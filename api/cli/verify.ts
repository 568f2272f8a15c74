import type { Command } from 'commander';
import { splitLines } from '../ledger/export/split-lines.ts';
import { type ExportReport, verifyExport } from '../ledger/export/verify.ts';
import { readInput } from './check.ts';
import { EXIT, printJson, printLine } from './output.ts';
import { readExport } from './verify/read-file.ts';

interface Options {
  trust?: string[];
  witness?: string[];
  since?: string;
  json?: boolean;
}

export function addVerify(program: Command): void {
  program
    .command('verify')
    .summary('check an audit export, offline')
    .description(
      'Checks an audit export with nothing but the file and the keys that you trust: every signature, who had the right to ' +
        'sign, every history, every opened field, and that nothing was left out or changed. Ends with 0 when all holds, and ' +
        'with 1 and the first bad line when not.',
    )
    .argument('<file>', 'the export: NAME.jsonl.gz, NAME.zip, or its lines')
    .option(
      '--trust <thumbprint...>',
      "the key of the book's owner as you know it: its RFC 7638 thumbprint, or the fingerprint that its people read to you",
    )
    .option(
      '--witness <thumbprint...>',
      "key of the book's witness, which has to have cosigned the last checkpoint",
    )
    .option(
      '--since <file>',
      'the note of a checkpoint that you kept from before: the log has to continue that one',
    )
    .option('--json', 'print JSON')
    .action(async (file: string, options: Options) => {
      const { trust, witness, since } = options;
      const olderCheckpoint = since === undefined ? undefined : await readInput(since);
      const report = await verifyFile(file, { trust, witness, olderCheckpoint });
      if (options.json) printJson(report);
      else printReport(file, report);
      process.exitCode = report.ok ? EXIT.ok : EXIT.failed;
    });
}

/** @throws CommandError where there is no such file */
export async function verifyFile(
  file: string,
  policy: Parameters<typeof verifyExport>[1],
): Promise<ExportReport> {
  return verifyExport(splitLines(await readExport(file)), policy);
}

function printReport(file: string, { ok, fault, header, checks, unproven, roots }: ExportReport): void {
  if (header) {
    const { book, title, owner, by, audience, copy, madeAt, scope } = header;
    const { records, from, until } = scope;
    printLine(`${title} (${book}), a book of ${owner}`);
    printLine(
      `exported by ${by} at ${madeAt}${copy ? ' from its local copy' : ''}${audience === null ? '' : `, as ${audience} may see it`}`,
    );
    const limits = [
      ...(records ? [`${records.length} records`] : []),
      ...(from === null ? [] : [`from ${from}`]),
      ...(until === null ? [] : [`until ${until}`]),
    ];
    if (limits.length > 0) printLine(`asked for: ${limits.join(', ')}`);
  }
  for (const { name, text } of checks) printLine(`  ok  ${name.padEnd(11)} ${text}`);
  if (ok) for (const { name, text } of unproven) printLine(`  --  ${name.padEnd(11)} NOT PROVEN: ${text}`);
  if (fault) {
    const entry = fault.seq === undefined ? '' : `, entry ${fault.seq}`;
    printLine(`  NOT VALID: line ${fault.line}${entry}: ${fault.message} (${fault.code})`);
  }
  for (const { organisation, part, fingerprint, thumbprint, pinned } of roots) {
    if (pinned) {
      printLine(`All of it rests on the key of ${organisation}, which you trust.`);
      continue;
    }
    const what = part === 'owner' ? 'All of it rests on' : 'Who made the file is known by';
    printLine(
      `${what} the key of ${organisation}. Compare its fingerprint with the one that its people read to you:`,
    );
    printLine(`  ${fingerprint}`);
    printLine(`  (--trust ${thumbprint})`);
  }
  printLine(ok ? `${file} is valid.` : `${file} is NOT valid.`);
}
