/** Streams of which the next value is taken from whichever has one first; more may be added while they run. */
export class Merge<T> {
  private readonly running = new Map<AsyncGenerator<T, void>, Promise<Arrived<T>>>();

  add(stream: AsyncGenerator<T, void>): void {
    this.running.set(stream, arrival(stream));
  }

  /** The next value of any; null when all have ended. */
  async next(): Promise<T | null> {
    while (this.running.size > 0) {
      const { stream, result } = await Promise.race(this.running.values());
      if (result.done) {
        this.running.delete(stream);
        continue;
      }
      this.running.set(stream, arrival(stream));
      return result.value;
    }
    return null;
  }
}

interface Arrived<T> {
  stream: AsyncGenerator<T, void>;
  result: IteratorResult<T, void>;
}

async function arrival<T>(stream: AsyncGenerator<T, void>): Promise<Arrived<T>> {
  return { stream, result: await stream.next() };
}
