import type { Fields } from '../events/fields.ts';
import type { RecordKind } from '../ledger/change.ts';
import type { Grant } from '../sharing/grant.ts';
import { covers } from '../sharing/permitted.ts';
import { attributesOf } from '../sharing/subject.ts';
import type { Pool, PoolClient } from '../store/database.ts';
import { readStates } from '../store/books.ts';

/** By record: ids of the READ grants that cover any of its versions, ended ones too. */
export async function grantsShowing(
  source: Pool | PoolClient,
  book: string,
  records: readonly string[],
  grants: readonly Grant[],
): Promise<Map<string, string[]>> {
  const shown = new Map<string, string[]>();
  if (records.length === 0) return shown;
  const reading = grants.filter(({ right }) => right === 'READ');
  for (const { record, kind, seq, at, state } of await readStates(source, book, records)) {
    const attributes = attributesOf(kind as RecordKind, record, JSON.parse(state) as Fields);
    const subject = { ...attributes, id: record, seq, at: at.getTime() };
    const known = shown.get(record) ?? [];
    const more = reading.filter((grant) => !known.includes(grant.id) && covers(grant, subject));
    shown.set(record, [...known, ...more.map(({ id }) => id)]);
  }
  return shown;
}
