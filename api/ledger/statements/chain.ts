import { failure, type StatementFailure } from './statement.ts';

/** The statement before, of a chain in which each names the hash of the one before it. */
export interface Link {
  readonly number: number;
  /** Its `tokenHash`. */
  readonly hash: string;
}

/** What a statement is checked against: null insists on the first, undefined takes any. */
export interface Continued {
  readonly previous?: Link | null | undefined;
}

export type ChainFailureCode =
  | 'CHAIN_START' // the first, but it names one before it
  | 'NUMBER_REPEATED' // at or below the number already held: a copy, or a contradiction
  | 'NUMBER_SKIPPED' // statements in between are missing: fetch them first
  | 'PREVIOUS_MISMATCH'; // continues another history than the one held

/** What is wrong with a statement as the next one of a chain. */
export function checkChain(
  number: number,
  prev: string | undefined,
  before: Continued['previous'],
): StatementFailure<ChainFailureCode> | undefined {
  if (before === undefined) return undefined;
  if (before === null) return prev === undefined ? undefined : failure('CHAIN_START', `number ${number}`);
  if (number <= before.number) return failure('NUMBER_REPEATED', `number ${number} after ${before.number}`);
  if (number > before.number + 1) return failure('NUMBER_SKIPPED', `number ${number} after ${before.number}`);
  return prev === before.hash ? undefined : failure('PREVIOUS_MISMATCH', `number ${number}`);
}
