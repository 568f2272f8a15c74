import type { RequestHandler } from 'express';
import { LotbookError } from '../errors.ts';

const ADDRESSES_KEPT = 10_000;

/** So many requests of one network address in a window, for doors that need no token. Behind a proxy all are one address. */
export function limitRate(input: { most: number; windowMs: number; now: () => number }): RequestHandler {
  const { most, windowMs, now } = input;
  const counts = new Map<string, number>();
  let windowEnd = 0;
  return (req, _res, next) => {
    if (now() >= windowEnd || counts.size >= ADDRESSES_KEPT) {
      counts.clear();
      windowEnd = now() + windowMs;
    }
    const address = req.socket.remoteAddress ?? '';
    const count = (counts.get(address) ?? 0) + 1;
    counts.set(address, count);
    if (count <= most) return next();
    next(
      new LotbookError('TOO_BUSY', 'Too many requests from this address.', {
        retryAfterMs: windowEnd - now(),
      }),
    );
  };
}
