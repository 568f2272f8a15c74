import type { Standings } from '../store/feeds.ts';
import { standingName } from '../store/introductions.ts';
import { encodeCursor, type Position } from './cursor.ts';
import type { FeedEnd } from './feed.ts';
import type { Delivery, Room, Selection } from './room.ts';
import type { Reader } from './reader.ts';

const COMPLETE = Buffer.from('event: complete\ndata: \n\n');
/** How long the last words of a stream may take to leave. */
const LAST_WORDS_MS = 1_000;

/** What a stream needs of an HTTP response that has not begun. */
export interface Response {
  readonly destroyed: boolean;
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown;
  flushHeaders(): void;
  write(bytes: Buffer): boolean;
  end(bytes: Buffer): unknown;
  destroy(): unknown;
  on(event: 'drain' | 'error', listener: () => void): unknown;
  once(event: 'close', listener: () => void): unknown;
}

export interface StreamOptions {
  res: Response;
  room: Room;
  organisation: string;
  clientId: string;
  reader: Reader;
  epoch: string;
  position: Position;
  limit: number;
  select: Selection;
  /** ms */
  expiresAt: number;
  clock: () => number;
  /** Told once, when nothing can be written any more. */
  onGone: () => void;
  /** Told of every batch that was written with items in it. */
  onSent: (delivery: Delivery) => void;
  onError: (error: unknown) => void;
}

/**
 * One subscriber. It holds a position and nothing else: the next batch is made when the socket has taken the last one,
 * so that a slow reader costs no memory, and gets what it may have at the moment at which it can read it.
 */
export class Stream {
  readonly organisation: string;
  readonly clientId: string;
  #given: StreamOptions;
  #position: Position;
  #pulling = false;
  #again = false;
  #blockedSince: number | null = null;
  #sentAt: number;
  #saysCaughtUp = false;
  #ended = false;

  constructor(given: StreamOptions) {
    this.#given = given;
    this.organisation = given.organisation;
    this.clientId = given.clientId;
    this.#position = given.position;
    this.#sentAt = given.clock();
    const { res } = given;
    res.on('drain', () => {
      this.#blockedSince = null;
      this.pump();
    });
    res.once('close', () => {
      this.#ended = true;
      given.onGone();
    });
    res.on('error', () => undefined);
    res.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      connection: 'close',
    });
    res.flushHeaders();
  }

  /** Whether its reader is still who it was when the stream began: not suspended, not revoked, in the same groups. */
  mayGoOn({ groups, introduced, revoked }: Standings): boolean {
    if (revoked.has(this.clientId)) return false;
    const { reader, room } = this.#given;
    const own = groups.get(this.organisation);
    if (own === null) return false;
    if (own === undefined || reader === 'OWN') return true;
    const { heldFor } = room;
    const now = heldFor === null ? own : introduced.get(standingName(heldFor, this.organisation));
    if (now === undefined) return false;
    return now.length === reader.groups.length && now.every((group) => reader.groups.includes(group));
  }

  /** Sends what there is, as far as the socket takes it. */
  pump(): void {
    if (this.#pulling) {
      this.#again = true;
      return;
    }
    this.#pulling = true;
    try {
      while (this.#wantsMore()) {
        const delivery = this.#given.room.next({ ...this.#given, position: this.#position });
        if (delivery instanceof Promise) {
          delivery.then(
            (read) => this.#resume(read),
            (error: unknown) => this.#fail(error),
          );
          return;
        }
        if (this.#take(delivery)) break;
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#pulling = false;
  }

  #wantsMore(): boolean {
    if (this.#ended || this.#blockedSince !== null) return false;
    if (this.#given.clock() < this.#given.expiresAt) return true;
    this.end('TOKEN_EXPIRED');
    return false;
  }

  #resume(delivery: Delivery): void {
    const wasWoken = this.#again;
    this.#pulling = false;
    this.#again = false;
    // While the batch was made, the token may have ended, or the socket gone.
    if (!this.#wantsMore()) return;
    if (!this.#take(delivery) || wasWoken) this.pump();
  }

  #fail(error: unknown): void {
    this.#pulling = false;
    this.#given.onError(error);
    // The subscriber comes back with its cursor; what went wrong here is not hidden in a silent stream.
    this.#given.res.destroy();
  }

  /** Writes a batch and moves on. True when there is nothing more for now. */
  #take(delivery: Delivery): boolean {
    this.#position = delivery.position;
    if (delivery.bytes) {
      this.#saysCaughtUp = delivery.caughtUp;
      this.#write(delivery.bytes);
      this.#given.onSent(delivery);
    }
    if (!delivery.caughtUp) return false;
    if (!this.#saysCaughtUp) this.#sendEmpty();
    // The end of its last grant is among what it was just told. In a new epoch it has to start anew.
    const { remains, epoch } = this.#given.room.view(this.#given.reader);
    if (!remains || epoch !== this.#given.epoch) this.end('GRANT_CHANGED');
    return true;
  }

  #sendEmpty(end: FeedEnd | null = null): void {
    const { room, epoch, select } = this.#given;
    const cursor = encodeCursor(this.#position, epoch);
    const caughtUp = this.#position.backfill === null && this.#position.seq >= room.head;
    this.#saysCaughtUp = caughtUp;
    this.#write(Buffer.from(select.render({ cursor, items: [], caughtUp, end })));
  }

  #write(bytes: Buffer): void {
    this.#sentAt = this.#given.clock();
    if (!this.#given.res.write(bytes)) this.#blockedSince ??= this.#sentAt;
  }

  /** Looks after the stream from time to time: end of the token, a reader that does not read, a sign of life. */
  check({ slowReaderMs, heartbeatMs }: { slowReaderMs: number; heartbeatMs: number }): void {
    if (this.#ended) return;
    const now = this.#given.clock();
    if (now >= this.#given.expiresAt) this.end('TOKEN_EXPIRED');
    else if (this.#blockedSince !== null) {
      if (now - this.#blockedSince >= slowReaderMs) this.end('TOO_SLOW');
    } else if (now - this.#sentAt >= heartbeatMs) this.#sendEmpty();
  }

  /** Says why, and closes the socket: at once where it takes the last words, else after a moment without them. */
  end(why: FeedEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    const { res } = this.#given;
    this.#sendEmpty(why);
    res.end(COMPLETE);
    const timer = setTimeout(() => res.destroy(), LAST_WORDS_MS);
    res.once('close', () => clearTimeout(timer));
  }
}
