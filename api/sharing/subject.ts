import type { Fields } from '../events/fields.ts';
import type { JsonValue } from '../events/value.ts';
import { productsAndLots } from '../events/links.ts';
import type { RecordKind } from '../ledger/change.ts';
import { lockedSubject } from '../ledger/entry-lock.ts';
import { NOTE_ON } from './record-note.ts';

/** What a selector can look at; derived from the full state of a record, never stored. */
export interface SubjectAttributes {
  /** Of the record, canonical. */
  id: string;
  kind: RecordKind;
  products: readonly string[];
  lots: readonly string[];
  /** Event time in ms; null for what is no event. */
  time: number | null;
  /** Of an entry lock, and of a note on a record: the kind of that record, whose the other attributes are. */
  locked?: string;
}

/** The attributes of a record by which sharing rules select it. */
export function attributesOf(kind: RecordKind, id: string, fields: Readonly<Fields>): SubjectAttributes {
  if (kind === 'GRANT') return { id, kind, products: [], lots: [], time: null };
  if (kind === 'LOCK') {
    const of = { id: String(fields['record'] ?? ''), locked: String(fields['of'] ?? '') };
    return { ...of, kind, ...lockedSubject(fields) };
  }
  if (kind === 'NOTE' && typeof fields[NOTE_ON] === 'string') return ofNote(fields);
  const { products, lots } = productsAndLots(fields);
  if (kind === 'PRODUCT') return { id, kind, products: [...products, id], lots, time: null };
  if (kind === 'LOT') return { id, kind, products, lots: [...lots, id], time: null };
  const time =
    kind === 'EVENT' && typeof fields['eventTime'] === 'string' ? Date.parse(fields['eventTime']) : NaN;
  return { id, kind, products, lots, time: Number.isNaN(time) ? null : time };
}

/** As the node has written it down, when the note was made (approval/prepare-note.ts). */
function ofNote(fields: Readonly<Fields>): SubjectAttributes {
  const time = Date.parse(String(fields['subject.time'] ?? ''));
  return {
    id: String(fields[NOTE_ON]),
    kind: 'NOTE',
    locked: String(fields['of'] ?? ''),
    products: texts(fields['subject.products']),
    lots: texts(fields['subject.lots']),
    time: Number.isNaN(time) ? null : time,
  };
}

function texts(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
