import type { SignedCheckpoint } from '../../ledger/checkpoint.ts';

const MOST_OF_A_BOOK = 16;

/** One that waits, since when (ms that only grow), and whether people were told that it does. */
interface Waiting {
  readonly checkpoint: SignedCheckpoint;
  readonly since: number;
  isTold: boolean;
}

/**
 * Genuine checkpoints that nothing here could tell to be of the history that was verified: shown by somebody else, longer than
 * the last one here, or shorter. Each is compared with the next longer one that is verified: who signed that can prove what it
 * continues. So it does not help a holder to show now this history, now that.
 */
export class Aside {
  readonly #books = new Map<string, Waiting[]>();

  put(checkpoint: SignedCheckpoint, now: number): void {
    const { origin, size, root } = checkpoint;
    const held = this.#of(origin);
    if (held.some((each) => each.checkpoint.size === size && each.checkpoint.root === root)) return;
    const all = [...held, { checkpoint, since: now, isTold: false }];
    // The longest would wait longest, perhaps for ever: of too many, that one goes.
    const sorted = all.sort((one, other) => one.checkpoint.size - other.checkpoint.size);
    this.#books.set(origin, sorted.slice(0, MOST_OF_A_BOOK));
  }

  /** Those that are no longer than so many entries. */
  upTo(book: string, size: number): SignedCheckpoint[] {
    const found = this.#of(book).filter((each) => each.checkpoint.size <= size);
    return found.map(({ checkpoint }) => checkpoint);
  }

  remove(checkpoint: SignedCheckpoint): void {
    const left = this.#of(checkpoint.origin).filter((each) => each.checkpoint !== checkpoint);
    if (left.length > 0) this.#books.set(checkpoint.origin, left);
    else this.#books.delete(checkpoint.origin);
  }

  /** Those that have waited since that moment or longer; each is answered once. */
  tellSince(moment: number): SignedCheckpoint[] {
    const due = [...this.#books.values()].flat().filter(({ since, isTold }) => !isTold && since <= moment);
    for (const each of due) each.isTold = true;
    return due.map(({ checkpoint }) => checkpoint);
  }

  #of(book: string): readonly Waiting[] {
    return this.#books.get(book) ?? [];
  }
}
