import type { ServerResponse } from 'node:http';

/** Waits for a ring or a time; a caller that goes away, or a node that stops, ends every wait. */
export function openWaiting(
  res: ServerResponse,
  signal: AbortSignal,
  listen: (wake: () => void) => () => void,
) {
  let isOver = res.destroyed || signal.aborted;
  let isWoken = false;
  let wakeUp: (() => void) | undefined;
  const wake = () => {
    isWoken = true;
    wakeUp?.();
  };
  const finish = () => {
    isOver = true;
    wakeUp?.();
  };
  const stopListening = listen(wake);
  res.once('close', finish);
  signal.addEventListener('abort', finish, { once: true });
  return {
    isOver: () => isOver,
    next: async (ms: number): Promise<void> => {
      if (!isWoken && !isOver) {
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
          wakeUp = resolve;
          timer = setTimeout(resolve, ms);
        });
        clearTimeout(timer);
      }
      isWoken = false;
    },
    stop: () => {
      stopListening();
      res.off('close', finish);
      signal.removeEventListener('abort', finish);
    },
  };
}
