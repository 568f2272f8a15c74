import { createHash } from 'node:crypto';

/** Deterministic numbers from a seed. */
export interface Random {
  /** whole number from `low` to `high`, both included */
  between(low: number, high: number): number;
}

/** mulberry32: small, fast, and the same everywhere; nothing here needs to be unguessable. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return { between: (low, high) => low + Math.floor(next() * (high - low + 1)) };
}

/** A UUID of version 8 (RFC 9562, section 5.8) made from a name, as URN. */
export function namedUuid(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  const variant = ((Number.parseInt(hex[16] as string, 16) & 0x3) | 0x8).toString(16);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
