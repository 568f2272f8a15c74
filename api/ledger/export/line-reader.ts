import { sha256 } from '../../identity/sha256.ts';
import { EMPTY_FRONTIER, extendFrontier, type Frontier, rootOf } from '../tree.ts';
import { ExportFault } from './fault.ts';
import { readLine, type LineKind, type LineOf, type ReadLine } from './lines.ts';

export type Lines = AsyncIterable<string> | Iterable<string>;

export type NumberedLine = ReadLine & { readonly nr: number };

/** Reads the lines of an export one by one, each in its one spelling, and keeps the frontier of the tree over them. */
export class LineReader {
  readonly #source: AsyncIterator<string> | Iterator<string>;
  #ahead: { nr: number; text: string | undefined } = { nr: 0, text: undefined };
  #started = false;
  /** Of the lines that were taken. */
  #tree: Frontier = EMPTY_FRONTIER;

  constructor(lines: Lines) {
    this.#source = Symbol.asyncIterator in lines ? lines[Symbol.asyncIterator]() : lines[Symbol.iterator]();
  }

  /** Number of the line that was taken last. */
  get nr(): number {
    return this.#tree.length;
  }

  get root(): string {
    return rootOf(this.#tree);
  }

  /** The line that comes next, which stays there; undefined at the end. */
  async peek(): Promise<NumberedLine | undefined> {
    const { nr, text } = await this.#next();
    if (text === undefined) return undefined;
    const line = readLine(text);
    if (!line)
      throw new ExportFault(
        nr,
        'BAD_LINE',
        'the line is not one of an export in the one spelling that it has',
      );
    return { ...line, nr };
  }

  /** Takes the line that `peek` showed. */
  take(): void {
    this.#tree = extendFrontier(this.#tree, [sha256(this.#ahead.text ?? '')]);
    this.#started = false;
  }

  /** Takes the next line if it is of that kind. */
  async takeIf<K extends LineKind>(kind: K): Promise<(LineOf<K> & { readonly nr: number }) | undefined> {
    const line = await this.peek();
    if (line?.kind !== kind) return undefined;
    this.take();
    return { ...(line.value as LineOf<K> & object), nr: line.nr } as LineOf<K> & { readonly nr: number };
  }

  async #next() {
    if (!this.#started) {
      const { done, value } = await this.#source.next();
      this.#ahead = { nr: this.nr + 1, text: done ? undefined : value };
      this.#started = true;
    }
    return this.#ahead;
  }
}
