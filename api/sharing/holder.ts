import type { Grant } from './grant.ts';
import { permittedFields, type Question } from './permitted.ts';
import type { SubjectAttributes } from './subject.ts';

/** Whether an audience is told which person of an organisation holds this record, or has it open: where it may see who locks it. */
export function showsHolder(
  grants: readonly Grant[],
  record: SubjectAttributes,
  organisation: string,
  question: Question,
): boolean {
  const field = `name:${organisation}`;
  const lock = { ...record, kind: 'LOCK' as const, locked: record.kind, seq: Infinity, at: question.now };
  return permittedFields(grants, lock, [field], question).has(field);
}

/** In the place of a name that is not shown. */
export function someoneAt(organisation: string): string {
  return `A user at ${organisation}`;
}
