import { canonicalIdentifier } from '../events/identifiers.ts';
import type { Fields } from '../events/fields.ts';
import { isObject } from '../events/value.ts';
import { erasureOf } from '../ledger/erasure.ts';
import { attributesOf } from '../sharing/subject.ts';
import type { KnownRecords, RecordChange, RequestError } from './update.ts';

/** The record that a note is on; null for every other change. */
export function noteTarget({ kind, fields, content }: RecordChange): string | null {
  if (kind !== 'NOTE') return null;
  const on = (fields ?? (isObject(content) ? content : {}))['on'];
  return typeof on === 'string' ? canonicalIdentifier(on) : null;
}

/** A note on a record with what sharing rules look at in that, which nobody but the node says. */
export function noteOn(
  record: string,
  { 'subject.products': _products, 'subject.lots': _lots, 'subject.time': _time, ...given }: Fields,
  known: KnownRecords,
): { fields: Fields; refusal: RequestError | null } {
  const target = known.get(record) ?? null;
  if (!target) return { fields: given, refusal: { code: 'NOT_FOUND', message: 'There is no such record.' } };
  if (target.kind === 'GRANT' || target.kind === 'LOCK' || erasureOf(target.state))
    return { fields: given, refusal: { code: 'CONFLICT', message: 'There are no notes on this record.' } };
  const { products, lots, time } = attributesOf(target.kind, record, target.state);
  return {
    fields: {
      ...given,
      of: target.kind,
      ...(products.length > 0 && { 'subject.products': [...products] }),
      ...(lots.length > 0 && { 'subject.lots': [...lots] }),
      ...(time !== null && { 'subject.time': new Date(time).toISOString() }),
    },
    refusal: null,
  };
}
