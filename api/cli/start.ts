import type { Command } from 'commander';
import { runNode } from '../main.ts';
import { configOf } from './options.ts';

export function addStart(program: Command): void {
  program
    .command('start')
    .summary('start the node')
    .description(
      'Starts the node and runs until SIGTERM or Ctrl-C, then lets open requests finish. Without DATABASE_URL it runs an ' +
        'embedded PostgreSQL in its directory. All settings are in .env.example; the log is JSON lines on stdout.',
    )
    .option('--host <address>', 'address to listen on, before LOTBOOK_HOST')
    .action(async (_options: object, command: Command) => {
      process.exitCode = await runNode(configOf(command));
    });
}
