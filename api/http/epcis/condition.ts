import type { SeenRecord } from '../../delivery/record-search.ts';
import { LotbookError } from '../../errors.ts';
import type { WantedIdentifiers } from '../../store/records.ts';

/** One condition of a query, decided on what the caller sees of an event. */
export interface EventCondition {
  matches(event: SeenRecord): boolean;
  /** What the database may look for, where the caller may search by it. */
  identifiers?: WantedIdentifiers[] | undefined;
  ids?: readonly string[] | undefined;
}

/** What is wrong with a parameter of a query. */
export function wrong(name: string, message: string): LotbookError {
  return new LotbookError('BAD_INPUT', `The parameter ${name.slice(0, 100)}: ${message}`, { place: name });
}
