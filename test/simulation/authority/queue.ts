/** Something that happens at a virtual time; of two at the same time, the one that was put in first. */
export interface Timed {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  /** At which node; null: outside of all. */
  readonly where: { pausedUntil: number } | null;
}

/** What is still to happen, as a binary heap. */
export class Queue {
  private readonly heap: Timed[] = [];

  push(item: Timed): void {
    const { heap } = this;
    let index = heap.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(item, heap[parent] as Timed)) break;
      heap[index] = heap[parent] as Timed;
      index = parent;
    }
    heap[index] = item;
  }

  pop(): Timed | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Timed, heap[child] as Timed)) child++;
      if (!isBefore(heap[child] as Timed, last)) break;
      heap[index] = heap[child] as Timed;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: Timed, b: Timed): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
