import type { RecordKind } from '../../operations/generated/documents.ts';

export const KINDS: Readonly<Record<RecordKind, string>> = {
  EVENT: 'event',
  LOT: 'lot',
  PRODUCT: 'product',
  LOCATION: 'place',
  PARTY: 'party',
  NOTE: 'note',
  GRANT: 'sharing rule',
  CASE: 'case',
  CASE_LINE: 'case line',
  SUSPECT: 'suspect',
  TASK: 'task',
  CASE_DECISION: 'decision',
  NOTICE: 'recall notice',
  REPLY: 'reply to a notice',
  CHECK: 'effectiveness check',
  EMERGENCY: 'declared recall',
  LOCK: 'lock',
};

/** By what people call a record: its name, its step, its lot; its id where nothing better is known. */
export function titleOf({
  id,
  fields,
  erased,
}: {
  id: string;
  fields: unknown;
  erased?: string | null;
}): string {
  if (erased) return 'erased';
  const known = (fields ?? {}) as Readonly<Record<string, unknown>>;
  for (const name of ['name', 'title', 'description', 'lot']) {
    const value = known[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  const step = known['bizStep'];
  if (typeof step === 'string') return step.slice(Math.max(step.lastIndexOf('/'), step.lastIndexOf(':')) + 1);
  const lot = /\/10\/([^/?]+)/.exec(id)?.[1];
  return lot ? `lot ${decodeURIComponent(lot)}` : ((known['type'] as string | undefined) ?? id);
}

/** A field's value as text: decimals are texts already, so no digit is lost. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (Array.isArray(value)) return value.map(valueText).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
