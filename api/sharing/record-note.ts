import { NAMES_FIELD } from '../ledger/field-value.ts';

/** In a NOTE: the record that it is on, where it is on one. */
export const NOTE_ON = 'on';
const AUTHOR = 'author';

/** Whether a rule with these fields shows this field of a note on a record that the rule covers. */
export function showsOfNote(fields: readonly string[], name: string): boolean {
  if (fields.includes('*')) return true;
  return name !== NAMES_FIELD && (name !== AUTHOR || fields.includes(AUTHOR));
}
