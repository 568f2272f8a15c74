import { ERASED_FIELD, erasureOf } from '../ledger/erasure.ts';
import { idOf } from './shape.ts';
import type { CurrentRecord, PreparedChange, RecordChange, RequestError } from './update.ts';

/** Works out the change that erases a record, whatever its version; one that is erased already stays as it is. */
export function prepareErasure(
  change: RecordChange,
  current: CurrentRecord | null,
): Omit<PreparedChange, 'index'> {
  const { kind } = change;
  return {
    record: idOf(change) ?? '',
    kind,
    base: change.base,
    seenVersion: current?.version ?? 0,
    names: [],
    before: null,
    after: { id: idOf(change) ?? '', kind, products: [], lots: [], time: null },
    state: { [ERASED_FIELD]: { reason: change.erase ?? '' } },
    same: erasureOf(current?.state) !== null,
    links: [],
    erases: true,
    refusal: refusalOf(kind, current),
  };
}

function refusalOf(kind: string, current: CurrentRecord | null): RequestError | null {
  if (!current) return { code: 'NOT_FOUND', message: 'There is no such record.' };
  if (kind === 'GRANT' || kind === 'LOCK')
    return { code: 'BAD_INPUT', message: 'Sharing rules and locks are ended, not erased.' };
  return current.kind === kind
    ? null
    : { code: 'CONFLICT', message: 'A record of another kind has this id.' };
}
