import { toLotbookError } from '../errors.ts';
import { booksApprovedBy } from '../store/books.ts';
import type { Sequencer, SequencerDeps } from './sequencer.ts';

/**
 * After a change of this node's key: each book that it approves holds the new key's statement at once, so that those who read the
 * book learn of it, and of a revocation, without waiting for the next change.
 */
export async function logKeysInBooks(
  { pool, organisation, keys, log }: Pick<SequencerDeps, 'pool' | 'organisation' | 'keys' | 'log'>,
  sequencer: Pick<Sequencer, 'state'>,
): Promise<void> {
  if (keys.now().statements.length < 2) return;
  for (const book of await booksApprovedBy(pool, organisation)) {
    await sequencer.state(book, null).catch((error: unknown) => {
      const { code } = toLotbookError(error);
      // The next change of the book brings it in any case.
      log.info({ book, code }, 'the new key is not in the log of a book yet');
    });
  }
}
