/** How patient a node is with failed log-ins. */
export interface BackOff {
  /** So many are free. */
  free: number;
  /** The first wait, ms; each further failure doubles it. */
  firstMs: number;
  longestMs: number;
  /** Failures are forgotten when there was none for so long, ms. */
  forgetMs: number;
}

export interface Failures {
  count: number;
  lastAt: Date;
  lockedUntil: Date | null;
}

const MINUTE_MS = 60_000;

/** A person mistypes; a machine tries four times an hour, a hundred times a day. */
export const OF_ACCOUNT: BackOff = {
  free: 5,
  firstMs: MINUTE_MS / 2,
  longestMs: 15 * MINUTE_MS,
  forgetMs: 24 * 60 * MINUTE_MS,
};
/** Behind one address there may be a whole organisation. */
export const OF_ADDRESS: BackOff = {
  free: 50,
  firstMs: MINUTE_MS / 2,
  longestMs: 15 * MINUTE_MS,
  forgetMs: 60 * MINUTE_MS,
};

/** One more attempt, counted as failed until it is known to be none. */
export function afterAttempt(previous: Failures | null, policy: BackOff, now: Date): Failures {
  const isForgotten = previous !== null && now.getTime() - previous.lastAt.getTime() >= policy.forgetMs;
  const count = (isForgotten ? 0 : (previous?.count ?? 0)) + 1;
  const beyond = count - policy.free;
  if (beyond < 0) return { count, lastAt: now, lockedUntil: null };
  const waitMs = Math.min(policy.longestMs, policy.firstMs * 2 ** Math.min(beyond, 30));
  return { count, lastAt: now, lockedUntil: new Date(now.getTime() + waitMs) };
}
