import type { Command } from 'commander';
import { fingerprint } from '../identity/jwk.ts';
import { generateKey, initHome } from '../store/home.ts';
import { configOf } from './options.ts';
import { printJson, printLine, printTable } from './output.ts';

interface InitOptions {
  organisation: string;
  name: string;
  gln?: string;
  url?: string;
  book?: string[];
  json?: boolean;
}

export function addInit(program: Command): void {
  program
    .command('init')
    .summary('make the directory and the key of a new node')
    .description(
      'Makes the directory of a new node: who it is, and the private key that it signs with. Overwrites nothing. ' +
        'Move next-key.jwk to another machine: whoever has it can replace a lost or stolen key.jwk, and nobody else can.',
    )
    .requiredOption('--organisation <name>', 'name in all statements, like a DNS name: packer.example')
    .requiredOption('--name <text>', 'name for people: "Fresh Pack"')
    .option('--gln <number>', 'GS1 Global Location Number, 13 digits')
    .option('--url <url>', 'public base URL, as partners reach it; default http://localhost:<port>')
    .option('--book <name...>', 'books that the first start opens: season-2026')
    .option('--json', 'print JSON')
    .action(async (options: InitOptions, command: Command) => {
      const { dir } = configOf(command);
      const { organisation, name, gln, url, book } = options;
      const { publicJwk } = await initHome({ dir, organisation, name, gln, url, books: book, generateKey });
      const read = fingerprint(publicJwk);
      if (options.json) return printJson({ organisation, dir, fingerprint: read, jwk: publicJwk });
      printLine(`The node of ${organisation} is in ${dir}. The fingerprint of its key:`);
      printLine();
      printLine(`  ${read}`);
      printLine();
      printLine('Partners compare it with you by telephone.');
      printLine(
        `Move ${dir}/next-key.jwk to another machine now. It replaces the key if that is lost or stolen: lotbook keys --help`,
      );
      printLine();
      printTable(
        ['NEXT', ''],
        [
          ['lotbook start', 'start the node'],
          ['lotbook partners invite --note "for whom"', 'make a link for a partner'],
          ["lotbook partners accept '<link>'", 'accept the link of a partner'],
        ],
      );
    });
}
