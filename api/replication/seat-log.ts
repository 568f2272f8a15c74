import type { KeyEntry } from '../identity/book-keys.ts';
import { readKeyEntries } from '../store/key-entries.ts';
import type { Head, HeadAt } from '../authority/words.ts';
import type { Frontier } from '../ledger/tree.ts';
import { readHeads } from '../store/commit.ts';
import type { Pool } from '../store/database.ts';
import { readFrameEnd, readFrameEnds } from '../store/replica.ts';
import { EMPTY_HEAD, finalFrontier, headOf, type TailFrame } from './frames.ts';
import type { HeadOf } from './monitor.ts';
import { known } from './papers.ts';

/** A member's log: the final part in the database, and behind it the proposals, in memory too. */
export class SeatLog {
  #final: Frontier;
  #tail: readonly TailFrame[];
  #byHead: ReadonlyMap<string, TailFrame>;

  constructor(
    private readonly pool: Pool,
    readonly book: string,
    final: Frontier,
    tail: readonly TailFrame[],
  ) {
    this.#final = final;
    this.#tail = tail;
    this.#byHead = byHead(tail);
  }

  /** What a transaction left: how far the log is final, and what follows. */
  takeUp(final: Frontier | null, tail: readonly TailFrame[]): void {
    if (final) this.#final = final;
    this.#tail = tail;
    this.#byHead = byHead(tail);
  }

  /** The frontier of the final part. */
  get final(): Frontier {
    return this.#final;
  }

  /** Proposals by their heads. */
  get tail(): ReadonlyMap<string, TailFrame> {
    return this.#byHead;
  }

  /** Proposals behind a place, in order. */
  tailAfter({ len }: Head): TailFrame[] {
    return this.#tail.filter(({ to }) => to.len > len);
  }

  /** The frontier at the end of a frame; null if none ends there. */
  async frontierAt(place: Head): Promise<Frontier | null> {
    const { len, head } = place;
    const frame = this.#byHead.get(head);
    if (frame) return frame.to.len === len ? frame.frontier : null;
    if (len === this.#final.length) return headOf(this.#final).head === head ? this.#final : null;
    return len < this.#final.length ? finalFrontier(this.pool, this.book, place) : null;
  }

  /** The versions of records behind a place that is not before the final one, as far as entries that follow need them. */
  async versionsAt({ len }: Head, records: readonly string[]): Promise<HeadOf> {
    const heads = new Map<string, { version: number; hash: string }>(
      await readHeads(this.pool, this.book, records),
    );
    for (const { to, body } of this.#tail) {
      if (to.len > len) break;
      for (const { record, version, hash } of body.entries) heads.set(record, { version, hash });
    }
    return heads;
  }

  /** The KEY entries of the final log. */
  keyEntries(organisations: readonly string[]): Promise<KeyEntry[]> {
    return readKeyEntries(this.pool, this.book, organisations);
  }

  /** What the final log has at these lengths: what a message is judged by. */
  async headsAt(lens: readonly number[]): Promise<HeadAt> {
    const heads = new Map<number, string>([[0, EMPTY_HEAD.head]]);
    for (const len of lens) {
      if (len <= 0 || len >= this.#final.length || heads.has(len)) continue;
      const end = await readFrameEnd(this.pool, this.book, len);
      if (end) heads.set(len, end.head);
    }
    return (len) => heads.get(len) ?? null;
  }

  /** The end of the last final frame with `after < to <= upTo`. */
  async endBefore(after: number, upTo: number): Promise<number> {
    const ends = await readFrameEnds(this.pool, this.book, { after, upTo, limit: upTo - after });
    return ends[ends.length - 1]?.to ?? after;
  }

  /** The head of the final log at the end of a frame. */
  async headAt(len: number): Promise<Head> {
    return { len, head: known((await this.headsAt([len]))(len) ?? undefined, 'a frame') };
  }
}

function byHead(tail: readonly TailFrame[]): ReadonlyMap<string, TailFrame> {
  return new Map(tail.map((frame) => [frame.to.head, frame]));
}
