import { sha256Bytes } from '../../identity/sha256.ts';

/** What is remembered of a record while its changes go by. */
export interface RecordState {
  readonly ver: number;
  readonly seq: number;
  /** `tokenHash` of that version. */
  readonly hash: string;
  /** Place of its first version that went by. */
  readonly firstSeq: number;
}

const KEY_BYTES = 16;
const DIGEST_BYTES = 32;
const ROW_BYTES = KEY_BYTES + DIGEST_BYTES;
const BEFORE_BYTES = 1 + DIGEST_BYTES;
const SMALLEST = 1024;
/** At least a quarter of the places of the index stays empty: then a search is short. */
const LOAD = 0.75;

/**
 * The records of an export, in the order in which they first appear. About 70 bytes for each (100 where a record may have changed
 * behind the last checkpoint), whatever the number and size of their changes: they are told apart by the first half of the SHA-256
 * of their ids. Nobody who reads the file once can do without: to tell whether a version is the first of its record is to tell
 * whether its id came before, for which a stream of n ids takes memory in the order of n.
 */
export class RecordTable {
  #rows = Buffer.alloc(SMALLEST * ROW_BYTES);
  /** ver, seq and firstSeq of each row. */
  #numbers = new Uint32Array(SMALLEST * 3);
  /** Row + 1 by the beginning of the key; 0 is empty. */
  #index = new Uint32Array(2 * SMALLEST);
  #size = 0;
  /** Entries up to here are covered by the map of heads: of those behind, what they took the place of is kept too. */
  readonly #covered: number;
  /** By row, a mark and that hash; empty as long as there is none. */
  #before = Buffer.alloc(0);

  constructor(covered = 0) {
    this.#covered = covered;
  }

  get size(): number {
    return this.#size;
  }

  /** The row of a record; undefined when it has not appeared. */
  find(record: string): number | undefined {
    return this.#lookUp(keyOf(record));
  }

  at(row: number): RecordState {
    const start = row * ROW_BYTES + KEY_BYTES;
    return {
      ver: this.#numbers[row * 3] as number,
      seq: this.#numbers[row * 3 + 1] as number,
      firstSeq: this.#numbers[row * 3 + 2] as number,
      hash: this.#rows.toString('base64url', start, start + DIGEST_BYTES),
    };
  }

  /** The hash of the last version among the covered entries that went by. */
  hashWithin(row: number): string {
    const start = row * BEFORE_BYTES;
    if (this.#before[start] !== 1) return this.at(row).hash;
    return this.#before.toString('base64url', start + 1, start + BEFORE_BYTES);
  }

  /** The next version of a record that went by. @returns its row */
  put(record: string, { ver, seq, hash }: Omit<RecordState, 'firstSeq'>): number {
    const key = keyOf(record);
    const found = this.#lookUp(key);
    const row = found ?? this.#add(key, seq);
    if (found !== undefined && seq > this.#covered && this.at(row).seq <= this.#covered) this.#keep(row);
    this.#numbers[row * 3] = ver;
    this.#numbers[row * 3 + 1] = seq;
    this.#rows.write(hash, row * ROW_BYTES + KEY_BYTES, 'base64url');
    return row;
  }

  /** Keeps the hash that a row has. */
  #keep(row: number): void {
    const length = (this.#numbers.length / 3) * BEFORE_BYTES;
    if (this.#before.length < length) {
      const before = Buffer.alloc(length);
      before.set(this.#before);
      this.#before = before;
    }
    const start = row * ROW_BYTES + KEY_BYTES;
    this.#before.writeUInt8(1, row * BEFORE_BYTES);
    this.#before.set(this.#rows.subarray(start, start + DIGEST_BYTES), row * BEFORE_BYTES + 1);
  }

  #add(key: Buffer, firstSeq: number): number {
    if (this.#size * ROW_BYTES === this.#rows.length) this.#grow();
    const row = this.#size;
    this.#size += 1;
    this.#rows.set(key, row * ROW_BYTES);
    this.#numbers[row * 3 + 2] = firstSeq;
    if (this.#size > this.#index.length * LOAD) this.#reindex();
    else this.#enter(row);
    return row;
  }

  /** The row, or undefined where there is none. */
  #lookUp(key: Buffer): number | undefined {
    for (let at = this.#startOf(key); ; at = (at + 1) % this.#index.length) {
      const row = (this.#index[at] as number) - 1;
      if (row < 0) return undefined;
      const start = row * ROW_BYTES;
      if (key.equals(this.#rows.subarray(start, start + KEY_BYTES))) return row;
    }
  }

  #enter(row: number): void {
    let at = this.#startOf(this.#rows.subarray(row * ROW_BYTES, row * ROW_BYTES + KEY_BYTES));
    while (this.#index[at] !== 0) at = (at + 1) % this.#index.length;
    this.#index[at] = row + 1;
  }

  #startOf(key: Buffer): number {
    return key.readUInt32BE(0) % this.#index.length;
  }

  #grow(): void {
    const rows = Buffer.alloc(this.#rows.length * 2);
    rows.set(this.#rows);
    this.#rows = rows;
    const numbers = new Uint32Array(this.#numbers.length * 2);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }

  #reindex(): void {
    this.#index = new Uint32Array(this.#index.length * 2);
    for (let row = 0; row < this.#size; row += 1) this.#enter(row);
  }
}

function keyOf(record: string): Buffer {
  return sha256Bytes(record).subarray(0, KEY_BYTES);
}
