import { type Command, Option } from 'commander';
import type { RunningNode } from '../main.ts';
import { configOf } from './options.ts';

interface StartOptions {
  withParent?: boolean;
  restored?: boolean;
}

export function addStart(program: Command): void {
  program
    .command('start')
    .summary('start the node')
    .description(
      'Starts the node and runs until SIGTERM or Ctrl-C, then lets open requests finish. Without DATABASE_URL it runs an ' +
        'embedded PostgreSQL in its directory. All settings are in .env.example; the log is JSON lines on stdout.\n\n' +
        'A node that was restored from an older copy of its data has forgotten what it told others since. Start it once ' +
        'with --restored: where it shares the authority of a book, it finds out what it lacks before it takes part again.',
    )
    .option('--host <address>', 'address to listen on, before LOTBOOK_HOST')
    .option('--restored', 'the database was restored from an older copy: say it at the first start after it')
    .addOption(new Option('--with-parent', 'stop when stdin closes').hideHelp())
    .action(async ({ withParent, restored = false }: StartOptions, command: Command) => {
      if (withParent) stopWithParent();
      // A node is most of the code: no other command waits for it to be loaded.
      const { runNode } = await import('../main.ts');
      process.exitCode = await runNode(configOf(command), greet, { restored });
    });
}

/** For a person at a terminal, beside the log. */
async function greet({ url, context }: RunningNode): Promise<void> {
  // Not in the log, which others may read: whoever has the link is the administrator.
  const first = await context.people.firstLink();
  if (first) {
    process.stderr.write(
      `Nobody has an account yet. The first administrator comes in by this link, once, until ${first.expiresAt.toISOString()}:\n\n` +
        `  ${first.link}\n\n`,
    );
  }
  if (!process.stderr.isTTY) return;
  const { organisation, name } = context.node;
  process.stderr.write(
    `${name} (${organisation}) serves at ${url}. Ctrl-C stops it; \`lotbook status\` tells how it fares.\n`,
  );
}

/** Whoever holds the other end of stdin may be killed: the node does not outlive it. */
function stopWithParent(): void {
  const stop = (): void => {
    // Nobody listens as long as the node is not loaded; the embedded PostgreSQL ends with its process.
    if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(1);
  };
  process.stdin.once('end', stop).once('error', stop).resume();
}
