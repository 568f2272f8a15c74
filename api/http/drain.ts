import type { Server, ServerResponse } from 'node:http';

export interface Drain {
  /** Aborted when the node begins to stop: open streams end themselves then. */
  readonly signal: AbortSignal;
  /** Notes a request that runs until its answer is complete or its caller is gone. */
  track(res: ServerResponse): void;
  /**
   * Stops taking connections, lets running requests finish for `drainMs`, then cuts what is left.
   * @returns how many requests were cut
   */
  close(drainMs: number): Promise<number>;
}

export function openDrain(server: Server): Drain {
  const running = new Set<ServerResponse>();
  const stopping = new AbortController();
  let whenIdle: (() => void) | undefined;
  let closing: Promise<number> | undefined;

  const close = async (drainMs: number): Promise<number> => {
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    stopping.abort();
    // What began its answer keeps its connection; the others are told to close theirs.
    for (const res of running) if (!res.headersSent) res.setHeader('Connection', 'close');
    server.closeIdleConnections();
    if (running.size > 0) {
      const idle = new Promise<void>((resolve) => (whenIdle = resolve));
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, drainMs)));
      await Promise.race([idle, late]);
      clearTimeout(timer);
    }
    const cut = running.size;
    if (cut === 0) server.closeIdleConnections();
    server.closeAllConnections();
    await closed;
    return cut;
  };

  return {
    signal: stopping.signal,
    track: (res) => {
      running.add(res);
      if (stopping.signal.aborted) res.setHeader('Connection', 'close');
      res.once('close', () => {
        running.delete(res);
        if (running.size === 0) whenIdle?.();
      });
    },
    close: (drainMs) => (closing ??= close(drainMs)),
  };
}
