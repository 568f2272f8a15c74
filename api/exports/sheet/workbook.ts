import { type FileHandle, open, rm } from 'node:fs/promises';

/** A cell: text, or a decimal number. */
export type Cell = string | { number: string } | null;

/** A table to be written; its rows come one after the other, mixed with those of others. */
export interface Table {
  /** At most 31 characters, without `\ / ? * [ ] :`. */
  title: string;
  head: readonly string[];
}

/** How rows become the text of a file of their own. */
export interface TableFormat {
  /** So many rows at most in one file, the head included; what is more goes on in the next. */
  mostRows: number;
  begin(table: Table): string;
  /** @param number of the row in its file, from 1 */
  row(cells: readonly Cell[], number: number): string;
  end(table: Table, rows: number): string;
}

/** A finished file of rows on the disk. */
export interface WrittenTable {
  title: string;
  path: string;
}

const BUFFER_CHARACTERS = 65_536;
const NUMBERED = 31;

/**
 * Writes the rows of several tables into files, each its own: whatever the number of rows and their order, there is a buffer for each
 * table in memory and nothing else.
 */
export class TableFiles {
  readonly #files: WrittenTable[] = [];
  readonly #open = new Map<string, OpenTable>();

  constructor(
    private readonly format: TableFormat,
    private readonly basePath: string,
  ) {}

  /** Opens a table: it is there also if it has no rows. */
  async add(table: Table): Promise<void> {
    this.#open.set(table.title, await this.#begin(table, 1));
  }

  /** @returns the number of the row, and the title of the part of the table in which it is */
  async row(title: string, cells: readonly Cell[]): Promise<{ row: number; title: string }> {
    let part = this.#open.get(title);
    if (!part) throw new Error(`no table ${title} was opened`);
    if (part.rows >= this.format.mostRows) {
      await this.#end(part);
      part = await this.#begin(part.table, part.part + 1);
      this.#open.set(title, part);
    }
    part.rows += 1;
    part.buffer += this.format.row(cells, part.rows);
    if (part.buffer.length > BUFFER_CHARACTERS) await flush(part);
    return { row: part.rows, title: part.title };
  }

  /** In the order in which they were opened. */
  async finish(): Promise<readonly WrittenTable[]> {
    for (const part of this.#open.values()) await this.#end(part);
    this.#open.clear();
    const order = new Map(this.#files.map(({ title }, at) => [title, at]));
    const first = (title: string): number => order.get(title.replace(/ \(\d+\)$/, '')) ?? 0;
    return this.#files.toSorted((a, b) => first(a.title) - first(b.title));
  }

  /** Removes the files. */
  async remove(): Promise<void> {
    for (const { handle } of this.#open.values()) await handle.close();
    this.#open.clear();
    await Promise.all(this.#files.map(({ path }) => rm(path, { force: true })));
  }

  async #begin(table: Table, part: number): Promise<OpenTable> {
    const ending = part === 1 ? '' : ` (${part})`;
    const title = `${table.title.slice(0, NUMBERED - ending.length)}${ending}`;
    const path = `${this.basePath}.table-${this.#files.length + 1}`;
    const handle = await open(path, 'w', 0o600);
    this.#files.push({ title, path });
    return { table, part, title, handle, buffer: this.format.begin(table), rows: 1 };
  }

  async #end(part: OpenTable): Promise<void> {
    part.buffer += this.format.end(part.table, part.rows);
    await flush(part);
    await part.handle.close();
  }
}

interface OpenTable {
  table: Table;
  part: number;
  title: string;
  handle: FileHandle;
  buffer: string;
  rows: number;
}

async function flush(part: OpenTable): Promise<void> {
  const { buffer } = part;
  part.buffer = '';
  await part.handle.writeFile(buffer);
}
