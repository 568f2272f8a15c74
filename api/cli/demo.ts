import type { Command } from 'commander';
import { wholeNumber } from './options.ts';

interface Options {
  exit?: boolean;
  seed?: number;
  export?: string;
  dir?: string;
  port?: number;
}

const FIRST_PORT = 4100;
const DIR = '.lotbook-demo';

export function addDemo(program: Command): void {
  program
    .command('demo')
    .summary('five organisations, a season of salad, and who sees what')
    .description(
      'Starts five organisations on this machine, each with its own node and its own database, and plays six weeks of ' +
        'leafy greens from two growers to six shops: what is recorded, what each partner receives and what is withheld, ' +
        'who may change what. Then it goes on running for you to look around, until Ctrl-C.\n' +
        `--dir is the directory of the demo (default: ${DIR}; with --exit a temporary one), --port the first of five ` +
        `ports (default: ${FIRST_PORT}).`,
    )
    .option('--exit', 'check everything that was told and end: 0 when it holds, 1 when not')
    .option('--export <file>', 'leave an audit export of the book whose node died: NAME.jsonl.gz or NAME.zip')
    .option('--seed <number>', 'make another season', wholeNumber(0, 1_000_000))
    .action(async (_options: object, command: Command) => {
      const { runDemo } = await import('../demo/run.ts');
      const { exit = false, seed, export: exportTo, dir, port } = command.optsWithGlobals<Options>();
      process.exitCode = await runDemo({
        dir: dir ?? (exit ? undefined : DIR),
        firstPort: port ?? FIRST_PORT,
        exit,
        seed,
        exportTo,
        now: Date.now,
      });
    });
}
