import type { Caller } from '../sharing/caller.ts';
import type { Place } from './room.ts';
import type { OpenRoom } from './rounds.ts';
import { Stream, type Response } from './stream.ts';

/** What the operator sees of the hub. */
export interface HubStats {
  streams: number;
  itemsSent: number;
  /** From the approval of the last live change to its hand-over to a socket, ms. */
  lagMs: number;
}

export interface Guest {
  res: Response;
  caller: Caller;
  /** End of the access token, ms. */
  expiresAt: number;
  /** Ends the stream as the node stops. */
  signal?: AbortSignal | undefined;
}

/** Who listens where: the open rooms, each open as long as somebody listens in it, and how many each organisation has. */
export class Lobby {
  readonly rooms = new Map<string, OpenRoom>();
  readonly stats: HubStats = { streams: 0, itemsSent: 0, lagMs: 0 };
  readonly #perOrganisation = new Map<string, number>();
  readonly #serving = new Set<Promise<void>>();
  readonly #closing = new Set<Promise<void>>();
  readonly #clock: () => number;
  readonly #onError: (error: unknown, book: string) => void;

  constructor(clock: () => number, onError: (error: unknown, book: string) => void) {
    this.#clock = clock;
    this.#onError = onError;
  }

  get streams(): Stream[] {
    return [...this.rooms.values()].flatMap(({ streams }) => [...streams]);
  }

  get organisations(): string[] {
    return [...this.#perOrganisation.keys()];
  }

  streamsOf(organisation: string): number {
    return this.#perOrganisation.get(organisation) ?? 0;
  }

  /** Serves a stream until either side ends it. */
  join(open: OpenRoom, place: Place, { caller, res, expiresAt, signal }: Guest): Promise<void> {
    const { organisation, clientId } = caller;
    const { room } = open;
    const served = new Promise<void>((resolve) => {
      const end = () => stream.end('SHUTDOWN');
      const stream: Stream = new Stream({
        ...place,
        res,
        room,
        organisation,
        clientId,
        expiresAt,
        clock: this.#clock,
        onGone: () => {
          signal?.removeEventListener('abort', end);
          this.#leave(open, stream);
          resolve();
        },
        onSent: ({ items, lastAt, caughtUp }) => {
          this.stats.itemsSent += items;
          if (caughtUp && lastAt !== null) this.stats.lagMs = Math.max(0, this.#clock() - lastAt);
        },
        onError: (error) => this.#onError(error, room.book),
      });
      open.streams.add(stream);
      this.stats.streams += 1;
      this.#perOrganisation.set(organisation, this.streamsOf(organisation) + 1);
      signal?.addEventListener('abort', end, { once: true });
      stream.pump();
      // What was committed between the reading of the head and the first bell.
      open.wake();
    });
    this.#serving.add(served);
    return served.finally(() => this.#serving.delete(served));
  }

  #leave(open: OpenRoom, stream: Stream): void {
    if (!open.streams.delete(stream)) return;
    this.stats.streams -= 1;
    const left = this.streamsOf(stream.organisation) - 1;
    if (left > 0) this.#perOrganisation.set(stream.organisation, left);
    else this.#perOrganisation.delete(stream.organisation);
    if (open.streams.size > 0) return;
    this.rooms.delete(open.room.book);
    const closing = open.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /** Ends every stream. Resolves when nothing of them is left. */
  async clear(): Promise<void> {
    for (const stream of this.streams) stream.end('SHUTDOWN');
    await Promise.all(this.#serving);
    await Promise.all(this.#closing);
  }
}
