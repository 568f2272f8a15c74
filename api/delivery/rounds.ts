import type { Bell } from '../store/bell.ts';
import type { Room } from './room.ts';
import type { Stream } from './stream.ts';

/** Writing to one socket takes about half of this: a busy hub leaves the process as much time as it takes. */
const PACE_MS_PER_STREAM = 0.012;
const MAX_PACE_MS = 25;

/** A room with those who listen in it. */
export interface OpenRoom {
  room: Room;
  streams: Set<Stream>;
  wake(): void;
  /** Stops listening. Resolves when the round that runs is over. */
  close(): Promise<void>;
}

/** Serves the streams of a room in rounds after its bell rang: what is committed during one goes out in the next. */
export function keepRoom(
  room: Room,
  given: {
    bell: Pick<Bell, 'on'>;
    clock: () => number;
    log: { error(details: object, message: string): void };
  },
): OpenRoom {
  const { bell, clock, log } = given;
  const streams = new Set<Stream>();
  let isWoken = false;
  let isRunning = false;
  let running: Promise<void> = Promise.resolve();
  let endedAt = 0;

  const run = async (): Promise<void> => {
    isRunning = true;
    try {
      while (isWoken && streams.size > 0) {
        const paceMs = Math.min(MAX_PACE_MS, streams.size * PACE_MS_PER_STREAM);
        // No longer than the pace, also after the clock was set back.
        await pause(Math.min(paceMs, endedAt + paceMs - clock()));
        isWoken = false;
        if (await room.refresh()) isWoken = true;
        for (const stream of streams) stream.pump();
        endedAt = clock();
      }
    } catch (error) {
      log.error({ err: error, book: room.book }, 'a book could not be read for its feeds');
    }
    isRunning = false;
  };
  const wake = (): void => {
    isWoken = true;
    if (!isRunning) running = run();
  };
  const stopListening = bell.on(room.book, wake);
  const close = (): Promise<void> => {
    stopListening();
    return running;
  };
  return { room, streams, wake, close };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void (ms >= 1 ? setTimeout(resolve, ms) : setImmediate(resolve)));
}
