import type { Grant } from '../sharing/grant.ts';
import { searchableEverywhere, type Question } from '../sharing/permitted.ts';
import type { RecordNarrowing } from '../store/records.ts';
import type { RecordSearch } from './record-search.ts';

/** The fields that links are derived from. */
const LINK_FIELDS = [
  'parentID',
  'epcList',
  'childEPCs',
  'inputEPCList',
  'outputEPCList',
  'quantityList[].epcClass',
  'childQuantityList[].epcClass',
  'inputQuantityList[].epcClass',
  'outputQuantityList[].epcClass',
];

/**
 * The part of a search that the database may do before permission is evaluated record by record. By event time or
 * links only where the caller sees these fields of whatever it sees: else the cost of a page, or where it ends,
 * would tell what is hidden.
 */
export function narrow(
  search: RecordSearch,
  grants: readonly Grant[],
  question: Question | 'OWN',
): RecordNarrowing {
  const searchable = question === 'OWN' ? () => true : searchableEverywhere(grants, question);
  const byTime = searchable('eventTime');
  return {
    kinds: search.kinds,
    ids: search.ids,
    identifiers: LINK_FIELDS.every(searchable) ? search.identifiers : undefined,
    from: byTime ? search.from : undefined,
    until: byTime ? search.until : undefined,
  };
}
