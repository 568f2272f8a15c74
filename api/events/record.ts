import type { Fields } from './fields.ts';
import type { Problem } from './problem.ts';

/** What a record of a book describes. A GRANT is a record too, see sharing/. */
export const RECORD_TYPES = ['EVENT', 'LOT', 'PRODUCT', 'LOCATION', 'PARTY', 'NOTE'] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

/** A record that passed its validator. `id` is canonical. */
export interface ValidRecord {
  ok: true;
  type: RecordType;
  id: string;
  fields: Fields;
}

export interface InvalidRecord {
  ok: false;
  problems: Problem[];
}

/**
 * Checks a record given as an object of its members (nested or in Clark notation; an event may bring its `@context`)
 * and flattens it. `id` may be null for an event, which then has its eventID or its event hash as id.
 */
export function validateRecord(
  _type: RecordType,
  _id: string | null,
  _object: unknown,
): ValidRecord | InvalidRecord {
  return { ok: false, problems: [] };
}
