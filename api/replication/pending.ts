import { LotbookError } from '../errors.ts';

interface Waiting {
  resolve: () => void;
  reject: (why: LotbookError) => void;
}

/** Who waits for proposals to become final, by the head of the proposal. */
export class Pending {
  readonly #waiting = new Map<string, Waiting>();

  /** Rejects with UNABLE after some time, and when the proposal is given up. */
  wait(head: string, giveUpMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#waiting.get(head)?.reject(unable('It waits for the other nodes.')),
        giveUpMs,
      );
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(head);
        settle();
      };
      this.#waiting.set(head, { resolve: () => end(resolve), reject: (why) => end(() => reject(why)) });
    });
  }

  resolve(head: string): void {
    this.#waiting.get(head)?.resolve();
  }

  /** For proposals of which this node can no longer tell what becomes of them. */
  giveUp(isLost: (head: string) => boolean): void {
    for (const [head, { reject }] of this.#waiting) {
      if (isLost(head)) reject(unable('The right to approve has moved.'));
    }
  }
}

function unable(why: string): LotbookError {
  return new LotbookError(
    'UNABLE',
    `${why} The request may still be approved: ask again with the same key.`,
    {
      retryAfterMs: 500,
    },
  );
}
