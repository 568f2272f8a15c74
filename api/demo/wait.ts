import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../cli/output.ts';

const TIMEOUT_MS = 60_000;
const POLL_MS = 100;

/** Asks until there is an answer. @throws CommandError after a minute */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  pollMs = POLL_MS,
): Promise<T> {
  const until = Date.now() + TIMEOUT_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > until) {
      throw new CommandError(
        `The demo waited in vain for this: ${what}.`,
        'The logs of the nodes, node.log in their directories, may tell why.',
      );
    }
    await sleep(pollMs);
  }
}
