import type { Bell } from './bell.ts';

/** Looked at so often even if no bell rings. */
const LOOK_MS = 100;

/** Looks until something is there, woken by the bell; null where that takes longer than `patienceMs`. */
export async function lookAgain<T>(
  bell: Pick<Bell, 'on'>,
  { topic, patienceMs }: { topic: string; patienceMs: number },
  look: () => Promise<T | null>,
): Promise<T | null> {
  let wake: () => void = () => undefined;
  const stop = bell.on(topic, () => wake());
  try {
    for (const until = performance.now() + patienceMs; performance.now() < until;) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, LOOK_MS);
      });
      const found = await look();
      if (found) return found;
      await woken;
    }
    return null;
  } finally {
    stop();
  }
}
