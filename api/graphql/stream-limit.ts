import { LotbookError } from '../errors.ts';

const BUSY_RETRY_MS = 5_000;

/** Counts the open streams of each organisation. */
export interface StreamLimit {
  /** Counts one more; the answer takes it back. @throws LotbookError TOO_BUSY */
  enter(organisation: string): () => void;
}

/** One for each kind of stream that is not a feed. */
export interface StreamLimits {
  requestStates: StreamLimit;
  traces: StreamLimit;
  inquiries: StreamLimit;
  presences: StreamLimit;
}

/** At most so many streams of one organisation at a time; `does` what it then does too much. */
export function openStreamLimit(most: number, does: string): StreamLimit {
  const counts = new Map<string, number>();
  return {
    enter: (organisation) => {
      const count = counts.get(organisation) ?? 0;
      if (count >= most) {
        const message = `Your organisation ${does} as this node serves.`;
        throw new LotbookError('TOO_BUSY', message, { retryAfterMs: BUSY_RETRY_MS });
      }
      counts.set(organisation, count + 1);
      return () => {
        const left = (counts.get(organisation) ?? 1) - 1;
        if (left > 0) counts.set(organisation, left);
        else counts.delete(organisation);
      };
    },
  };
}
