import { LotbookError } from '../errors.ts';

export const MAX_PAGE = 100;

/** One page of a list, oldest place first. It may hold fewer items than asked for and still have a next one. */
export interface Page<T> {
  items: { cursor: string; node: T }[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  /**
   * Where to go on: the last place that is shown, since another one would tell that something hidden is there. Only
   * where a page ends because so many places were looked at, the last of those.
   */
  endCursor: string | null;
}

/** @throws LotbookError BAD_INPUT unless 1 <= first <= 100 */
export function checkFirst(first: number): void {
  if (Number.isInteger(first) && first >= 1 && first <= MAX_PAGE) return;
  throw new LotbookError('BAD_INPUT', `Ask for 1 to ${MAX_PAGE} at a time.`, { place: 'first' });
}

/** An opaque cursor: the name of an order and the numbers of a place in it. */
export function formatCursor(order: string, numbers: readonly number[]): string {
  return Buffer.from(JSON.stringify([order, ...numbers])).toString('base64url');
}

/**
 * The numbers of a cursor of that order.
 * @throws LotbookError BAD_INPUT for anything that `formatCursor` did not make for it
 */
export function parseCursor(order: string, count: number, cursor: string): number[] {
  const numbers = readNumbers(order, cursor);
  if (numbers && numbers.length === count && formatCursor(order, numbers) === cursor) return numbers;
  throw new LotbookError('BAD_INPUT', 'This is no cursor of this list.', { place: 'after' });
}

function readNumbers(order: string, cursor: string): number[] | null {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (!Array.isArray(parsed)) return null;
    const [name, ...numbers] = parsed as unknown[];
    const isPlace = numbers.every((number) => Number.isSafeInteger(number));
    return name === order && isPlace ? (numbers as number[]) : null;
  } catch {
    return null;
  }
}

/** What the database takes as a `seq`. */
export function isSeq(number: number | null | undefined): number is number {
  return typeof number === 'number' && number >= 0 && number <= 2_147_483_647;
}
