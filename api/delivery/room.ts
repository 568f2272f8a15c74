import type { Grant } from '../sharing/grant.ts';
import type { Position } from './cursor.ts';
import { encodeCursor } from './cursor.ts';
import {
  checkpointItems,
  isErasure,
  isShared,
  walk,
  type FeedBatch,
  type FeedCheckpoint,
  type Stretch,
  type Window,
} from './feed.ts';
import type { Tail } from './tail.ts';
import type { Reader } from './reader.ts';
import { viewOf, type View } from './view.ts';

/** How a subscription wants its batches written. */
export interface Selection {
  /** Equal keys render equal batches to equal bytes. */
  key: string;
  /** What is written for one batch. */
  render(batch: FeedBatch): string;
}

/** One batch as bytes that any number of sockets may share; empty when there was nothing for the reader. */
export interface Delivery {
  bytes: Buffer | null;
  items: number;
  position: Position;
  caughtUp: boolean;
  lastAt: number | null;
}

export interface Place {
  reader: Reader;
  /** Under which its cursors are written, see `encodeCursor`. */
  epoch: string;
  position: Position;
  limit: number;
  select: Selection;
}

/** What was read of the grants may be this old when it decides about entries that are older still. */
const FRESH_MS = 100;
const MAX_SHARED = 256;
const MAX_SHARED_BYTES = 8_000_000;

/**
 * One book that somebody listens to: the end of its log, its grants as they are now, and the batches that several
 * subscribers share. Grants are read after the entries that they decide about, and both become visible together.
 */
export class Room {
  readonly book: string;
  /** The other organisation for which this node holds the book in full, and by whose word readers are let in; or null. */
  readonly heldFor: string | null;
  #tail: Tail;
  #readGrants: () => Promise<readonly Grant[]>;
  #clock: () => number;
  #grants: readonly Grant[];
  #views = new Map<string, View>();
  #shared = new Map<string, Delivery>();
  #sharedBytes = 0;
  #refreshing: Promise<boolean> | null = null;
  #checkedAt: number;
  #checkpoint: FeedCheckpoint | null;
  #readCheckpoint: () => Promise<FeedCheckpoint | null>;
  /** The last entry that a checkpoint is made for. */
  #due: number;

  constructor(given: {
    book: string;
    heldFor: string | null;
    tail: Tail;
    grants: readonly Grant[];
    readGrants: () => Promise<readonly Grant[]>;
    checkpoint: FeedCheckpoint | null;
    readCheckpoint: () => Promise<FeedCheckpoint | null>;
    clock: () => number;
  }) {
    this.book = given.book;
    this.heldFor = given.heldFor;
    this.#tail = given.tail;
    this.#grants = given.grants;
    this.#readGrants = given.readGrants;
    this.#clock = given.clock;
    this.#checkedAt = given.clock();
    this.#checkpoint = given.checkpoint;
    this.#readCheckpoint = given.readCheckpoint;
    this.#due = given.tail.head;
  }

  get head(): number {
    return this.#tail.head;
  }

  /** Takes in what has been committed. True when there was too much for one go: call again. */
  refresh(): Promise<boolean> {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  /** Takes in all that was committed before this call. */
  async catchUp(): Promise<void> {
    if (this.#refreshing) await this.#refreshing;
    await this.refresh();
  }

  async #refresh(): Promise<boolean> {
    const startedAt = this.#clock();
    const { entries, complete } = await this.#tail.readOn();
    const grants = await this.#readGrants();
    this.#tail.append(entries);
    if (entries.some(isErasure)) {
      this.#shared.clear();
      this.#sharedBytes = 0;
    }
    this.#due = entries.findLast(({ entry }) => entry.kind === 'HEADS')?.entry.seq ?? this.#due;
    // It is made right after its entry is committed, and the bell rings again.
    if (this.#due > (this.#checkpoint?.size ?? 0)) this.#checkpoint = await this.#readCheckpoint();
    if (grants !== this.#grants) {
      this.#grants = grants;
      this.#views.clear();
    }
    this.#checkedAt = startedAt;
    return !complete;
  }

  /** What the grants mean for a reader at this moment. */
  view(reader: Reader): View {
    const name = reader === 'OWN' ? reader : JSON.stringify(reader);
    const known = this.#views.get(name);
    const now = this.#clock();
    if (known && now < known.staleAt) return known;
    const view = viewOf(this.#grants, reader, now);
    this.#views.set(name, view);
    return view;
  }

  /** The next batch for a place; at once where nothing has to be read for it. */
  next(place: Place): Delivery | Promise<Delivery> {
    const isAtEnd = place.position.backfill === null && place.position.seq >= this.head;
    if (!isAtEnd && this.#clock() - this.#checkedAt > FRESH_MS) {
      return this.refresh().then(() => this.#next(place));
    }
    return this.#next(place);
  }

  #next(place: Place): Delivery | Promise<Delivery> {
    const window = this.#tail.window(place.position);
    return window instanceof Promise
      ? window.then((read) => this.#deliver(place, read))
      : this.#deliver(place, window);
  }

  #deliver(place: Place, window: Window): Delivery {
    const view = this.view(place.reader);
    if (!isShared(place.position, window)) return this.#make(place, window, view);
    const last = window.entries.at(-1)?.entry.seq ?? 0;
    const cursor = encodeCursor(place.position, place.epoch);
    const key = [view.class, cursor, last, this.#checkpoint?.size, place.limit, place.select.key].join('|');
    let delivery = this.#shared.get(key);
    if (!delivery) {
      delivery = this.#make(place, window, view);
      this.#share(key, delivery);
    }
    return delivery;
  }

  #make({ position, epoch, limit, select }: Place, window: Window, view: View): Delivery {
    const stretch = walk(window, position, view, { limit, now: this.#clock() });
    const { noted } = position;
    if (noted !== undefined) stretch.position = { ...stretch.position, noted };
    const isAtEnd = stretch.position.backfill === null && stretch.position.seq >= this.head;
    const caughtUp = isAtEnd && this.#note(stretch, limit);
    const bytes =
      stretch.items.length === 0 ? null : Buffer.from(select.render(batchOf(stretch, epoch, caughtUp)));
    return {
      bytes,
      items: stretch.items.length,
      position: stretch.position,
      caughtUp,
      lastAt: stretch.lastAt,
    };
  }

  /** Puts the last checkpoint at the end of what there is. False where there is no room left for it. */
  #note(stretch: Stretch, limit: number): boolean {
    const checkpoint = this.#checkpoint;
    const { seq, noted = 0 } = stretch.position;
    if (!checkpoint || checkpoint.size <= noted || checkpoint.size > seq) return true;
    if (stretch.items.length > Math.max(0, limit - 2)) return false;
    stretch.items.push(...checkpointItems(checkpoint));
    stretch.position = { ...stretch.position, noted: checkpoint.size };
    return true;
  }

  #share(key: string, delivery: Delivery): void {
    this.#sharedBytes += delivery.bytes?.length ?? 0;
    this.#shared.set(key, delivery);
    while (this.#shared.size > MAX_SHARED || this.#sharedBytes > MAX_SHARED_BYTES) {
      const [oldest, dropped] = this.#shared.entries().next().value as [string, Delivery];
      this.#shared.delete(oldest);
      this.#sharedBytes -= dropped.bytes?.length ?? 0;
    }
  }
}

function batchOf({ items, position }: Stretch, epoch: string, caughtUp: boolean): FeedBatch {
  return { cursor: encodeCursor(position, epoch), items, caughtUp, end: null };
}
