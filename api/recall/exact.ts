import { Decimal } from 'decimal.js';

/** Decimals that lose no digit: quantities have up to 64 characters, and factors of units a dozen. */
export const Exact = Decimal.clone({ precision: 400, toExpNeg: -400, toExpPos: 400 });
export type Exact = Decimal;
