import type { RequestHandler } from 'express';
import { LotbookError } from '../errors.ts';
import { addressOf } from './address.ts';

const ADDRESSES_KEPT = 10_000;

/** So many requests of one network address in a window, for doors that need no token. Behind an unknown proxy all are one address. */
export function limitRate(input: {
  most: number;
  windowMs: number;
  now: () => number;
  /** How many proxies before the node are known. */
  proxies?: number;
}): RequestHandler {
  const { most, windowMs, now, proxies = 0 } = input;
  const counts = new Map<string, number>();
  let windowEnd = 0;
  return (req, _res, next) => {
    if (now() >= windowEnd || counts.size >= ADDRESSES_KEPT) {
      counts.clear();
      windowEnd = now() + windowMs;
    }
    const address = addressOf(req, proxies);
    const count = (counts.get(address) ?? 0) + 1;
    counts.set(address, count);
    if (count <= most) return next();
    next(
      new LotbookError('TOO_MANY_CALLS', 'Too many requests from this address.', {
        retryAfterMs: windowEnd - now(),
      }),
    );
  };
}
