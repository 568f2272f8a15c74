import { LotbookError } from '../errors.ts';

interface Waiting {
  resolve: () => void;
  reject: (why: LotbookError) => void;
}

/**
 * Who waits for proposals to become final, by the head of the proposal. Several may wait for one: a request that comes again
 * while its first decision is under way has no entry of its own.
 */
export class Pending {
  readonly #waiting = new Map<string, Set<Waiting>>();

  /** Rejects with UNABLE after some time, and when the proposal is given up. */
  wait(head: string, giveUpMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.#forget(head, waiting);
        settle();
      };
      const waiting: Waiting = { resolve: () => end(resolve), reject: (why) => end(() => reject(why)) };
      const timer = setTimeout(() => waiting.reject(unable('It waits for the other nodes.')), giveUpMs);
      const others = this.#waiting.get(head);
      if (others) others.add(waiting);
      else this.#waiting.set(head, new Set([waiting]));
    });
  }

  resolve(head: string): void {
    for (const { resolve } of this.#waiting.get(head) ?? []) resolve();
  }

  /** For proposals of which this node can no longer tell what becomes of them. */
  giveUp(isLost: (head: string) => boolean): void {
    for (const [head, all] of this.#waiting) {
      if (isLost(head)) for (const { reject } of all) reject(moved());
    }
  }

  #forget(head: string, waiting: Waiting): void {
    const all = this.#waiting.get(head);
    all?.delete(waiting);
    if (all?.size === 0) this.#waiting.delete(head);
  }
}

/** The right is elsewhere, or may be. */
export function moved(): LotbookError {
  return unable('The right to approve has moved.');
}

function unable(why: string): LotbookError {
  return new LotbookError(
    'UNABLE',
    `${why} The request may still be approved: ask again with the same key.`,
    { retryAfterMs: 500 },
  );
}
