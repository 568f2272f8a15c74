import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addAccessLog } from './cli/access-log.ts';
import { addAuthority } from './cli/authority.ts';
import { addCases } from './cli/cases.ts';
import { addCheck } from './cli/check.ts';
import { addCheckpoint } from './cli/checkpoint.ts';
import { addDemo } from './cli/demo.ts';
import { addEmergency } from './cli/emergency.ts';
import { addErase } from './cli/erase.ts';
import { addExport } from './cli/export.ts';
import { addExtract } from './cli/extract.ts';
import { addHash } from './cli/hash.ts';
import { addImport } from './cli/import.ts';
import { addInit } from './cli/init.ts';
import { addKeys } from './cli/keys.ts';
import { wholeNumber } from './cli/options.ts';
import { EXIT, reportError } from './cli/output.ts';
import { addLabel } from './cli/label.ts';
import { addLocks } from './cli/locks.ts';
import { addPartners } from './cli/partners.ts';
import { addRecords } from './cli/records.ts';
import { addRetention } from './cli/retention.ts';
import { addPeople } from './cli/people.ts';
import { addStart } from './cli/start.ts';
import { addStatus } from './cli/status.ts';
import { addToken } from './cli/token.ts';
import { addTokens } from './cli/tokens.ts';
import { addReceived } from './cli/received.ts';
import { addTrace } from './cli/trace.ts';
import { addVerify } from './cli/verify.ts';
import { addWebhooks } from './cli/webhooks.ts';
import { packagePath } from './package-root.ts';

/** `lotbook <command>`. Exit codes: 0 done, 1 failed, 2 called in a wrong way. */
export function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as { version: string };
  const program = new Command('lotbook')
    .description(
      'Lotbook: a traceability ledger. Your organisation runs a node, keeps its own records, and shares with each ' +
        'partner only the fields that a grant opens.',
    )
    .version(version, '-V, --version', 'print the version')
    .option('--dir <path>', 'directory of the node, before LOTBOOK_DIR (default: .lotbook)')
    .option(
      '--port <number>',
      'port of the node, before LOTBOOK_PORT (default: 4000)',
      wholeNumber(0, 65_535),
    )
    .exitOverride()
    .showHelpAfterError('(see --help)');
  const commands = [
    addInit,
    addStart,
    addStatus,
    addPartners,
    addPeople,
    addTokens,
    addWebhooks,
    addAccessLog,
    addAuthority,
    addKeys,
    addCheckpoint,
    addCheck,
    addHash,
    addImport,
    addTrace,
    addReceived,
    addCases,
    addRecords,
    addEmergency,
    addErase,
    addLocks,
    addRetention,
    addExport,
    addExtract,
    addLabel,
    addVerify,
    addDemo,
    addToken,
  ];
  for (const add of commands) add(program);
  program.addHelpText(
    'after',
    '\nA first node:\n' +
      '  lotbook init --organisation packer.example --name "Fresh Pack" --book season-2026\n' +
      '  lotbook start\n',
  );
  return program;
}

/** Runs one command. Sets the exit code; the process ends when its work has. */
async function main(argv: readonly string[]): Promise<void> {
  // Who reads the output may go before its end (`lotbook status | head -1`): the work goes on, unseen.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreBrokenPipe);
  try {
    await createProgram().parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    else process.exitCode = reportError(error);
  }
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

await main(process.argv);
