import type { Sequenced } from './planned.ts';
import type { PreparedUpdate } from './update.ts';

export interface Waiting {
  update: PreparedUpdate;
  resolve: (result: Sequenced) => void;
}

export function isErasing({ changes }: PreparedUpdate): boolean {
  return changes.some(({ erases }) => erases);
}

/** The updates that wait for the sequencer of one book, in the order of their arrival. */
export class Queue {
  readonly #waiting: Waiting[] = [];
  #tellMany: { count: number; tell: () => void } | null = null;

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  push(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (this.#tellMany && this.#hasMany(this.#tellMany.count)) this.#tellMany.tell();
  }

  /** Resolves once so many changes wait. Only the last one who asked is told. */
  many(count: number): Promise<void> {
    if (this.#hasMany(count)) return Promise.resolve();
    return new Promise((resolve) => {
      const tell = (): void => {
        this.#tellMany = null;
        resolve();
      };
      this.#tellMany = { count, tell };
    });
  }

  #hasMany(count: number): boolean {
    let changes = 0;
    return this.#waiting.some(({ update }) => (changes += update.changes.length) >= count);
  }

  /**
   * Takes the longest head within the limit in which no record and no key occurs twice. A change of a sharing rule goes
   * alone: what comes after it is decided, and commits to names, by the rules as they then are. So does an erasure, which is
   * planned on what is committed.
   */
  takeGroup(limit: number): Waiting[] {
    const taken = new Set<string>();
    let changes = 0;
    let count = 0;
    for (const { update } of this.#waiting) {
      const names = [
        `key ${update.requester.id} ${update.input.key}`,
        // A lock is taken, and ends, with the record that it locks.
        ...update.changes.map(({ record, act }) => `record ${act?.record ?? record}`),
      ];
      const isRule = update.changes.some(({ kind }) => kind === 'GRANT') || isErasing(update);
      const fits = changes === 0 || (!isRule && changes + update.changes.length <= limit);
      if (!fits || names.some((name) => taken.has(name))) break;
      for (const name of names) taken.add(name);
      changes += update.changes.length;
      count += 1;
      if (isRule) break;
    }
    return this.#waiting.splice(0, Math.max(1, count));
  }
}
