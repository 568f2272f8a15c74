/**
 * The places at which records first appear among the entries that are shown, as far as a length: two bits for each place,
 * however many records there are.
 */
export class FirstPlaces {
  readonly #length: number;
  /** Whether the record of the entry at a place is shown there, or in an earlier version. */
  readonly #appeared: Uint8Array;
  readonly #first: Uint8Array;

  constructor(length: number) {
    this.#length = length;
    this.#appeared = new Uint8Array(length / 8 + 1);
    this.#first = new Uint8Array(length / 8 + 1);
  }

  /** The version of a record at a place; `before` is the place of the version before it. */
  take(seq: number, { before, isShown }: { before: number | null; isShown: boolean }): void {
    if (seq > this.#length) return;
    const hadAppeared = before !== null && isSet(this.#appeared, before);
    if (isShown || hadAppeared) set(this.#appeared, seq);
    if (isShown && !hadAppeared) set(this.#first, seq);
  }

  /** In order, those behind `after`, at most so many. */
  behind(after: number, most: number): number[] {
    const places: number[] = [];
    for (let seq = after + 1; seq <= this.#length && places.length < most; seq += 1) {
      if (isSet(this.#first, seq)) places.push(seq);
    }
    return places;
  }
}

function isSet(bits: Uint8Array, at: number): boolean {
  return (((bits[at >> 3] ?? 0) >> (at & 7)) & 1) === 1;
}

function set(bits: Uint8Array, at: number): void {
  bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
}
