/** How far the clocks of two organisations may be apart. */
export const CLOCK_SKEW_SECONDS = 30;

export type LifetimeFailureCode =
  | 'NOT_YET_VALID' // issued in the future: set the clock
  | 'EXPIRED' // ask for, or make, a new one
  | 'LIVES_TOO_LONG'; // make one that ends sooner

export interface Lifetime {
  /** Seconds since 1970. */
  readonly iat: number;
  readonly exp: number;
}

/** What is wrong with the times of a token at `nowMs`; undefined when nothing is (RFC 7519 sections 4.1.4, 4.1.6). */
export function checkLifetime(
  { iat, exp }: Lifetime,
  nowMs: number,
  limits: { readonly lifetimeSeconds: number; readonly expSkewSeconds: number },
): LifetimeFailureCode | undefined {
  const now = nowMs / 1000;
  if (iat > now + CLOCK_SKEW_SECONDS) return 'NOT_YET_VALID';
  if (exp - iat > limits.lifetimeSeconds) return 'LIVES_TOO_LONG';
  if (now >= exp + limits.expSkewSeconds) return 'EXPIRED';
  return undefined;
}
